"""Goods that cost points and yuan: in the book, on the slip, given back, ordered, counted and brought to the bank."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.audit import SYSTEM
from ledger.book.balances import account_sum
from ledger.book.chart import Account
from ledger.book.funds import POINTS, fund_balance, fund_figures
from ledger.database import Database
from ledger.errors import Refusal
from ledger.ids import new_request_id
from ledger.stock.goods import set_price
from ledger.stock.till import bank_till, count_till, till_acts, till_day
from ledger.units import CNY
from tests.support.counter_tablet import CounterTablet, RefusedError, counter_tablet
from tests.support.goods_counter import GoodsCounter, counter_of
from tests.support.http import VAULT
from tests.support.invariants import check_invariants
from tests.support.town import HERE


@pytest.fixture
def counter(db: Database) -> GoodsCounter:
    """Rice for 15 points and 12.50 yuan, eggs for 5 points alone."""
    made = counter_of(db, "changan", "2026-03-03 09:30", grant_units=50_000, vault=VAULT)
    made.put("R09", "大米", 1_500, 10, cost_fen=3_850, price_fen=1_250)
    made.put("R02", "鸡蛋(袋)", 500, 20, cost_fen=800)
    return made


def hand_out(tablet: CounterTablet, lines: dict[int, int], **more: Any) -> dict[str, Any]:
    body = {
        **tablet.document(),
        "token": tablet.town.code(1),
        "lines": [{"good_id": str(good), "quantity": n} for good, n in lines.items()],
        **more,
    }
    return tablet.post("/redemptions", body)


def give_back(tablet: CounterTablet, ref: str, lines: list[tuple[int, int]]) -> dict[str, Any]:
    lines_back = [{"line_no": n, "quantity": q} for n, q in lines]
    body = {**tablet.document(), "original_ref": ref, "lines": lines_back}
    return tablet.post("/counter/returns", body)


def in_till(counter: GoodsCounter) -> tuple[int, int]:
    """What the book says lies in the till, and what it owes to whom."""
    with counter.town.db.read() as tx:
        return tuple(account_sum(tx, HERE, kind, CNY, 1) for kind in (Account.TILL, Account.COPAID))  # type: ignore[return-value]


def shown(answer: dict[str, Any]) -> dict[str, str]:
    return {line["label"]: line["value"] for line in answer["receipt"]["lines"]}


def test_points_and_yuan_are_booked_together_and_stand_on_the_slip(counter: GoodsCounter) -> None:
    tablet, goods = counter_tablet(counter.town), counter.goods
    listed = {item["code"]: item for item in tablet.get("/goods")["items"]}
    assert (listed["R09"]["price_units"], listed["R09"]["price_fen"]) == (1_500, 1_250)

    slip = hand_out(tablet, {goods["R09"]: 2, goods["R02"]: 1}, paid_fen=2_500)

    assert (slip["units"], slip["paid_fen"]) == (3_500, 2_500)
    lines = shown(slip)
    assert lines["大米 x 2"] == "30.00 分 + 25.00 元"
    assert lines["鸡蛋(袋) x 1"] == "5.00 分"
    assert lines["另付"] == "25.00 元"
    assert in_till(counter) == (2_500, 2_500)
    assert counter.points_of(1) == 50_000 - 3_500
    check_invariants(counter.town.db.engine)


def test_a_return_gives_points_and_yuan_back_together(counter: GoodsCounter) -> None:
    """One of two bags comes back: half of both. The rest comes back later, and nothing twice."""
    tablet, goods = counter_tablet(counter.town), counter.goods
    slip = hand_out(tablet, {goods["R09"]: 2})
    (line,) = tablet.get(f"/counter/slips/{slip['ref']}")["lines"]
    assert (line["price_units"], line["price_fen"], line["left"]) == (1_500, 1_250, 2)

    back = give_back(tablet, slip["ref"], [(1, 1)])

    assert (back["units_back"], back["paid_back_fen"]) == (1_500, 1_250)
    assert shown(back)["退还现金"] == "12.50 元"
    assert in_till(counter) == (1_250, 1_250)
    assert counter.points_of(1) == 50_000 - 1_500
    give_back(tablet, slip["ref"], [(1, 1)])
    assert in_till(counter) == (0, 0)
    with pytest.raises(RefusedError, match="return_wrong"):
        give_back(tablet, slip["ref"], [(1, 1)])
    check_invariants(counter.town.db.engine)


def test_a_price_that_moved_while_the_basket_was_open_books_nothing(counter: GoodsCounter) -> None:
    """The clerk took 12.50 by the screen; the office has made it 15.00 meanwhile. Asked anew, it goes through."""
    tablet, rice, town = counter_tablet(counter.town), counter.goods["R09"], counter.town
    new = {"commodity": counter.commodity, "units": 1_500, "fen": 1_500, "from_date": town.day}
    town.db.write(lambda tx: set_price(tx, HERE, rice, **new, by=SYSTEM, at=town.at))
    with pytest.raises(RefusedError, match="price_moved"):
        hand_out(tablet, {rice: 1}, paid_fen=1_250)
    assert in_till(counter) == (0, 0)
    assert counter.points_of(1) == 50_000
    assert hand_out(tablet, {rice: 1}, paid_fen=1_500)["paid_fen"] == 1_500


def test_an_order_with_yuan_is_paid_when_it_is_collected(counter: GoodsCounter) -> None:
    tablet, rice, town = counter_tablet(counter.town), counter.goods["R09"], counter.town
    wanted = {"request_id": tablet.request_id(), "token": town.code(1)}
    lines = [{"good_id": str(rice), "quantity": 2}]
    placed = tablet.post("/counter/orders", {**wanted, "lines": lines})
    assert in_till(counter) == (0, 0)
    # A dearer price from now on does not touch what was ordered.
    new = {"commodity": counter.commodity, "units": 1_500, "fen": 9_900, "from_date": town.day}
    town.db.write(lambda tx: set_price(tx, HERE, rice, **new, by=SYSTEM, at=town.at))
    (order,) = tablet.post("/counter/holder", {"token": town.code(1)})["orders"]
    assert order["paid_fen"] == 2_500

    slip = hand_out(tablet, {rice: 2}, order_id=placed["order_id"], paid_fen=2_500)

    assert slip["paid_fen"] == 2_500
    assert in_till(counter) == (2_500, 2_500)
    check_invariants(town.db.engine)


def test_the_till_is_counted_and_brought_to_the_bank(counter: GoodsCounter) -> None:
    """What is short needs a reason; more than lies there cannot be banked; the fund has it again, and says whence."""
    tablet, town = counter_tablet(counter.town), counter.town
    hand_out(tablet, {counter.goods["R09"]: 2})
    with town.db.read() as tx:
        before = fund_balance(tx, HERE, POINTS)
        assert till_day(tx, HERE, 1, town.day) == (2_500, 0, 0, 2_500)

    def count(fen: int, reason: str) -> dict[str, Any]:
        ask = new_request_id(town.at)
        return count_till(town.db, HERE, ask, 1, fen, reason=reason, by=SYSTEM, at=town.at)

    def bank(fen: int, ask: str) -> dict[str, Any]:
        return bank_till(town.db, HERE, ask, 1, fen, by=SYSTEM, at=town.at)

    with pytest.raises(Refusal, match="reason_missing"):
        count(2_450, " ")
    assert count(2_450, "找零少了") == {"book_fen": 2_500, "fen": 2_450, "more_fen": -50}
    assert in_till(counter) == (2_450, 2_450)
    with pytest.raises(Refusal, match="till_short"):
        bank(2_500, new_request_id(town.at))
    ask = new_request_id(town.at)
    assert bank(2_450, ask) == bank(2_450, ask)
    assert in_till(counter) == (0, 0)
    with town.db.read() as tx:
        assert fund_balance(tx, HERE, POINTS) == before + 2_450
        assert fund_figures(tx, HERE, POINTS).by_source["goods_counter"] == 2_450
        acts = till_acts(tx, HERE, 1)
    assert [(row.kind, row.fen, row.reason) for row in acts] == [
        ("banked", 2_450, ""),
        ("counted", 2_450, "找零少了"),
    ]
    check_invariants(town.db.engine)
