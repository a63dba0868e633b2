"""Two at once at the counter and at providers: each guard holds, and taken away the same meeting goes wrong.

Both look before either writes, on either engine: see `tests.support.races.both_look_first`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from ledger.book import balances, holds
from ledger.book.balances import account_sum, wallet_of
from ledger.book.chart import Account
from ledger.database import Database
from ledger.services import endings, vouchers
from ledger.services.lapse import run_vouchers
from ledger.sql import Sql
from ledger.stock import holds as stock_holds
from pos import benefit, orders, passbook, queue, reserved
from pos.benefit import give_benefit
from pos.desk import Desk
from pos.orders import OrderRequest, cancel_order, place_order
from pos.passbook import Book, Printing, print_open
from pos.queue import Line, call_next, take_ticket
from pos.redemption import Piece, redeem
from pos.voucher_use import use_voucher
from tests.stories.test_benefits import PARTY, asked, give_party
from tests.support.goods_counter import GoodsCounter, counter_of
from tests.support.invariants import BrokenInvariantError, check_invariants
from tests.support.races import both_look_first, desk_in_process, run_processes, told, without
from tests.support.town import CIVIC, HERE, Town, moment
from tests.support.vouchers import BARBER, buy, offer, used, voucher_town

DAY = 20260303
LINE = Line(HERE, 1, DAY)
BOOK = Book(HERE, 1, CIVIC)

Act = Callable[[Desk], Any]


def at_once(
    town: Town,
    url: str,
    patch: pytest.MonkeyPatch,
    acts: Sequence[Act],
    statements: Sequence[Sql],
) -> list[Any]:
    """Each act in a process of its own; all have read the statements before one of them writes."""
    town.db.close()
    with patch.context() as inner:
        both_look_first(inner, len(acts), *statements)

        def job(number: int) -> Any:
            with desk_in_process(town, url) as desk:
                return acts[number](desk)

        answers = run_processes(len(acts), job)
    town.db = Database(url)
    return answers


# --- the queue


@pytest.fixture
def shop(engine_url: str) -> Iterator[GoodsCounter]:
    """Eggs for 5 points and persons with 500 points."""
    made = counter_of(Database(engine_url), "changan", "2026-03-03 09:30", grant_units=50_000)
    made.put("R02", "鸡蛋(袋)", 500, 20, cost_fen=800)
    yield made
    made.town.db.close()


def draw(shop: GoodsCounter, url: str, patch: pytest.MonkeyPatch) -> list[int]:
    at = shop.town.at
    acts = [lambda desk, n=n: take_ticket(desk.db, LINE, f"take-{n}", at=at) for n in range(2)]
    return sorted(at_once(shop.town, url, patch, acts, [queue._NEXT]))


def test_two_who_draw_a_number_at_once_have_two(
    shop: GoodsCounter, engine_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert draw(shop, engine_url, monkeypatch) == [1, 2]


def test_without_the_guard_two_stand_under_one_number(
    shop: GoodsCounter, engine_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard = "ON CONFLICT (community_id, merchant_id, business_date, number) DO NOTHING"
    assert guard in queue._TAKE.text
    weak = guard.replace("DO NOTHING", "DO UPDATE SET request_id = excluded.request_id")
    monkeypatch.setattr(queue, "_TAKE", Sql(queue._TAKE.text.replace(guard, weak)))

    assert draw(shop, engine_url, monkeypatch) == [1, 1]


def call(shop: GoodsCounter, url: str, patch: pytest.MonkeyPatch) -> list[int]:
    at = shop.town.at
    for n in range(2):
        take_ticket(shop.town.db, LINE, f"take-{n}", at=at)
    acts = [
        lambda desk, n=n: call_next(desk.db, LINE, f"call-{n}", terminal_id=n, at=at)
        for n in range(2)
    ]
    return sorted(at_once(shop.town, url, patch, acts, [queue._WAITING]))


def test_two_counters_that_call_at_once_call_two_numbers(
    shop: GoodsCounter, engine_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call(shop, engine_url, monkeypatch) == [1, 2]


def test_without_the_guard_both_call_the_same_number(
    shop: GoodsCounter, engine_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "_CALL", without(queue._CALL, " AND state = 'waiting'"))

    assert call(shop, engine_url, monkeypatch) == [1, 1]


# --- the passbook


def print_twice(shop: GoodsCounter, url: str, patch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    for _ in range(3):
        shop.redeem(1, {"R02": 1})
        shop.town.later(2)
    at = shop.town.at
    acts = [
        lambda desk, n=n: print_open(desk, BOOK, Printing(f"print-{n}", 1_010, 1, at))
        for n in range(2)
    ]
    return sorted(at_once(shop.town, url, patch, acts, [passbook._LAST, passbook._OPEN]))


def test_a_line_is_on_one_paper_alone(
    shop: GoodsCounter, engine_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert print_twice(shop, engine_url, monkeypatch) == [(1, 4), (5, 4)]


def test_without_the_guard_the_same_lines_are_printed_twice(
    shop: GoodsCounter, engine_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The key of the table is the guard: an entry has one line.
    weak = passbook._KEEP.text + " ON CONFLICT DO NOTHING"
    monkeypatch.setattr(passbook, "_KEEP", Sql(weak))

    assert print_twice(shop, engine_url, monkeypatch) == [(1, 4), (1, 4)]


# --- an order given up while it is collected


def end_twice(shop: GoodsCounter, url: str, patch: pytest.MonkeyPatch) -> list[str]:
    town = shop.town
    eggs = Piece(shop.goods["R02"], 2)
    wanted = OrderRequest(
        community_id=HERE, request_id="order-1", merchant_id=1, person_id=1, lines=(eggs,), source="page"
    )  # fmt: skip
    order_id = place_order(town.desk, wanted, at=town.at)["order_id"]
    town.later(60)
    basket = shop.basket(1, {"R02": 2}, order_id=order_id)
    acts: list[Act] = [
        lambda desk: told(lambda: redeem(desk, basket, at=town.at)),
        lambda desk: told(lambda: cancel_order(desk.db, HERE, "give-up", order_id, 1, at=town.at)),
    ]
    # Each looks at the order by a statement of its own.
    both = Sql(orders._ONE.text)
    patch.setattr(orders, "_ONE", both)
    patch.setattr(reserved, "_ORDER", both)
    return at_once(town, url, patch, acts, [both, stock_holds._OF])


def points(shop: GoodsCounter) -> tuple[int, int]:
    with shop.town.db.read() as tx:
        wallet = wallet_of(tx, HERE, 1, CIVIC)
    return wallet.posted, wallet.available


def test_an_order_is_collected_or_given_up_never_both(
    shop: GoodsCounter, engine_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = end_twice(shop, engine_url, monkeypatch)

    assert sorted(said) == ["done", "goods_order_ended"]
    left = 49_000 if said[0] == "done" else 50_000
    assert points(shop) == (left, left)
    check_invariants(shop.town.db.engine)


def test_without_the_guards_it_is_both_and_the_books_show_it(
    shop: GoodsCounter, engine_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_open = " AND state = 'open'"
    monkeypatch.setattr(orders, "_END", without(orders._END, is_open))
    monkeypatch.setattr(reserved, "_COLLECTED", without(reserved._COLLECTED, is_open))
    # What stands behind the first guard: an order's pieces and points end once too.
    monkeypatch.setattr(stock_holds, "_END", without(stock_holds._END, is_open))
    once = "ON CONFLICT (community_id, hold_id) DO NOTHING"
    twice = "ON CONFLICT (community_id, hold_id) DO UPDATE SET ended_at = excluded.ended_at"
    for module, name in ((holds, "_END"), (reserved, "_POINTS_USED")):
        sql = getattr(module, name)
        assert once in sql.text
        monkeypatch.setattr(module, name, Sql(sql.text.replace(once, twice)))
    # A second order keeps points and pieces held, which the second end then lets go of.
    other = Piece(shop.goods["R02"], 3)
    more = OrderRequest(
        community_id=HERE, request_id="order-2", merchant_id=1, person_id=1, lines=(other,), source="page"
    )  # fmt: skip
    place_order(shop.town.desk, more, at=shop.town.at)

    said = end_twice(shop, engine_url, monkeypatch)

    assert said == ["done", "done"]
    with pytest.raises(BrokenInvariantError):
        check_invariants(shop.town.db.engine)


# --- vouchers and benefits at their providers


def use_and_lapse(url: str, patch: pytest.MonkeyPatch) -> tuple[list[Any], Town]:
    """A till redeems in the last minute of the last day while the night's run ends what is over."""
    db = Database(url)
    town = voucher_town(db)
    number = buy(town, offer(town, valid_days=2))["number"]
    town.at = moment("2026-03-03 23:59")
    request = used(town, number)
    both = Sql(vouchers._BY_SERIAL.text.replace("v.serial = :serial", "1 = 1"))
    patch.setattr(vouchers, "_BY_SERIAL", both)
    patch.setattr(vouchers, "_BY_ID", both)
    acts: list[Act] = [
        lambda desk: told(lambda: use_voucher(desk, request, at=town.at)),
        lambda desk: run_vouchers(desk.db, HERE, 20260304, notice_days=1, at=town.at + 60_000_000),
    ]
    return at_once(town, url, patch, acts, [both]), town


