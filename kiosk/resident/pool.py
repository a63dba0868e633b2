"""A shared pool as its members may see it: each their own lines, the head what each month came to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from kiosk.pages import month_text, points, say
from kiosk.texts import mark
from ledger.households.homes import active_members
from ledger.households.limits import limit_of
from ledger.households.lists import month_totals
from ledger.members import households, residents
from ledger.members.masking import mask_name
from ledger.members.residents import Resident
from ledger.members.terms import Terms
from ledger.sql import Row, Tx

PARTNER: Final = mark("a partner shop")
"""What every shop is called on a line that is nobody's own: a pharmacy is nobody else's business."""


class Month(NamedTuple):
    """One member's month, as the head sees it: sums alone, no shop, no goods, no time of day."""

    month: str
    who: str
    came: str
    went: str


class Own(NamedTuple):
    """What the head lets this member use; '' where there is no limit."""

    limit: str
    left: str
    later: str


def own_rows(rows: Iterable[Row], person_id: int) -> list[Row]:
    """The lines of this member, and those that are the household's alone; nobody else's."""
    return [row for row in rows if row.person_id is None or row.person_id == person_id]


def own_limit(tx: Tx, here: Terms, who: Resident, *, day: int) -> Own:
    """This member's limit for the month that runs."""
    found = limit_of(tx, here.community.id, who.household_id, who.person_id, month=day // 100)
    precision = here.shown.precision

    def told(units: int | None) -> str:
        return "" if units is None else points(units, precision)

    left = None if found.units is None else max(0, found.units - found.used)
    later = month_text(found.next_month) if found.next_month else ""
    return Own(
        told(found.units), told(left), later and f"{later}{say(mark(': '))}{told(found.next_units)}"
    )


def months_for_head(tx: Tx, here: Terms, who: Resident, *, day: int) -> list[Month]:
    """For the head alone: what each member's points came to, month by month; else nothing."""
    home = households.get_household(tx, here.community.id, who.household_id)
    if home.head_person_id != who.person_id:
        return []
    precision = here.shown.precision
    rows: list[Any] = month_totals(
        tx, here.community.id, who.household_id, here.shown.commodity, since=_three_back(day)
    )
    return [
        Month(
            month_text(int(row.month)),
            _name(tx, here, row.person_id),
            points(int(row.came), precision),
            points(int(row.went), precision),
        )
        for row in rows
    ]


def heads_others(tx: Tx, here: Terms, who: Resident) -> bool:
    """Whether this is the head of a household with others in it, who may be given limits."""
    home = households.get_household(tx, here.community.id, who.household_id)
    if home.head_person_id != who.person_id:
        return False
    return len(active_members(tx, here.community.id, who.household_id)) > 1


def _name(tx: Tx, here: Terms, person_id: int | None) -> str:
    if person_id is None:
        return say(mark("the household"))
    name = residents.identity_of(tx, here.community.id, int(person_id)).name
    return mask_name(name) or say(mark("name deleted"))


def _three_back(day: int) -> int:
    months = day // 10_000 * 12 + day // 100 % 100 - 1 - 2
    return months // 12 * 10_000 + (months % 12 + 1) * 100
