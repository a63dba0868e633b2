"""Erasing the text of an act while its leaf stays what it was."""

from __future__ import annotations

from typing import Final

from ledger.seal.encoding import commitment_of
from ledger.sql import Sql, Tx

_TEXT: Final = Sql(
    "SELECT salt, before, after, commitment FROM audit"
    " WHERE community_id = :community_id AND audit_id = :audit_id"
)
_ERASE: Final = Sql(
    "UPDATE audit SET salt = :nothing, before = '', after = '', commitment = :commitment"
    " WHERE community_id = :community_id AND audit_id = :audit_id AND commitment IS NULL"
)


def erase_act(tx: Tx, community_id: int, audit_id: int) -> bool:
    """Destroy an act's text and salt for good; its leaf stays what it was. False where that was done before."""
    row = tx.get(_TEXT, community_id=community_id, audit_id=audit_id)
    if row.commitment is not None:
        return False
    kept = commitment_of(bytes(row.salt), row.before, row.after)
    return (
        tx.run(_ERASE, community_id=community_id, audit_id=audit_id, nothing=b"", commitment=kept)
        == 1
    )
