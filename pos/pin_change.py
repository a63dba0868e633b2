"""A holder changes their PIN: the old one is asked for, wherever they stand, and they are told that it was changed."""

from __future__ import annotations

from ledger.audit import By
from ledger.book.steps import apply
from ledger.database import Database
from ledger.members import pins
from ledger.members.hashing import STANDARD, Cost
from ledger.sql import Tx
from pos.notices import PIN_CHANGED, tell_step


def change_pin(  # noqa: PLR0913 - two PINs, whose, and how they are kept
    db: Database,
    community_id: int,
    person_id: int,
    old: str,
    new: str,
    *,
    pepper: bytes,
    by: By,
    at: int,
    cost: Cost = STANDARD,
) -> None:
    """Set `new` where `old` is right; a wrong `old` is a try as at any till, and enough of them lock the PIN.

    Refuses pin_not_set, pin_locked, pin_shape, pin_wrong, pin_trivial, pin_same, resident_not_found.
    """
    # A try comes first: whoever does not know the old PIN learns nothing from how the new one is judged.
    pins.check_pin(db, community_id, person_id, old, pepper=pepper, at=at)

    def work(tx: Tx) -> None:
        pins.replace_pin(
            tx, community_id, person_id, old, new, pepper=pepper, by=by, at=at, cost=cost
        )
        apply(tx, [tell_step(community_id, person_id, PIN_CHANGED, "", at=at)])

    db.write(work)
