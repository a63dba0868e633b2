"""The appointment calendar: times at which a service is given, each to so many people at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ledger import audit
from ledger.audit import By
from ledger.book.steps import Step
from ledger.errors import Refusal
from ledger.ids import new_id
from ledger.services.items import get_service
from ledger.sql import Row, Sql, Tx

MOST_CAPACITY: Final = 500
MOST_AT_ONCE: Final = 200
MINUTE_US: Final = 60_000_000

_COLUMNS: Final = (
    "SELECT l.slot_id, l.service_id, l.starts_at, l.ends_at, l.capacity, l.taken, l.state, s.name,"
    " s.code, s.provider_id FROM slot l JOIN service s ON s.community_id = l.community_id"
    " AND s.service_id = l.service_id WHERE l.community_id = :community_id"
)
_BETWEEN: Final = Sql(
    f"{_COLUMNS} AND l.starts_at >= :since AND l.starts_at < :until ORDER BY l.starts_at, s.code"
)
_ONE: Final = Sql(f"{_COLUMNS} AND l.slot_id = :slot_id")
_OPEN: Final = Sql(
    "INSERT INTO slot (community_id, slot_id, service_id, starts_at, ends_at, capacity, taken, state)"
    " VALUES (:community_id, :slot_id, :service_id, :starts_at, :ends_at, :capacity, 0, 'on')"
    " ON CONFLICT (community_id, service_id, starts_at) DO NOTHING"
)
_CLOSE: Final = Sql(
    "UPDATE slot SET state = 'off' WHERE community_id = :community_id AND slot_id = :slot_id"
    " AND state = 'on'"
)
_TAKE: Final = Sql(
    "UPDATE slot SET taken = taken + 1 WHERE community_id = :community_id AND slot_id = :slot_id"
    " AND state = 'on' AND taken < capacity"
)
_FREE: Final = Sql(
    "UPDATE slot SET taken = taken - 1 WHERE community_id = :community_id AND slot_id = :slot_id"
    " AND taken > 0"
)


def open_slots(
    tx: Tx,
    community_id: int,
    service_id: int,
    starts: Sequence[int],
    *,
    minutes: int,
    capacity: int,
    by: By,
    at: int,
) -> int:
    """Put times into the calendar, each `minutes` long for `capacity` people; a time that is there already stays.

    `starts` in microseconds UTC; returns how many are new. Refuses: service_not_found, slot_terms.
    """
    get_service(tx, community_id, service_id)
    fits = 0 < minutes <= 24 * 60 and 0 < capacity <= MOST_CAPACITY
    if not fits or not 0 < len(starts) <= MOST_AT_ONCE or min(starts) <= at:
        raise Refusal("slot_terms", most=MOST_CAPACITY, most_at_once=MOST_AT_ONCE)
    opened = sum(
        tx.run(
            _OPEN,
            community_id=community_id,
            slot_id=new_id(at),
            service_id=service_id,
            starts_at=start,
            ends_at=start + minutes * MINUTE_US,
            capacity=capacity,
        )
        for start in starts
    )
    facts: audit.Facts = {"slots": opened, "minutes": minutes, "capacity": capacity}
    audit.record(tx, community_id, by, "slots.open", f"service:{service_id}", at=at, after=facts)
    return opened


def close_slot(tx: Tx, community_id: int, slot_id: int, *, by: By, at: int) -> None:
    """Take no more bookings for a time; who has one keeps it.

    Refuses: slot_not_found.
    """
    if tx.run(_CLOSE, community_id=community_id, slot_id=slot_id) != 1:
        raise Refusal("slot_not_found")
    audit.record(tx, community_id, by, "slot.close", f"slot:{slot_id}", at=at)


def slots_between(tx: Tx, community_id: int, since: int, until: int) -> list[Row]:
    """The calendar from one moment to another (microseconds UTC), with service name, code and provider."""
    return tx.all(_BETWEEN, community_id=community_id, since=since, until=until)


def get_slot(tx: Tx, community_id: int, slot_id: int) -> Row:
    """One time of the calendar.

    Refuses: slot_not_found.
    """
    row = tx.find(_ONE, community_id=community_id, slot_id=slot_id)
    if row is None:
        raise Refusal("slot_not_found")
    return row


def take_step(community_id: int, slot_id: int) -> Step:
    """One place of a time is taken; the guard `slot` misses where none is left."""
    return Step(_TAKE, _params(community_id, slot_id), guard="slot")


def free_step(community_id: int, slot_id: int) -> Step:
    """One place is free again."""
    return Step(_FREE, _params(community_id, slot_id), guard="slot_free")


def _params(community_id: int, slot_id: int) -> dict[str, Any]:
    return {"community_id": community_id, "slot_id": slot_id}
