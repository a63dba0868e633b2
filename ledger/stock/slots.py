"""Time slots for a good that everybody wants at once: so many pieces in each half hour, ordered ahead.

A hundred and fifty people do not run for forty trays of eggs: each order lies in a slot, and the shelf never promises
more pieces in a slot than the volunteer gave it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.clock import SECOND_US
from ledger.earning.calendar import business_date, day_key
from ledger.errors import Refusal
from ledger.ids import new_id
from ledger.members.communities import get_community
from ledger.sql import Row, Sql, Tx
from ledger.stock.booking import today
from ledger.stock.goods import MOST_STOCK, get_good

_MINUTE_US: Final = 60 * SECOND_US
MOST_SLOTS: Final = 48
_MOST_MINUTES: Final = 240

_PUT: Final = Sql(
    "INSERT INTO good_slot (community_id, slot_id, good_id, business_date, from_at, to_at, capacity, taken, set_at)"
    " VALUES (:community_id, :slot_id, :good_id, :business_date, :from_at, :to_at, :capacity, 0, :at)"
)
_MEETS: Final = Sql(
    "SELECT min(from_at) AS from_at FROM good_slot WHERE community_id = :community_id AND good_id = :good_id"
    " AND from_at < :to_at AND to_at > :from_at"
)
_COMING: Final = Sql(
    "SELECT slot_id, good_id, business_date, from_at, to_at, capacity, taken FROM good_slot"
    " WHERE community_id = :community_id AND good_id = :good_id AND to_at > :at ORDER BY from_at"
)
_ONE: Final = Sql(
    "SELECT slot_id, good_id, business_date, from_at, to_at, capacity, taken FROM good_slot"
    " WHERE community_id = :community_id AND slot_id = :slot_id"
)
_FREE: Final = Sql(
    "SELECT slot_id, good_id, business_date, from_at, to_at, capacity, taken FROM good_slot"
    " WHERE community_id = :community_id AND good_id = :good_id AND to_at > :at AND capacity - taken >= :pieces"
    " ORDER BY from_at LIMIT 1"
)
_TAKE: Final = Sql(
    "UPDATE good_slot SET taken = taken + :pieces WHERE community_id = :community_id AND slot_id = :slot_id"
    " AND taken + :pieces <= capacity"
)
_GIVE_BACK: Final = Sql(
    "UPDATE good_slot SET taken = taken - :pieces WHERE community_id = :community_id AND slot_id = :slot_id"
    " AND taken >= :pieces"
)
_TODAY: Final = Sql(
    "SELECT max(slot_id) AS slot_id FROM good_slot WHERE community_id = :community_id AND good_id = :good_id"
    " AND business_date = :day AND to_at > :at"
)
_DROP: Final = Sql(
    "DELETE FROM good_slot WHERE community_id = :community_id AND slot_id = :slot_id AND taken = 0"
)


class NewSlots(NamedTuple):
    """Slots of `minutes` each from `from_at` until `to_at` (microseconds UTC), `pieces` in each."""

    good_id: int
    from_at: int
    to_at: int
    minutes: int
    pieces: int


def open_slots(tx: Tx, community_id: int, new: NewSlots, *, by: By, at: int) -> int:
    """Divide a time into slots; gives how many there are. What does not fill a slot at the end is none.

    Refuses: good_not_found, slots_not_fast (the good is not marked as one that goes fast), slots_wrong (no slot fits,
    too many, over already, or no pieces), slots_meet (with the slot that is there).
    """
    good = get_good(tx, community_id, new.good_id)
    if not good.is_fast:
        raise Refusal("slots_not_fast", good=good.code)
    step = new.minutes * _MINUTE_US
    count = (new.to_at - new.from_at) // step if 0 < new.minutes <= _MOST_MINUTES else 0
    if not 0 < count <= MOST_SLOTS or new.to_at <= at or not 0 < new.pieces <= MOST_STOCK:
        raise Refusal("slots_wrong", most=MOST_SLOTS)
    here = {"community_id": community_id, "good_id": new.good_id}
    last = new.from_at + count * step
    meets = tx.get(_MEETS, **here, from_at=new.from_at, to_at=last).from_at
    if meets is not None:
        raise Refusal("slots_meet", slot_at=int(meets))
    zone = get_community(tx, community_id).timezone
    for start in range(new.from_at, last, step):
        row = {"slot_id": new_id(at), "business_date": day_key(business_date(start, zone))}
        times = {"from_at": start, "to_at": start + step, "capacity": new.pieces, "at": at}
        tx.run(_PUT, **here, **row, **times)
    facts: audit.Facts = {"from_at": new.from_at, "slots": count, "pieces": new.pieces}
    audit.record(tx, community_id, by, "good.slots", f"good:{new.good_id}", at=at, after=facts)
    return count


def drop_slot(tx: Tx, community_id: int, slot_id: int, *, by: By, at: int) -> None:
    """Take a slot away that nobody has ordered in. Refuses: slot_gone (there is none, or somebody has)."""
    if tx.run(_DROP, community_id=community_id, slot_id=slot_id) != 1:
        raise Refusal("slot_gone")
    audit.record(tx, community_id, by, "good.slot_drop", f"slot:{slot_id}", at=at)


def coming_slots(tx: Tx, community_id: int, good_id: int, *, at: int) -> list[Row]:
    """The slots that are not over: slot_id, from_at, to_at, capacity, taken, the next one first."""
    return tx.all(_COMING, community_id=community_id, good_id=good_id, at=at)


def next_free(tx: Tx, community_id: int, good_id: int, pieces: int, *, at: int) -> Row | None:
    """The next slot that has so many pieces left."""
    return tx.find(_FREE, community_id=community_id, good_id=good_id, pieces=pieces, at=at)


def take_slot(
    tx: Tx, community_id: int, good: Row, pieces: int, *, slot_id: int | None, at: int
) -> Row:
    """Take pieces of a slot, the next free one where none is named; gives the slot.

    Refuses: good_slot_full (with the next free one), slots_full (none of them has so many), slot_gone.
    """
    here = {"community_id": community_id}
    free = next_free(tx, community_id, int(good.good_id), pieces, at=at)
    if slot_id is None:
        if free is None:
            raise Refusal("slots_full", good=good.code, asked=pieces)
        chosen = free
    else:
        found = tx.find(_ONE, **here, slot_id=slot_id)
        if found is None or found.good_id != good.good_id or found.to_at <= at:
            raise Refusal("slot_gone")
        chosen = found
    if tx.run(_TAKE, **here, slot_id=chosen.slot_id, pieces=pieces) != 1:
        # Somebody else took the last of it, at this moment or before.
        free = next_free(tx, community_id, int(good.good_id), pieces, at=at)
        if free is None:
            raise Refusal("slots_full", good=good.code, asked=pieces)
        raise Refusal("good_slot_full", good=good.code, next_at=int(free.from_at))
    return chosen


def give_back_slot(tx: Tx, community_id: int, slot_id: int, pieces: int) -> None:
    """An order was given up: its pieces of the slot are free again."""
    tx.run(_GIVE_BACK, community_id=community_id, slot_id=slot_id, pieces=pieces)


def check_slot_not_needed(tx: Tx, community_id: int, good: Row, pieces: int, *, at: int) -> None:
    """Refuse handing a fast good out without an order while its slots of today last.

    Refuses: slot_needed (with the next free slot), slots_full.
    """
    if not good.is_fast:
        return
    day = today(tx, community_id, at)
    here = {"community_id": community_id, "good_id": int(good.good_id)}
    if tx.get(_TODAY, **here, day=day, at=at).slot_id is None:
        return
    free = next_free(tx, community_id, int(good.good_id), pieces, at=at)
    if free is None:
        raise Refusal("slots_full", good=good.code, asked=pieces)
    raise Refusal("slot_needed", good=good.code, next_at=int(free.from_at))
