"""A claim that was paid as claimed, and the sale it means comes into the book after all: the shop is paid once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.errors import Refusal
from settlement.choices import Choice
from settlement.decisions import approve, decide
from settlement.discrepancies import discrepancies_of_night, get_discrepancy, open_discrepancies
from settlement.intake import Upload, take_claim_file
from settlement.late_bookings import take_back_paid_claims
from settlement.night import run_night
from tests.settlement.test_decisions import AT, CHIEF, DAY, Case, anybody, case
from tests.settlement.test_month import payable
from tests.support.night_plant import HOUR, Planter, book, midnight, next_day, reserve_cover
from tests.support.town import HERE, Town

__all__ = ["case"]
NEXT = next_day(DAY)
NIGHT = midnight(next_day(NEXT)) + 2 * HOUR
BROKEN = "抵扣凭证号,抵扣积分,抵扣金额,抵扣时间\nSMEAR-1,200.00,10.00,2026-03-02 23:58:00\n"


def test_a_claim_paid_as_claimed_and_booked_later_is_paid_once(case: Case) -> None:
    town, before = case.town, case.money()[0]
    decide(town.db, case.press("X1", Choice.PAY_CLAIMED), may_decide=anybody, at=AT)
    approve(town.db, case.press("X1", Choice.PAY_CLAIMED, CHIEF), may_decide=anybody, at=AT)
    assert take_back_paid_claims(town.db, HERE, at=AT + HOUR) == 0
    with town.db.read() as tx:
        ref = get_discrepancy(tx, HERE, case.no["X1"]).ref
    late = Planter(town.tills, seed=1).entry(DAY, fen=300)
    town.at = midnight(NEXT) + 6 * HOUR
    reserve_cover(town, 100_000)
    book(town, [replace(late, ref=ref, counter=int(ref.split("-")[2]))])
    run_night(town.db, HERE, NEXT, at=NIGHT)
    assert case.money()[0] == before + 2 * 300  # for the claim, and for the sale

    assert take_back_paid_claims(town.db, HERE, at=NIGHT + HOUR) == 300
    assert take_back_paid_claims(town.db, HERE, at=NIGHT + 2 * HOUR) == 0
    assert case.money()[0] == before + 300


def test_a_claim_that_may_mean_a_booked_sale_is_not_paid_on_top_of_it(town: Town) -> None:
    town.at = midnight(DAY) + 6 * HOUR
    book(town, [Planter(town.tills, seed=5).entry(DAY, town.tills[0], fen=1000)])
    upload = Upload("a.csv", BROKEN.encode(), 1)
    assert take_claim_file(town.db, HERE, 1, upload, day=DAY, at=town.at)["outcome"] == "ok"
    result = run_night(town.db, HERE, DAY, at=midnight(NEXT) + 2 * HOUR)
    with town.db.read() as tx:
        [unsure] = discrepancies_of_night(tx, HERE, result.run_no)
    made = Case(town, {"X5": unsure.discrepancy_no})

    with pytest.raises(Refusal, match="decision_not_offered"):
        decide(town.db, made.press("X5", Choice.PAY_CLAIMED), may_decide=anybody, at=AT)
    decide(town.db, made.press("X5", Choice.PAY_BOOKED), may_decide=anybody, at=AT)
    run_night(town.db, HERE, NEXT, at=NIGHT)
    with town.db.read() as tx:
        [unclaimed] = open_discrepancies(tx, HERE)
    made.no["X2"] = unclaimed.discrepancy_no
    decide(town.db, made.press("X2", Choice.PAY_BOOKED), may_decide=anybody, at=NIGHT + HOUR)

    assert payable(town) == 1000


@pytest.mark.parametrize("claimed_again", [False, True])
def test_a_claim_paid_under_a_wrong_number_and_booked_later_is_paid_once(
    town: Town, *, claimed_again: bool
) -> None:
    late = Planter(town.tills, seed=7).entry(DAY, town.tills[0], fen=300)
    wrong = f"{late.ref[:-1]}{'A' if late.ref[-1] != 'A' else 'B'}"
    head, clock = BROKEN.splitlines()[0], "2026-03-02 23:58:00"
    lines = f"{head}\n{wrong},60.00,3.00,{clock}\n"
    upload = Upload("a.csv", lines.encode(), 1)
    assert take_claim_file(town.db, HERE, 1, upload, day=DAY, at=town.at)["outcome"] == "ok"
    result = run_night(town.db, HERE, DAY, at=midnight(NEXT) + 2 * HOUR)
    with town.db.read() as tx:
        [found] = discrepancies_of_night(tx, HERE, result.run_no)
    made = Case(town, {found.code: found.discrepancy_no})
    decide(town.db, made.press("X1", Choice.PAY_CLAIMED), may_decide=anybody, at=AT)
    approve(town.db, made.press("X1", Choice.PAY_CLAIMED, CHIEF), may_decide=anybody, at=AT)
    assert payable(town) == 300

    town.at = midnight(NEXT) + 6 * HOUR
    reserve_cover(town, 100_000)
    book(town, [late])
    if claimed_again:
        right = Upload("b.csv", f"{head}\n{late.ref},60.00,3.00,{clock}\n".encode(), 1)
        assert take_claim_file(town.db, HERE, 1, right, day=NEXT, at=town.at)["outcome"] == "ok"
    run_night(town.db, HERE, NEXT, at=NIGHT)
    if not claimed_again:
        assert take_back_paid_claims(town.db, HERE, at=NIGHT) == 0  # the sale waits, unpaid
        with town.db.read() as tx:
            [unclaimed] = [row for row in open_discrepancies(tx, HERE) if row.code == "X2"]
        made.no["X2"] = unclaimed.discrepancy_no
        decide(town.db, made.press("X2", Choice.PAY_BOOKED), may_decide=anybody, at=NIGHT + HOUR)
    assert payable(town) == 600

    assert take_back_paid_claims(town.db, HERE, at=NIGHT + 2 * HOUR) == 300
    assert take_back_paid_claims(town.db, HERE, at=NIGHT + 3 * HOUR) == 0
    assert payable(town) == 300


def test_another_sale_of_the_same_sum_takes_nothing_back(town: Town) -> None:
    planter = Planter(town.tills, seed=7)
    late, other = (planter.entry(DAY, town.tills[0], fen=300) for _ in range(2))
    head = BROKEN.splitlines()[0]
    lines = f"{head}\nSMEAR-1,60.00,3.00,2026-03-02 23:58:00\n"
    upload = Upload("a.csv", lines.encode(), 1)
    take_claim_file(town.db, HERE, 1, upload, day=DAY, at=town.at)
    result = run_night(town.db, HERE, DAY, at=midnight(NEXT) + 2 * HOUR)
    with town.db.read() as tx:
        [found] = discrepancies_of_night(tx, HERE, result.run_no)
    made = Case(town, {"X1": found.discrepancy_no})
    decide(town.db, made.press("X1", Choice.PAY_CLAIMED), may_decide=anybody, at=AT)
    approve(town.db, made.press("X1", Choice.PAY_CLAIMED, CHIEF), may_decide=anybody, at=AT)
    town.at = midnight(NEXT) + 6 * HOUR
    reserve_cover(town, 100_000)
    book(town, [late, other])
    right = "".join(f"{e.ref},60.00,3.00,2026-03-02 23:58:00\n" for e in (late, other))
    upload = Upload("b.csv", f"{head}\n{right}".encode(), 1)
    take_claim_file(town.db, HERE, 1, upload, day=NEXT, at=town.at)
    run_night(town.db, HERE, NEXT, at=NIGHT)

    assert take_back_paid_claims(town.db, HERE, at=NIGHT + HOUR) == 0
    assert payable(town) == 900
