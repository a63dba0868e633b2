"""Queues of differences: which of them somebody sees together, from values to bounds on their numbers.

A difference's number begins with the day that found it, so an age is a bound on numbers.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, NamedTuple

from ledger.earning.calendar import day_key
from settlement.handling import COMMITTEE_DAYS, ESCALATE_DAYS, HANDLING, SOON_DAYS
from settlement.verdicts import Code

AGES: Final = ("due", "3", "7", "15")
"""`due`: an answer is due today or was before; else found so many days ago or longer."""
STATES: Final = ("open", "asked", "proposed", "pooled")
_PER_DAY: Final = 1_000_000
_NEVER: Final = 10**15


class Queue(NamedTuple):
    """What is looked at together; '' and 0 leave a filter open. `state` '' is whatever somebody still has to act on."""

    code: str = ""
    role: str = ""
    shop: int = 0
    age: str = ""
    state: str = ""
    owner: int = 0


class Bounds(NamedTuple):
    """A queue as a query asks for it.

    Numbers below `below`; whose turn it is: numbers from `turn_from` until before `turn_until` whatever their code,
    from `fresh_from` on those whose code stands in `codes`, and from `soon_from` until before `soon_until` those told
    on soon whose code stands in `soon`. `due_until` is a day (yyyymmdd).
    """

    below: int
    turn_from: int
    turn_until: int
    fresh_from: int
    codes: str
    due_until: int
    soon_from: int = _NEVER
    soon_until: int = 0
    soon: str = ""


def bounds_of(queue: Queue, today: date) -> Bounds:
    """The bounds of a queue on a day: roles as they pass on by age (see `settlement.ageing.role_in_charge`)."""
    told, committee = _since(today, ESCALATE_DAYS), _since(today, COMMITTEE_DAYS)
    at_once = _since(today, SOON_DAYS)
    own = [code for code in Code if HANDLING[code].owner_role == queue.role]
    soon = [code for code in Code if HANDLING[code].escalate_days == SOON_DAYS]
    codes = " ".join(code for code in own if code not in soon)
    below, due_until = _NEVER, 99_999_999
    if queue.age == "due":
        due_until = day_key(today)
    elif queue.age:
        below = _since(today, int(queue.age))
    if not queue.role:
        return Bounds(below, 0, _NEVER, _NEVER, "", due_until)
    if queue.role == "committee":
        return Bounds(below, 0, committee, _NEVER, "", due_until)
    if queue.role == "secretary":
        return Bounds(below, committee, told, told, codes, due_until, told, at_once, " ".join(soon))
    mine = " ".join(code for code in own if code in soon)
    return Bounds(below, 0, 0, told, codes, due_until, at_once, _NEVER, mine)


def _since(today: date, days: int) -> int:
    """The first number that is younger than `days` on `today`."""
    return (day_key(today - timedelta(days=days)) + 1) * _PER_DAY
