"""How a discrepancy ages: values in, the steps it has reached out; the night keeps them, the office shows them."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple

from settlement.handling import COMMITTEE_DAYS, ESCALATE_DAYS, OWNER_DAYS
from settlement.words import mark


class Step(StrEnum):
    """What a discrepancy has come to by waiting, in this order."""

    UNOWNED = "unowned"
    OVERDUE = "overdue"
    ESCALATED = "escalated"
    COMMITTEE = "committee"


STEP_NAMES: Final[dict[Step, str]] = {
    Step.UNOWNED: mark("nobody looks after it yet"),
    Step.OVERDUE: mark("the answer is overdue"),
    Step.ESCALATED: mark("the secretary is told"),
    Step.COMMITTEE: mark("before the committee"),
}


class Life(StrEnum):
    """Where a discrepancy stands between OPEN and CLOSED; the last two end it without a person."""

    OPEN = "OPEN"
    ASSIGNED = "ASSIGNED"
    WAITING_PARTY = "WAITING_PARTY"
    WAITING_RESIDENT = "WAITING_RESIDENT"
    WAITING_BANK = "WAITING_BANK"
    PROPOSED = "PROPOSED"
    POSTED = "POSTED"
    CLOSED = "CLOSED"
    AUTO_CLEARED = "AUTO_CLEARED"
    CARRIED = "CARRIED"


class Aged(NamedTuple):
    """What ageing looks at: the day it was found, the day an answer is due, and whether somebody looks after it."""

    found: date
    due: date
    has_owner: bool
    escalate_days: int = ESCALATE_DAYS


def steps_reached(aged: Aged, today: date) -> tuple[Step, ...]:
    """The steps an unsettled discrepancy has reached by `today`, the mildest first.

    An answer is overdue the day after it was due; telling on counts calendar days from the night that found it.
    """
    days = (today - aged.found).days
    reached = {
        Step.UNOWNED: not aged.has_owner and days > OWNER_DAYS,
        Step.OVERDUE: today > aged.due,
        Step.ESCALATED: days >= aged.escalate_days,
        Step.COMMITTEE: days >= COMMITTEE_DAYS,
    }
    return tuple(step for step, is_reached in reached.items() if is_reached)


def role_in_charge(owner_role: str, reached: tuple[Step, ...]) -> str:
    """Whose turn it is: the role of the table, from the seventh day the secretary, from the fifteenth the committee."""
    if Step.COMMITTEE in reached:
        return "committee"
    return "secretary" if Step.ESCALATED in reached else owner_role


_WAITS: Final = {"resident": Life.WAITING_RESIDENT, "bank": Life.WAITING_BANK}


def life_of(
    state: str, *, has_owner: bool, waits_for: str = "shop", is_posted: bool = False
) -> Life:
    """The life's word for a row's state (see `settlement.tables`).

    `waits_for`: shop, resident or bank, whom somebody asked; `is_posted`: the decision moved points or yuan.
    """
    if state == "open":
        return Life.ASSIGNED if has_owner else Life.OPEN
    if state == "asked":
        return _WAITS.get(waits_for, Life.WAITING_PARTY)
    if state == "decided":
        return Life.POSTED if is_posted else Life.CLOSED
    return {
        "proposed": Life.PROPOSED,
        "auto_cleared": Life.AUTO_CLEARED,
        "pooled": Life.CARRIED,
    }[state]
