"""Days and months as state machines: every act leads from a state to one that may follow it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from settlement.closing import accept_silent
from settlement.day_life import DayState, day_state
from settlement.dispute_life import Outcome
from settlement.disputes import rule_dispute
from settlement.lives import day_life, month_life
from settlement.month_life import ALLOWED, MONTH_NAMES, MonthFacts, MonthState, month_state
from settlement.night import run_night
from settlement.payouts import (
    approve_payout,
    cancel_payout,
    confirm_payout,
    fail_payout,
    propose_again,
    propose_payout,
    send_payout,
)
from settlement.statements import get_statement
from tests.support.night_plant import HOUR
from tests.support.objections import (
    CHIEF,
    SILENT_AT,
    ZHOU,
    act,
    eighty_receipts,
    object_to_two,
)
from tests.support.town import HERE, Town

S = MonthState


def test_a_month_goes_its_way_with_lines_in_dispute_and_a_payout_that_comes_back(
    town: Town,
) -> None:
    statement, sold = eighty_receipts(town)
    here = (HERE, statement.statement_id)
    seen: list[MonthState] = []

    def look() -> None:
        with town.db.read() as tx:
            state = month_life(tx, HERE, get_statement(tx, *here), at=SILENT_AT)
        if not seen or state is not seen[-1]:
            seen.append(state)

    def step(work: Any, *more: Any, **named: Any) -> Any:
        done = work(town.db, *more, **named)
        look()
        return done

    look()
    one, two = step(lambda _db: object_to_two(town, statement, sold))
    step(accept_silent, HERE, at=SILENT_AT)
    payout = step(propose_payout, *here, by=ZHOU, at=SILENT_AT)
    step(cancel_payout, HERE, payout.payout_id, by=ZHOU, why="again", at=SILENT_AT)
    payout = step(propose_payout, *here, by=ZHOU, at=SILENT_AT)
    key = (HERE, payout.payout_id)
    step(approve_payout, *key, by=CHIEF, at=SILENT_AT)
    step(send_payout, None, *key, by=ZHOU, at=SILENT_AT)
    step(fail_payout, *key, by=ZHOU, why="bank", at=SILENT_AT)
    step(propose_again, *key, by=ZHOU, at=SILENT_AT)
    step(approve_payout, *key, by=CHIEF, at=SILENT_AT)
    step(send_payout, None, *key, by=ZHOU, at=SILENT_AT)
    step(confirm_payout, *key, by=ZHOU, at=SILENT_AT)
    for line in (one, two):
        step(rule_dispute, act(line, ZHOU, "refuse", at=SILENT_AT + HOUR), Outcome.REJECTED)
    rest = step(propose_payout, *here, by=ZHOU, at=SILENT_AT + 2 * HOUR)
    key = (HERE, rest.payout_id)
    step(approve_payout, *key, by=CHIEF, at=SILENT_AT + 2 * HOUR)
    step(send_payout, None, *key, by=ZHOU, at=SILENT_AT + 2 * HOUR)
    step(confirm_payout, *key, by=ZHOU, at=SILENT_AT + 2 * HOUR)
    step(fail_payout, *key, by=ZHOU, why="came back", at=SILENT_AT + 3 * HOUR)

    assert seen == [
        S.OBJECTION_WINDOW, S.OBJECTED, S.DEEMED_ACCEPTED,
        S.PAYOUT_PROPOSED, S.DEEMED_ACCEPTED, S.PAYOUT_PROPOSED, S.PAYOUT_APPROVED, S.SENT,
        S.FAILED, S.PAYOUT_PROPOSED, S.PAYOUT_APPROVED, S.SENT, S.CONFIRMED,
        S.PAYOUT_PROPOSED, S.PAYOUT_APPROVED, S.SENT, S.CLOSED, S.RETURNED,
    ]  # fmt: skip
    assert [(a, b) for a, b in pairwise(seen) if b not in ALLOWED[a]] == []


PAYOUTS = ("proposed", "approved", "sent", "confirmed", "failed", "returned")


@settings(
    max_examples=200,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    st.sampled_from([None, "issued", "objected", "accepted", "deemed"]),
    st.booleans(),
    st.integers(0, 3),
    st.lists(st.sampled_from(PAYOUTS), max_size=3),
    st.integers(-100, 100),
)
def test_whatever_is_stored_there_is_a_state_and_nothing_open_is_called_over(
    statement: str | None,
    closed: bool,  # noqa: FBT001 - drawn by the test
    lines: int,
    payouts: list[str],
    left: int,
) -> None:
    state = month_state(MonthFacts(statement, closed, lines, tuple(payouts), left))

    assert state in ALLOWED
    if state is S.CLOSED:
        assert not lines
        assert left <= 0
        assert set(payouts) <= {"confirmed"}
    assert set(MONTH_NAMES) == set(MonthState) == set(ALLOWED)


def test_a_day_goes_its_way_and_a_night_cut_off_stands_where_it_stopped(town: Town) -> None:
    statement, _ = eighty_receipts(town)
    day = 20260401
    seen: list[DayState] = []

    def look(*_: object) -> None:
        with town.db.read() as tx:
            state = day_life(tx, HERE, day).state
        if not seen or state is not seen[-1]:
            seen.append(state)

    look()
    run_night(town.db, HERE, day, at=SILENT_AT, after_step=look)
    look()

    assert statement.month == 202603
    assert seen == [
        DayState.OPEN, DayState.CUT_OFF, DayState.INTAKE, DayState.MATCHED, DayState.REVIEWED,
        DayState.BALANCED, DayState.AUDITED, DayState.LOCKED,
    ]  # fmt: skip
    assert day_state("locked", "locked", published=True) is DayState.PUBLISHED
    assert day_state("locked", None, published=False) is DayState.LOCKED


@pytest.mark.parametrize(
    ("run", "state"),
    [("stopped", DayState.FAILED), ("blocked", DayState.FAILED), ("audit_failed", DayState.FAILED)],
)
def test_a_night_that_cannot_go_on_is_a_failed_day(run: str, state: DayState) -> None:
    assert day_state("cut_off", run, published=False) is state
