"""Differences, a month of nights and a second community for page tests."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.ids import new_id
from settlement.claims import file_daybook
from settlement.closing import run_month
from settlement.night import run_night
from settlement.statements import statements_of_month
from tests.support.night_plant import (
    HOUR,
    Planter,
    book,
    daybook,
    midnight,
    next_day,
    reserve_cover,
)
from tests.support.pages_town import Served
from tests.support.town import HERE

FIRST = 20260302
LAST_OF_MARCH = 20260331


@dataclass(frozen=True)
class Planted:
    """References of one night's faults by code."""

    refs: dict[str, str]


def one_night(served: Served, seed: int = 5) -> Planted:
    """A day with one fault of each kind, and its night; the clock then stands at the next morning."""
    town = served.town
    town.grant(3, 10**8)
    planter = Planter(town.tills, seed)
    day = planter.plant(planter.plain(FIRST, 6), 1)
    reserve_cover(town, 100_000)
    book(town, day.booked, person=3)
    for till in town.tills:
        lines = day.filed.get(till.code, [])
        file_daybook(
            town.db,
            HERE,
            till.terminal_id,
            daybook(FIRST, 1, lines),
            at=midnight(FIRST) + 22 * HOUR,
        )
    run_night(town.db, HERE, FIRST, at=midnight(next_day(FIRST)) + 2 * HOUR)
    town.at = midnight(next_day(FIRST)) + 9 * HOUR
    return Planted({planted.code: planted.ref for planted in day.truth})


def close_march(served: Served) -> dict[int, int]:
    """The nights up to the end of March and the month's statements; shop to statement id."""
    town = served.town
    one_night(served)
    day = next_day(FIRST)
    while day <= LAST_OF_MARCH:
        run_night(town.db, HERE, day, at=midnight(next_day(day)) + 2 * HOUR)
        day = next_day(day)
    town.at = midnight(day) + 9 * HOUR
    run_month(town.db, HERE, 202603, at=town.at)
    with town.db.read() as tx:
        found = statements_of_month(tx, HERE, 202603)
    return {row.claimant_id: row.statement_id for row in found}


def stranger_id(served: Served) -> int:
    """A number no row of this community has."""
    return new_id(served.town.at) + 1
