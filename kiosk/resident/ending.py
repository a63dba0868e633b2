"""Points that will lapse, as their owner reads it: how many, until when, and how they can be used before."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from kiosk.pages import day_text, points, say, whole_points
from kiosk.texts import mark
from ledger.earning.calendar import day_from_key, day_key
from ledger.earning.due_dates import next_window_day
from ledger.earning.scheme import Scheme
from ledger.earning.working_days import working_days_cn
from ledger.expiry.lists import announced_to
from ledger.expiry.plan import PointKind, kinds_of
from ledger.members.residents import Resident
from ledger.members.terms import Terms
from ledger.sql import Tx
from pos.desk import rules_on


class Ending(NamedTuple):
    """So many points of a kind end after `last_day` (yyyymmdd); `ways` to use them before."""

    amount: str
    name: str
    last_day: int
    ways: list[str]


_WAYS = (
    mark("at partner shops, off the price ({rate} points = 1 yuan)"),
    mark("for goods and services at the points counter, next open on {day}"),
    mark("for goods and services at the points counter"),
)


def ending_points(tx: Tx, here: Terms, who: Resident, day: int) -> list[Ending]:
    """What this resident was told will lapse, of every kind of points, theirs and their household's."""
    scheme = here.scheme_on(day)
    found = []
    for kind in kinds_of(scheme):
        owner = who.household_id if kind.of_household else who.person_id
        for told in announced_to(tx, here.community.id, owner, kind.commodity):
            amount = points(told.units, kind.precision)
            ways = ways_to_use(here, scheme, kind, day_from_key(day))
            found.append(Ending(amount, kind.name, told.last_day, ways))
    return sorted(found, key=lambda ending: ending.last_day)


def ways_to_use(
    here: Terms, scheme: Scheme, kind: PointKind, today: date, *, lasting: bool = False
) -> list[str]:
    """How points of a kind can be used, in words; `lasting`: on paper, which may be read days later."""
    at_shops, at_counter_on, at_counter = _WAYS
    ways = []
    offset = scheme.find_offset("merchant_purchase")
    if offset is not None and offset.point_type == kind.code:
        rate = units_per_fen_on(here, day_key(today)) * 100
        ways.append(say(at_shops).format(rate=whole_points(rate)))
    if any(reward.point_type == kind.code for reward in scheme.rewards):
        opens = next_window_day(scheme.windows, today, working_days_cn())
        if opens is None or lasting:
            ways.append(say(at_counter))
        else:
            ways.append(say(at_counter_on).format(day=day_text(day_key(opens))))
    return ways


def units_per_fen_on(here: Terms, day: int) -> int:
    """Units that take one fen off a purchase; 0 where the scheme has no rules for shops."""
    try:
        return rules_on(here, day).units_per_fen
    except LookupError:
        return 0
