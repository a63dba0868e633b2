"""The passbook: printing goes on where the last print ended, and nothing is printed twice or left out."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from ledger.book.balances import wallet_of
from ledger.database import Database
from ledger.ids import new_request_id
from ledger.sql import Sql
from pos.passbook import PAGE_LINES, Book, Printing, lines_of, print_open, waiting_lines
from tests.support.counter_tablet import CounterTablet, RefusedError, counter_tablet
from tests.support.goods_counter import GoodsCounter, counter_of
from tests.support.http import VAULT
from tests.support.races import desk_in_process, run_processes
from tests.support.town import CIVIC, HERE, Town

BOOK = Book(HERE, 1, CIVIC)
_PAPER = Sql(
    "SELECT txn_id, line_no FROM passbook_line WHERE community_id = :community_id ORDER BY line_no"
)


@pytest.fixture
def counter(db: Database) -> GoodsCounter:
    """Eggs for 5 points, and persons with 500 points each from one grant."""
    made = counter_of(db, "changan", "2026-03-03 09:30", grant_units=50_000, vault=VAULT)
    made.put("R11", "鸡蛋(袋)", 500, 100)
    return made


def print_now(town: Town, request_id: str = "") -> tuple[int, int]:
    printing = Printing(
        request_id or new_request_id(town.at), town.tills[0].terminal_id, 1, town.at
    )
    return print_open(town.desk, BOOK, printing)


def balances(town: Town, first: int, last: int) -> list[tuple[int, int]]:
    with town.db.read() as tx:
        return [(line.line_no, line.balance_units) for line in lines_of(tx, BOOK, first, last)]


def test_a_print_goes_on_after_the_last_line(counter: GoodsCounter) -> None:
    town = counter.town
    assert print_now(town) == (1, 1)
    for _ in range(2):
        counter.redeem(1, {"R11": 1})
        town.later(60)
    assert print_now(town) == (2, 3)
    assert print_now(town) == (4, 3)
    assert balances(town, 1, 3) == [(1, 50_000), (2, 49_500), (3, 49_000)]
    with town.db.read() as tx:
        assert wallet_of(tx, HERE, 1, CIVIC).posted == 49_000
        assert waiting_lines(tx, BOOK) == (3, 0)


def test_the_same_print_asked_again_gives_the_same_lines(counter: GoodsCounter) -> None:
    town = counter.town
    first = print_now(town, "p1")
    counter.redeem(1, {"R11": 1})
    assert print_now(town, "p1") == first == (1, 1)
    assert print_now(town) == (2, 2)


def test_more_than_a_page_is_brought_forward_in_one_line(counter: GoodsCounter) -> None:
    town = counter.town
    for _ in range(PAGE_LINES + 4):
        counter.redeem(1, {"R11": 1})
        town.later(2)
    assert print_now(town) == (1, PAGE_LINES)
    with town.db.read() as tx:
        lines = lines_of(tx, BOOK, 1, PAGE_LINES)
    brought = lines[0]
    assert len(brought.rows) == 6
    assert (brought.plus_units, brought.minus_units) == (50_000, 2_500)
    assert [line.line_no for line in lines] == list(range(1, PAGE_LINES + 1))
    assert lines[-1].balance_units == counter.points_of(1)


def test_two_counters_that_print_at_once_share_no_line_and_leave_none_out(
    counter: GoodsCounter,
) -> None:
    town = counter.town
    for _ in range(8):
        counter.redeem(1, {"R11": 1})
        town.later(2)
    town.db.close()
    made = run_processes(4, partial(_print_in_process, town))
    spans = sorted(span for span in made if span[1] >= span[0])
    assert spans == [(1, 9)]
    with town.db.read() as tx:
        paper = [(row.txn_id, row.line_no) for row in tx.all(_PAPER, community_id=HERE)]
    assert [line for _, line in paper] == list(range(1, 10))


def _print_in_process(town: Town, number: int) -> tuple[int, int]:
    with desk_in_process(town, town.db.url) as desk:
        return print_open(desk, BOOK, Printing(f"print-{number}", 1_010, 1, town.at))


# --- over HTTP


def _handed(tablet: CounterTablet, good_id: int, person: int = 1) -> dict[str, Any]:
    body = {
        **tablet.document(),
        "token": tablet.town.code(person),
        "lines": [{"good_id": str(good_id), "quantity": 1}],
    }
    return tablet.post("/redemptions", body)


def test_the_counter_prints_for_a_card_and_for_the_slip_it_just_made(
    counter: GoodsCounter,
) -> None:
    tablet = counter_tablet(counter.town)
    slip = _handed(tablet, counter.goods["R11"])
    sheet = tablet.post(
        "/counter/passbook", {"request_id": tablet.request_id(), "ref": slip["ref"]}
    )
    assert [line["balance_units"] for line in sheet["lines"]] == [50_000, 49_500]
    goods = sheet["lines"][1]
    assert (goods["date"], goods["matter"], goods["minus_units"], goods["handled_by"]) == (
        "2026-03-03",
        "兑换物品",
        500,
        "1",
    )
    again = tablet.post("/counter/passbook/page", {"ref": slip["ref"], "page": 1})
    assert again["lines"] == sheet["lines"]
    holder = tablet.post("/counter/holder", {"token": counter.town.code(1)})
    assert holder["passbook"] == {"lines": 2, "waiting": 0}
    with pytest.raises(RefusedError, match="redemption_not_found"):
        tablet.post("/counter/passbook", {"request_id": tablet.request_id(), "ref": "M01T1-1"})
