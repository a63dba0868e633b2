"""The alarm of a book that lacks what a till was told: it was put back from an older copy, and nobody said so."""

from __future__ import annotations

from typing import Final

from ledger import audit
from ledger.audit import By
from ledger.recovery.epochs import find_open
from ledger.sql import Sql, Tx

ACT: Final = "recovery.behind"

_KNOWN: Final = Sql(
    "SELECT outcome FROM request WHERE community_id = :community_id AND request_id = :request_id"
)
_KEEP: Final = Sql(
    "INSERT INTO recovery_behind (community_id, terminal_id, request_id, noticed_at)"
    " VALUES (:community_id, :terminal_id, :request_id, :at)"
    " ON CONFLICT (community_id, terminal_id, request_id) DO NOTHING"
)
_OPEN: Final = Sql(
    "SELECT count(*) AS tills FROM recovery_behind b WHERE b.community_id = :community_id"
    " AND b.noticed_at > coalesce((SELECT max(r.opened_at) FROM recovery r"
    " WHERE r.community_id = :community_id), 0)"
)


def is_missing(tx: Tx, community_id: int, request_id: str) -> bool:
    """Whether the book does not know a write that a till was answered, although nobody is bringing anything back."""
    if tx.find(_KNOWN, community_id=community_id, request_id=request_id) is not None:
        return False
    return find_open(tx, community_id) is None


def note_missing(tx: Tx, community_id: int, terminal_id: int, request_id: str, *, at: int) -> bool:
    """Keep the alarm, once for each till and write, as a row and as a sealed act; True where it is new."""
    if not is_missing(tx, community_id, request_id):
        return False
    here = {"community_id": community_id, "terminal_id": terminal_id}
    if tx.run(_KEEP, **here, request_id=request_id, at=at) != 1:
        return False
    by, facts = By("terminal", terminal_id), {"request": request_id}
    audit.record(tx, community_id, by, ACT, f"terminal:{terminal_id}", at=at, after=facts)
    return True


def count_alarms(tx: Tx, community_id: int) -> int:
    """How many alarms no recovery has answered yet."""
    return int(tx.get(_OPEN, community_id=community_id).tills)
