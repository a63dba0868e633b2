"""Sales and the bills that should show them: R1 to R5, each found when its bill is in, and none before."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from ledger.database import Database
from ledger.sql import Sql
from pos.checkout import check_out
from settlement import evidence_run
from settlement.claims import file_daybook
from settlement.evidence_rules import Billed, EarnedSale, judge_sales
from settlement.night import run_night
from settlement.verdicts import Code
from tests.support.night_plant import HOUR, Entry, daybook, into, midnight, next_day
from tests.support.town import HERE, Town, build_town, moment

DAY = 20260302
MINUTE = 60_000_000
FOUND = Sql(
    "SELECT code, ref, minus_fen, state FROM discrepancy WHERE community_id = :community_id ORDER BY code, ref"
)


@pytest.fixture
def shop(db: Database) -> Town:
    """One person with points, one shop; no day's cover is given back while its night is looked at."""
    return build_town(db, grant_units=100_000)


def sell(town: Town, fen: int = 5_000, units: int = 0) -> Entry:
    """A purchase on the shop's own device."""
    town.later(600)
    request = town.sale(1, fen, units)
    check_out(town.desk, request, at=town.at)
    till = town.tills[0]
    return Entry(till, request.ref, request.counter, units // 20, town.day, town.at)


def bill(
    town: Town, lines: list[tuple[str, str, int, int]], *, day: int = DAY, number: int = 1
) -> None:
    """A bill for a whole day: kind, payment's name, fen, time."""
    start = midnight(day)
    end = midnight(next_day(day))
    into(
        town.db,
        "INSERT INTO channel_bill (community_id, bill_id, merchant_id, layout, channel, account, kinds, outcome,"
        " covers_from, covers_until, sha256, file_sha256, file_name, pay_count, pay_fen, back_count, back_fen, answer,"
        f" taken_by, taken_at) VALUES ({HERE}, {number}, 1, 'plain', 'wechat', '', 'all', 'ok', {start}, {end},"
        f" 's{number}', 'f{number}', 'bill.csv', 0, 0, 0, 0, '{{}}', 0, {end + HOUR})",
    )
    for line_no, (kind, name, fen, at) in enumerate(lines, start=1):
        back = "b" if kind == "back" else ""
        into(
            town.db,
            "INSERT INTO channel_line (community_id, bill_id, line_no, merchant_id, channel, kind, payment_ref,"
            f" refund_ref, fen, at) VALUES ({HERE}, {number}, {line_no}, 1, 'wechat', '{kind}', '{name}', '{back}',"
            f" {fen}, {at})",
        )


def night(town: Town, day: int = DAY) -> list[tuple[Any, ...]]:
    result = run_night(town.db, HERE, day, at=midnight(next_day(day)) + 2 * HOUR)
    assert result.state == "locked"
    with town.db.read() as tx:
        return [tuple(row) for row in tx.all(FOUND, community_id=HERE)]


def paid(sale: Entry, fen: int, name: str = "") -> tuple[str, str, int, int]:
    return ("pay", name or f"P{sale.counter}", fen, sale.at + MINUTE)


def test_what_the_bill_shows_is_not_named(shop: Town) -> None:
    sales = [sell(shop), sell(shop, 7_000)]
    bill(shop, [paid(sales[0], 5_000), paid(sales[1], 7_000)])

    assert night(shop) == []


def test_points_whose_payment_no_bill_shows_are_an_r1(shop: Town) -> None:
    sham, true = sell(shop), sell(shop, 7_000)
    bill(shop, [paid(true, 7_000)])

    assert night(shop) == [("R1", sham.ref, 0, "open")]


def test_an_offset_whose_yuan_no_bill_shows_is_an_r5_and_held(shop: Town) -> None:
    sham = sell(shop, 5_000, 20_000)
    file_daybook(
        shop.db,
        HERE,
        shop.tills[0].terminal_id,
        daybook(DAY, 1, [sham]),
        at=midnight(DAY) + 22 * HOUR,
    )
    bill(shop, [])

    assert night(shop) == [("R5", sham.ref, 1_000, "open")]


def test_a_sale_without_points_that_the_bill_shows_is_an_r2(shop: Town) -> None:
    plain = sell(shop)
    into(shop.db, f"UPDATE sale SET earned_units = 0 WHERE ref = '{plain.ref}'")

    sales = [earned(earned_units=0)]
    lines = [Billed("pay", "P1", 5_000, sales[0].paid_at)]

    assert [j.code for j in judge_sales(sales, lines, everywhere, within_us=MINUTE)] == [Code.R2]


def test_points_of_a_shop_that_may_not_give_any_are_an_r3(shop: Town) -> None:
    sale = sell(shop)
    into(shop.db, "UPDATE agreement SET roles = 'offset'")
    bill(shop, [paid(sale, 5_000)])

    assert [row[:2] for row in night(shop)] == [("R3", sale.ref)]


def test_money_given_back_by_the_channel_without_a_refund_in_the_book_is_an_r4(shop: Town) -> None:
    sale = sell(shop)
    bill(shop, [paid(sale, 5_000, "P1"), ("back", "P1", 5_000, sale.at + HOUR)])

    assert [row[:2] for row in night(shop)] == [("R4", sale.ref)]


def test_nothing_is_judged_before_a_bill_speaks_for_its_minute(shop: Town) -> None:
    sell(shop)

    assert night(shop) == []


def test_a_bill_of_another_day_names_nothing_of_this_one(shop: Town) -> None:
    sell(shop)
    bill(shop, [], day=20260301)

    assert night(shop) == []


def test_a_bill_that_comes_later_names_it_then_and_once(shop: Town) -> None:
    sham = sell(shop)
    assert night(shop) == []
    bill(shop, [])
    into(shop.db, f"UPDATE channel_bill SET taken_at = {midnight(20260303) + 12 * HOUR}")

    assert night(shop, 20260303) == [("R1", sham.ref, 0, "open")]
    assert night(shop, 20260304) == [("R1", sham.ref, 0, "open")]


@pytest.mark.parametrize("guarded", [True, False])
def test_a_bill_taken_in_while_a_night_judges_is_judged_by_the_next(
    shop: Town,
    monkeypatch: pytest.MonkeyPatch,
    guarded: bool,  # noqa: FBT001 - with the guard off the bill is judged by nobody
) -> None:
    sham = sell(shop)
    if not guarded:
        monkeypatch.setattr(evidence_run, "_OVERLAP_US", 0)
    assert night(shop) == []
    # Its transaction began before the night's and ended after the night had looked.
    bill(shop, [])
    into(shop.db, f"UPDATE channel_bill SET taken_at = {midnight(20260303) + 2 * HOUR - MINUTE}")

    found = night(shop, 20260303)

    assert found == ([("R1", sham.ref, 0, "open")] if guarded else [])


def test_a_sale_proven_after_all_is_cleared(shop: Town) -> None:
    sham = sell(shop)
    bill(shop, [])
    assert night(shop) == [("R1", sham.ref, 0, "open")]
    into(shop.db, "UPDATE evidence SET state = 'proven'")

    assert night(shop, 20260303) == [("R1", sham.ref, 0, "auto_cleared")]


# --- the rule alone


def everywhere(_channel: str, _at: int) -> bool:
    return True


def earned(**changes: Any) -> EarnedSale:
    at = moment("2026-03-02 10:00")
    facts = (1, "R1", 10, DAY, "scan", 5_000, at, None)
    return EarnedSale(*facts, is_proven=False, earned_units=5_000, offset_units=0, offset_fen=0,
                      cash_back_fen=0, may_earn=True)._replace(**changes)  # fmt: skip


def test_the_minutes_around_must_have_been_looked_at_too() -> None:
    sale = earned()

    def until(at: int):
        return lambda _channel, moment_: moment_ < at

    after = sale.paid_at + 5 * MINUTE
    assert not judge_sales([sale], [], until(after), within_us=10 * MINUTE)
    assert judge_sales([sale], [], until(after), within_us=MINUTE)[0].code is Code.R1


def test_each_sale_has_one_verdict_at_most() -> None:
    sales = [earned(txn_id=n, offset_fen=1_000 * (n % 2), may_earn=n != 3) for n in range(1, 6)]

    found = judge_sales(sales, [], everywhere, within_us=MINUTE)

    assert Counter(judged.sale.txn_id for judged in found) == Counter(range(1, 6))
    assert [judged.code for judged in found] == [Code.R5, Code.R1, Code.R3, Code.R1, Code.R5]
