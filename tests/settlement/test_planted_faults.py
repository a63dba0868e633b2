"""One fault planted for each verdict in an honest day: found under its own code, and nothing besides."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from ledger.audit import By
from ledger.members import settings
from ledger.sql import Sql
from settlement.day_file import day_document
from settlement.night import run_night, verify_night
from settlement.night_result import NightResult
from tests.support.fault_plant import (
    FAULTS,
    SLIPS,
    file_till,
    honest_days,
    live_day,
    near_miss,
)
from tests.support.night_plant import HOUR, Day, Planted, Planter, book, midnight, next_day
from tests.support.town import HERE, Town

FOUND = Sql(
    "SELECT code, claimant_id, ref, plus_fen, minus_fen, state FROM discrepancy"
    " WHERE community_id = :community_id AND run_no = :run_no"
)
STATES = Sql(
    "SELECT code, state FROM discrepancy WHERE community_id = :community_id AND ref = :ref ORDER BY discrepancy_no"
)
PAIRED = Sql(
    "SELECT ref, booked_ref, how FROM claim_pairing WHERE community_id = :community_id ORDER BY ref"
)


def night(town: Town, day: int) -> NightResult:
    result = run_night(town.db, HERE, day, at=midnight(next_day(day)) + 2 * HOUR)
    assert result.state == "locked", result
    return result


def found_in(town: Town, result: NightResult) -> Counter[Planted]:
    with town.db.read() as tx:
        rows = tx.all(FOUND, community_id=HERE, run_no=result.run_no)
    return Counter(Planted(*row[:5]) for row in rows)


def states(town: Town, ref: str) -> list[tuple[str, str]]:
    with town.db.read() as tx:
        return [tuple(row) for row in tx.all(STATES, community_id=HERE, ref=ref)]


def pairings(town: Town) -> list[tuple[str, str, str]]:
    with town.db.read() as tx:
        return [tuple(row) for row in tx.all(PAIRED, community_id=HERE)]


def one_day(town: Town, seed: int = 7) -> tuple[Planter, Day]:
    planter = Planter(town.tills, seed)
    return planter, honest_days(planter, 1)[0]


def test_an_honest_day_has_none(town: Town) -> None:
    _, day = one_day(town)
    live_day(town, day, 1)

    assert not found_in(town, night(town, day.day))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_under_its_own_code_and_none_besides(town: Town, fault: str) -> None:
    planter, day = one_day(town)
    planted = FAULTS[fault](planter, day)
    live_day(town, day, 1)

    result = night(town, day.day)

    assert {p.code for p in planted} == {fault.split(maxsplit=1)[0]}
    assert found_in(town, result) == Counter(planted)
    assert verify_night(town.db, HERE, day.day)
    assert night(town, day.day).digest == result.digest


def test_all_faults_at_once_are_found_each_under_its_own_code(town: Town) -> None:
    planter, day = one_day(town)
    planted = [one for plant in FAULTS.values() for one in plant(planter, day)]
    live_day(town, day, 1)

    assert found_in(town, night(town, day.day)) == Counter(planted)


def test_a_till_whose_clock_is_off_all_day_is_one_row_with_how_many_lines(town: Town) -> None:
    planter, day = one_day(town)
    till = town.tills[1]
    sales = [planter.entry(day.day, till) for _ in range(4)]
    for sale in sales:
        day.add(sale, claimed=replace(sale, at=sale.at + 20 * 60_000_000))
    live_day(town, day, 1)

    result = night(town, day.day)

    assert found_in(town, result) == Counter([Planted("T3", till.merchant_id, "")])
    with town.db.engine.connect() as connection:
        [row] = connection.exec_driver_sql(
            "SELECT sub_code, terminal_id FROM discrepancy WHERE code = 'T3'"
        ).all()
    assert row[0] == "4"
    assert result.settled_fen == sum(e.fen for e in day.booked)
    assert verify_night(town.db, HERE, day.day)


@pytest.mark.parametrize("slip", SLIPS)
def test_a_number_written_wrongly_is_joined_with_its_sale_and_paid(town: Town, slip: str) -> None:
    planter, day = one_day(town)
    sale = near_miss(planter, day, SLIPS[slip])
    live_day(town, day, 1)

    result = night(town, day.day)

    assert not found_in(town, result)
    [(_, booked_ref, how)] = pairings(town)
    assert (booked_ref, how) == (sale.ref, "nearby" if "smeared" in slip else "repaired")
    assert result.settled_fen == sum(entry.fen for entry in day.booked)


def test_a_wrong_number_with_other_amounts_is_never_joined(town: Town) -> None:
    planter, day = one_day(town)
    sale = near_miss(planter, day, SLIPS["two signs swapped"], fen=5_000)
    live_day(town, day, 1)

    found = found_in(town, night(town, day.day))

    assert {p.code for p in found} == {"X1", "X2"}
    assert {p.ref for p in found if p.code == "X2"} == {sale.ref}
    assert not pairings(town)


def test_a_whole_number_that_is_not_booked_is_never_joined_by_likeness(town: Town) -> None:
    """The same till, minute and amount: but the number is whole, so it names another slip."""
    planter, day = one_day(town)
    sale = planter.entry(day.day)
    other = planter.entry(day.day, sale.till, fen=sale.fen)
    day.booked.append(sale)
    day.file(other)
    live_day(town, day, 1)

    assert {p.code for p in found_in(town, night(town, day.day))} == {"X1", "X2"}


def test_what_may_be_two_is_given_to_nobody_until_a_person_picks(town: Town) -> None:
    planter, day = one_day(town)
    [planted] = FAULTS["X5"](planter, day)
    live_day(town, day, 1)
    result = night(town, day.day)

    # Neither of the two is paid and neither is called unclaimed.
    assert result.settled_fen == sum(e.fen for e in day.booked) - 2 * 300
    assert states(town, planted.ref) == [("X5", "pooled")]


def test_an_unclaimed_sale_claimed_the_next_day_is_late_and_paid(town: Town) -> None:
    planter = Planter(town.tills, 7)
    first, second = honest_days(planter, 2)
    [missed] = FAULTS["X2"](planter, first)
    second.file(next(e for e in first.booked if e.ref == missed.ref))
    live_day(town, first, 1)
    night(town, first.day)
    live_day(town, second, 2)

    result = night(town, second.day)

    assert found_in(town, result) == Counter([Planted("X4", missed.shop, missed.ref)])
    assert states(town, missed.ref) == [("X2", "auto_cleared"), ("X4", "auto_cleared")]
    assert result.settled_fen == sum(e.fen for e in second.booked) + missed.plus_fen


def test_a_claim_after_the_days_agreed_is_paid_and_says_how_late_also_when_they_change(
    town: Town,
) -> None:
    planter = Planter(town.tills, 7)
    days = honest_days(planter, 4, per_day=3)
    [late] = FAULTS["X2"](planter, days[0])
    [in_time] = FAULTS["X2"](planter, days[2])
    for ref, day in ((late.ref, days[0]), (in_time.ref, days[2])):
        days[3].file(next(e for e in day.booked if e.ref == ref))
    change = {"claim_days": 2}
    town.db.write(
        lambda tx: settings.change(tx, HERE, change, by=By("staff", 1), why="agreed", at=town.at)
    )
    for number, day in enumerate(days, start=1):
        live_day(town, day, number)
        result = night(town, day.day)

    sub_codes = {row.ref: (row.code, row.sub_code) for row in _rows(town) if row.code == "X4"}
    assert sub_codes == {late.ref: ("X4", "3"), in_time.ref: ("X4", "")}
    assert (
        result.settled_fen == sum(e.fen for e in days[3].booked) + late.plus_fen + in_time.plus_fen
    )
    # What is agreed later says nothing about a night that is over.
    town.db.write(
        lambda tx: settings.change(
            tx, HERE, {"claim_days": 30}, by=By("staff", 1), why="longer", at=town.later(86_400 * 9)
        )
    )
    assert verify_night(town.db, HERE, days[3].day)


def _rows(town: Town) -> list[Any]:
    with town.db.read() as tx:
        return tx.all(
            Sql("SELECT code, sub_code, ref FROM discrepancy WHERE community_id = :community_id"),
            community_id=HERE,
        )


def test_a_claim_without_a_booking_waits_three_working_days_before_anybody_is_asked(
    town: Town,
) -> None:
    planter = Planter(town.tills, 7)
    days = honest_days(planter, 5, per_day=3)
    [lone] = FAULTS["X1"](planter, days[0])
    seen = []
    for number, day in enumerate(days, start=1):
        live_day(town, day, number)
        night(town, day.day)
        seen += states(town, lone.ref)

    # Monday's claim: Tuesday, Wednesday, Thursday pass; the night of Thursday hands it over.
    assert [state for _, state in seen] == ["pooled", "pooled", "pooled", "open", "open"]


def test_a_till_that_syncs_three_days_late_explains_its_claims(town: Town) -> None:
    planter = Planter(town.tills, 7)
    days = honest_days(planter, 4, per_day=3)
    [lone] = FAULTS["X1"](planter, days[0])
    sale = next(e for e in days[0].filed_all() if e.ref == lone.ref)
    for number, day in enumerate(days, start=1):
        live_day(town, day, number)
        if day is days[3]:
            book(town, [moved(sale, day.day)])
        result = night(town, day.day)

    assert states(town, lone.ref) == [("X1", "auto_cleared")]
    assert not found_in(town, result)
    assert result.settled_fen == sum(e.fen for e in days[3].booked) + sale.fen


def moved(entry, day: int):
    """What a till booked offline reaches the book with the date it gets there."""
    return type(entry)(**{**vars(entry), "day": day})


def test_swapped_branches_are_told_apart_from_what_their_own_shop_claims_too(town: Town) -> None:
    """Claimed by its own shop and by another: the own shop is paid, the other one is named."""
    planter, day = one_day(town)
    [planted] = FAULTS["T1"](planter, day)
    sale = next(e for e in day.booked if e.ref == planted.ref)
    day.file(sale)
    live_day(town, day, 1)

    result = night(town, day.day)

    assert found_in(town, result) == Counter(
        [Planted("T1", planted.shop, sale.ref, minus_fen=sale.fen)]
    )
    assert result.settled_fen == sum(e.fen for e in day.booked)
    # Nor does its file of the day say whose it is, or what that shop has booked.
    with town.db.read() as tx:
        [told] = day_document(tx, HERE, planted.shop, day.day)["differences"]
    assert (told["code"], told["sub_code"], told["booked_fen"]) == ("T1", "", None)


@pytest.mark.parametrize("how", ["NO_FILE", "EMPTY"])
def test_a_missing_file_is_one_c1_and_not_a_heap_of_unclaimed_sales(town: Town, how: str) -> None:
    _, day = one_day(town)
    live_day(town, day, 1, file=False)
    for till in town.tills[1:]:
        file_till(town, day, till.code, 1)
    if how == "EMPTY":
        day.filed[town.tills[0].code] = []
        file_till(town, day, town.tills[0].code, 1)

    found = found_in(town, night(town, day.day))

    assert [(p.code, p.shop) for p in found] == [("C1", town.tills[0].merchant_id)]


def test_a_rate_changed_at_noon_is_held_against_the_rate_of_the_sale(town: Town) -> None:
    planter, day = one_day(town)
    morning, later, wrong = (planter.entry(day.day, hour=hour) for hour in (9, 14, 15))
    later, wrong = replace(later, rate=25), replace(wrong, rate=25)
    day.add(morning)
    day.add(later)
    # Still reckoned at the morning's rate by the shop.
    day.add(wrong, claimed=replace(wrong, rate=20))
    live_day(town, day, 1)

    found = found_in(town, night(town, day.day))

    assert found == Counter([Planted("V3", wrong.till.merchant_id, wrong.ref)])


def test_a_reversal_across_midnight_is_taken_off_in_its_own_day(town: Town) -> None:
    planter = Planter(town.tills, 7)
    first, second = honest_days(planter, 2, per_day=3)
    sale = replace(planter.entry(first.day), at=first.at + 23 * HOUR + 50 * 60_000_000)
    refund = replace(planter.refund(sale, second.day), at=second.at + 600_000_000)
    first.add(sale)
    live_day(town, first, 1)
    book(town, [refund])  # ten past midnight, before the night runs

    before = night(town, first.day)
    second.file(refund)
    live_day(town, second, 2)
    after = night(town, second.day)

    assert not found_in(town, before)
    assert not found_in(town, after)
    assert before.settled_fen == sum(e.fen for e in first.booked)
    assert after.settled_fen == sum(e.fen for e in second.booked) - sale.fen
