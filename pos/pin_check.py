"""The holder's six digits, checked before a sale is written (hashing is slow on purpose and must hold no lock)."""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger.errors import Refusal
from ledger.members import pins
from ledger.sql import Sql, Tx
from pos.desk import Desk

_HOLDER: Final = Sql(
    "SELECT person_id FROM card WHERE community_id = :community_id AND serial = :serial AND state = 'active'"
)
_SHOWN: Final = Sql(
    "INSERT INTO pin_shown (community_id, request_id, person_id, shown_at)"
    " SELECT community_id, :request_id, person_id, :at FROM card WHERE community_id = :community_id"
    " AND serial = :serial AND person_id IS NOT NULL ON CONFLICT (community_id, request_id) DO NOTHING"
)


class PinAsked(NamedTuple):
    """Whose PIN was typed where."""

    community_id: int
    card_serial: int
    digits: str
    terminal_id: int


def check_pin(desk: Desk, asked: PinAsked, *, at: int) -> bool:
    """True where the PIN is right; refuses pin_wrong, pin_locked, pin_not_set, card_not_active."""
    with desk.db.read() as tx:
        row = tx.find(_HOLDER, community_id=asked.community_id, serial=asked.card_serial)
    if row is None or row.person_id is None:
        raise Refusal("card_not_active", state="unknown")
    pins.check_pin(
        desk.db, asked.community_id, int(row.person_id), asked.digits, pepper=desk.pepper, at=at
    )
    return True


def note_pin(tx: Tx, community_id: int, card_serial: int, request_id: str, *, at: int) -> None:
    """Keep that the PIN was typed for this request; once, however often it is sent."""
    tx.run(_SHOWN, community_id=community_id, serial=card_serial, request_id=request_id, at=at)
