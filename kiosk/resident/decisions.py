"""Points taken by a decision, as their owner reads it: how many, for what, why, and until when to object."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from kiosk.pages import points, say
from kiosk.texts import mark
from ledger.awards.lists import deductions_for
from ledger.earning.calendar import day_from_key, day_key
from ledger.earning.scheme import Scheme
from ledger.earning.scheme_parts import Item
from ledger.expiry.plan import kinds_of
from ledger.members.residents import Resident
from ledger.members.terms import Terms
from ledger.sql import Row, Tx

MOST = 5
_PRIVATE = mark("the reason is told to you alone, at the community office")


class Decision(NamedTuple):
    """One deduction; days are yyyymmdd, amounts as written. `reason` is empty where it is told at the desk alone."""

    day: int
    what: str
    taken: str
    kind: str
    reason: str
    let_go: str
    owed: str
    object_until: int


def decisions_for(tx: Tx, here: Terms, who: Resident) -> list[Decision]:
    """The latest deductions of this resident and their household, newest first."""
    rows = deductions_for(
        tx,
        here.community.id,
        person_id=who.person_id,
        household_id=who.household_id,
        most=MOST,
    )
    return [_decision(here, row) for row in rows]


def _decision(here: Terms, row: Row) -> Decision:
    scheme = here.scheme_on(int(row.happened_on))
    item = scheme.get_item(row.item_code)
    kind = next(kind for kind in kinds_of(scheme) if kind.commodity == row.commodity)

    def amount(units: int) -> str:
        return points(int(units), kind.precision) if units else ""

    return Decision(
        day=int(row.business_date),
        what=say(_PRIVATE) if row.is_private else item.name,
        taken=points(-int(row.booked_units), kind.precision),
        kind=kind.name,
        reason="" if row.is_private else row.reason,
        let_go=amount(row.dropped_units),
        owed=amount(row.owed_units),
        object_until=_object_until(scheme, item, int(row.business_date)),
    )


def _object_until(scheme: Scheme, item: Item, told_on: int) -> int:
    """The last day to object: as many days as the item gives, else the scheme's notices; 0 where neither says."""
    days = item.appeal_days or (scheme.publicity.objection_days if scheme.publicity else 0)
    return day_key(day_from_key(told_on) + timedelta(days=days)) if days else 0
