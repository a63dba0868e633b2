"""Where the slips go: each owner's door, what they have left, and the day a slip brought today may promise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from ledger.book.unspent import unspent
from ledger.expiry.plan import Plan, PointKind
from ledger.expiry.promised import promised_before
from ledger.expiry.slips import SlipKey, promised_day, slips_waiting
from ledger.expiry.store import among, given
from ledger.sql import Row, Tx

_TEXT: Final = (
    "SELECT l.owner_id, h.code, h.building, h.unit, i.name"
    " FROM (SELECT r.community_id, r.household_id, r.person_id, r.state, r.{column} AS owner_id"
    "  FROM resident r WHERE r.community_id = :community_id) l"
    " JOIN household h ON h.community_id = l.community_id AND h.household_id = l.household_id"
    " LEFT JOIN person_identity i ON i.community_id = l.community_id"
    "  AND i.person_id = l.person_id AND l.state = 'active'"
    " WHERE h.community_id = :community_id{{only}} ORDER BY l.owner_id, l.person_id"
)
_PERSONS: Final = among(_TEXT.format(column="person_id"))
_HOUSEHOLDS: Final = among(_TEXT.format(column="household_id"))


class Door(NamedTuple):
    """Where an owner lives, and who opens: the names of those who take part, in full."""

    building: str
    unit: str
    code: str
    names: tuple[str, ...]


NOWHERE: Final = Door("", "", "", ())
"""Nobody of this owner is registered any more."""


class Slip(NamedTuple):
    """One slip to bring: units still there, and the last day it may name where it is brought today."""

    door: Door
    key: SlipKey
    kind: PointKind
    units: int
    last_day: int


def open_slips(tx: Tx, community_id: int, plan: Plan) -> list[Slip]:
    """Every slip nobody has brought, in the order of the doors; none for whom nothing is left."""
    found = list[Slip]()
    rows = slips_waiting(tx, community_id)
    for kind in plan.kinds:
        own = [row for row in rows if row.commodity == kind.commodity]
        left = _left(tx, community_id, kind.commodity, own)
        doors = doors_of(
            tx,
            community_id,
            sorted({int(row.owner_id) for row in own}),
            of_households=kind.of_household,
        )
        for row in own:
            key = SlipKey(*(int(value) for value in row[:4]))
            units = min(int(row.units), left.get((key.owner_id, key.earned_until), 0))
            if units > 0:
                door = doors.get(key.owner_id, NOWHERE)
                found.append(Slip(door, key, kind, units, promised_day(row, plan.day)))
    return sorted(found)


def doors_of(
    tx: Tx, community_id: int, owners: Sequence[int], *, of_households: bool
) -> dict[int, Door]:
    """The doors of some households, or of some persons."""
    text = (_HOUSEHOLDS if of_households else _PERSONS)[tx.dialect]
    doors: dict[int, Door] = {}
    for row in tx.all(text, community_id=community_id, owners=given(tx, owners)):
        known = doors.get(int(row.owner_id), Door(row.building, row.unit, row.code, ()))
        names = (*known.names, row.name) if row.name else known.names
        doors[int(row.owner_id)] = known._replace(names=names)
    return doors


def _left(
    tx: Tx, community_id: int, commodity: int, rows: Sequence[Row]
) -> dict[tuple[int, int], int]:
    """By owner and cut: what is left of it, without what lapses on earlier days."""
    by_cut: dict[int, list[int]] = {}
    for row in rows:
        by_cut.setdefault(int(row.earned_until), []).append(int(row.owner_id))
    left: dict[tuple[int, int], int] = {}
    for cut, owners in by_cut.items():
        promised = promised_before(tx, community_id, commodity, cut, owners)
        for wallet in unspent(tx, community_id, commodity, cut, owners):
            left[wallet.owner_id, cut] = wallet.units - promised[wallet.owner_id]
    return left
