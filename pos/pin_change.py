"""A holder changes their PIN: the old one is asked for, wherever they stand, and they are told that it was changed."""

from __future__ import annotations

from typing import Final

from ledger.audit import By
from ledger.book import requests
from ledger.book.steps import apply
from ledger.database import Database
from ledger.errors import GuardMissedError, Refusal
from ledger.members import pins
from ledger.members.hashing import STANDARD, Cost
from ledger.sql import Tx
from pos.notices import PIN_CHANGED, tell_step

_KIND: Final = "pin_change"


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
    request_id: str = "",
) -> None:
    """Set `new` where `old` is right; a wrong `old` is a try as at any till, and enough of them lock the PIN.

    `request_id`: the same one again, after its answer was lost or at the same moment, changes nothing more; only where
    it was done is it answered as done.
    Refuses pin_not_set, pin_locked, pin_shape, pin_wrong, pin_trivial, pin_same, resident_not_found,
    request_id_reused.
    """
    body_hash = requests.hash_of({"person_id": person_id})

    def was_done(tx: Tx) -> bool:
        if not request_id:
            return False
        return requests.find_answer(tx, community_id, request_id, _KIND, body_hash) is not None

    with db.read() as tx:
        if was_done(tx):
            return

    def work(tx: Tx) -> None:
        pins.replace_pin(
            tx, community_id, person_id, old, new, pepper=pepper, by=by, at=at, cost=cost
        )
        steps = [tell_step(community_id, person_id, PIN_CHANGED, "", at=at)]
        if request_id:
            # The digits stay out of what is kept: a hash over six digits could be guessed.
            steps.append(
                requests.keep_step(
                    community_id, request_id, _KIND, body_hash, at=at, response={"changed": True}
                )
            )
        apply(tx, steps)

    try:
        # A try comes first: whoever does not know the old PIN learns nothing from how the new one is judged.
        pins.check_pin(db, community_id, person_id, old, pepper=pepper, at=at)
        db.write(work)
    except (Refusal, GuardMissedError):
        # The same press twice: the other one has changed it meanwhile, and what was right then is wrong by now. Looked
        # for where it is written: what a reader sees may be a moment older than what was refused for it.
        if not db.write(was_done):
            raise
