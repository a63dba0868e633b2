"""Ageing: one day for an owner, three working days for an answer, the secretary at seven, the committee at fifteen."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ledger.database import Database
from ledger.sql import Sql
from settlement.ageing import Aged, Life, Step, life_of, role_in_charge, steps_reached
from settlement.ageing_run import age_open
from settlement.claims import file_daybook
from settlement.due import after_working_days, due_on
from settlement.handling import HANDLING, Severity, severity_of
from settlement.night import run_night
from settlement.verdicts import RULES, Code
from tests.support.night_plant import HOUR, Planter, book, daybook, midnight, reserve_cover
from tests.support.town import HERE, Town, build_town

FOUND = date(2026, 3, 2)  # a Monday
STEPS = Sql(
    "SELECT step, business_date FROM discrepancy_step WHERE community_id = :community_id ORDER BY reached_at, step"
)


@pytest.mark.parametrize(
    ("days", "has_owner", "wanted"),
    [
        (0, False, ()),
        (1, False, ()),
        (2, False, ("unowned",)),
        (2, True, ()),
        (3, True, ()),
        (4, True, ("overdue",)),
        (6, True, ("overdue",)),
        (7, True, ("overdue", "escalated")),
        (14, False, ("unowned", "overdue", "escalated")),
        (15, True, ("overdue", "escalated", "committee")),
    ],
)
def test_each_step_is_reached_on_its_day(
    days: int,
    has_owner: bool,  # noqa: FBT001 - a table
    wanted: tuple[str, ...],
) -> None:
    aged = Aged(FOUND, date(2026, 3, 5), has_owner)

    assert steps_reached(aged, FOUND + timedelta(days=days)) == wanted


@pytest.mark.parametrize("code", [Code.S2, Code.S3])
def test_what_stands_wrong_at_somebodys_is_told_on_after_a_day(code: Code) -> None:
    told_on = HANDLING[code].escalate_days
    aged = Aged(FOUND, date(2026, 3, 9), has_owner=True, escalate_days=told_on)

    assert steps_reached(aged, FOUND) == ()
    assert steps_reached(aged, FOUND + timedelta(days=1)) == (Step.ESCALATED,)


def test_the_secretary_and_then_the_committee_take_over() -> None:
    assert role_in_charge("accountant", (Step.OVERDUE,)) == "accountant"
    assert role_in_charge("accountant", (Step.OVERDUE, Step.ESCALATED)) == "secretary"
    assert role_in_charge("accountant", tuple(Step)) == "committee"


def test_every_verdict_says_who_sees_to_it_and_how_grave_it_is() -> None:
    assert set(HANDLING) == set(RULES) == set(Code)
    assert severity_of(Code.C2) is Severity.DAY
    assert severity_of(Code.X3) is Severity.ROW
    assert severity_of(Code.X2) is Severity.NOTHING


def test_an_answer_is_due_in_working_days_across_a_holiday() -> None:
    # 30 September 2026 is followed by the October days.
    assert after_working_days(20260930, 1) > 20261005
    assert due_on(20260302, Code.C2) == 20260302
    assert due_on(20260302, Code.X1) == 20260305


@pytest.mark.parametrize(
    ("state", "life"),
    [
        ("open", Life.OPEN),
        ("asked", Life.WAITING_PARTY),
        ("proposed", Life.PROPOSED),
        ("decided", Life.CLOSED),
        ("auto_cleared", Life.AUTO_CLEARED),
        ("pooled", Life.CARRIED),
    ],
)
def test_each_state_has_its_word_of_the_life(state: str, life: Life) -> None:
    assert life_of(state, has_owner=False) is life


def test_an_owner_a_question_and_a_posting_change_the_word() -> None:
    assert life_of("open", has_owner=True) is Life.ASSIGNED
    assert life_of("asked", has_owner=True, waits_for="bank") is Life.WAITING_BANK
    assert life_of("asked", has_owner=True, waits_for="resident") is Life.WAITING_RESIDENT
    assert life_of("decided", has_owner=True, is_posted=True) is Life.POSTED


def test_the_nights_write_each_step_down_once(db: Database) -> None:
    town = town_with_one_unclaimed(db)
    for day in range(20260303, 20260320):
        night(town, day)
        night(town, day)

    with db.read() as tx:
        steps = {row.step: row.business_date for row in tx.all(STEPS, community_id=HERE)}
    # A night of day D runs after midnight, so it is D + 1 when it looks.
    assert steps == {
        "unowned": 20260304,
        "overdue": 20260306,
        "escalated": 20260309,
        "committee": 20260317,
    }


def test_what_is_settled_ages_no_more(db: Database) -> None:
    town = town_with_one_unclaimed(db)
    with db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE discrepancy SET state = 'decided'")

    assert not db.write(lambda tx: age_open(tx, HERE, today=20260401, at=town.at))


def town_with_one_unclaimed(db: Database) -> Town:
    town = build_town(db, people=1, fund_fen=1_000_000_000)
    town.grant(1, 10**9)
    reserve_cover(town, 1_000_000)
    planter = Planter(town.tills, seed=5)
    filed, lost = planter.entry(20260302), planter.entry(20260302)
    book(town, [filed, lost])
    file_daybook(
        db, HERE, town.tills[0].terminal_id, daybook(20260302, 1, [filed]), at=midnight(20260303)
    )
    night(town, 20260302)
    return town


def night(town: Town, day: int) -> None:
    run_night(town.db, HERE, day, at=midnight(day) + 26 * HOUR)