def test_a_voucher_is_used_or_over_never_both(
    engine_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, town = use_and_lapse(engine_url, monkeypatch)

    assert [said[0], tuple(said[1])] in (["done", (0, 0, 0)], ["voucher_expired", (0, 1, 0)])
    check_invariants(town.db.engine)
    with town.db.read() as tx:
        assert account_sum(tx, HERE, Account.VOUCHER, CIVIC) == 0
    town.db.close()


def test_without_the_guard_it_is_both_and_the_book_shows_it(
    engine_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard = "ON CONFLICT (community_id, voucher_id) DO NOTHING"
    weak = "ON CONFLICT (community_id, voucher_id) DO UPDATE SET ended_at = excluded.ended_at"
    monkeypatch.setattr(endings, "_END", Sql(endings._END.text.replace(guard, weak)))

    said, town = use_and_lapse(engine_url, monkeypatch)

    assert [said[0], tuple(said[1])] == ["done", (0, 1, 0)]
    with pytest.raises(BrokenInvariantError):
        check_invariants(town.db.engine)
    with town.db.read() as tx:
        assert account_sum(tx, HERE, Account.VOUCHER, CIVIC) == -3_000
        assert account_sum(tx, HERE, Account.OFFSET, CIVIC, BARBER) == 3_000
    town.db.close()


def two_benefits(
    url: str, patch: pytest.MonkeyPatch, statements: Sequence[Sql]
) -> tuple[list[str], int]:
    """Two barbers' tills give one person, who has just the 20 party points that it needs, a haircut that uses 5 up."""
    db = Database(url)
    town = voucher_town(db, tills_each=2)
    with db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE merchant SET category = '理发店' WHERE merchant_id = 1")
    give_party(town, 1, 200)
    requests = [asked(town, "B02", 3_000, till=till) for till in (0, 1)]
    acts = [
        lambda desk, one=one: told(lambda: give_benefit(desk, one, at=town.at)) for one in requests
    ]
    said = at_once(town, url, patch, acts, statements)
    with town.db.read() as tx:
        left = wallet_of(tx, HERE, 1, PARTY).available
    town.db.close()
    return sorted(said), left


def test_a_benefit_for_twenty_points_is_given_once_to_who_has_twenty(
    engine_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where both have looked at the wallet before either writes, its lock is what keeps the second from being sure.
    assert two_benefits(engine_url, monkeypatch, []) == (["benefit_not_eligible", "done"], 150)


def test_without_the_lock_before_looking_both_are_given(
    engine_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benefit, "lock_wallet", lambda *_: None)

    said, left = two_benefits(engine_url, monkeypatch, [balances._WALLET])

    assert (said, left) == (["done", "done"], 100)
