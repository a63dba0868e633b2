"""Batches of tills that were refused: kept as they came, with why, and shown to the office."""

from __future__ import annotations

import hashlib
from typing import Final

from ledger.sql import Row, Sql, Tx
from settlement.batches import StoredFile, keep_file

_KEEP: Final = Sql(
    "INSERT INTO claim_refused (community_id, sha256, code, claimant_id, terminal_id, batch_no,"
    " business_date, refused_at) VALUES (:community_id, :sha256, :code, :claimant_id, :terminal_id,"
    " :batch_no, :business_date, :at) ON CONFLICT (community_id, sha256, code) DO NOTHING"
)
_SINCE: Final = Sql(
    "SELECT sha256, code, claimant_id, terminal_id, batch_no, business_date, refused_at"
    " FROM claim_refused WHERE community_id = :community_id AND refused_at >= :since"
    " ORDER BY refused_at DESC, sha256 LIMIT :most"
)


def keep_refused(
    tx: Tx,
    community_id: int,
    batch: tuple[int, int, int, int],
    code: str,
    file: StoredFile,
    *,
    at: int,
) -> None:
    """Keep a refused batch (shop, till, number, yyyymmdd) with its file; the same again is kept once."""
    claimant_id, terminal_id, batch_no, business_date = batch
    keep_file(tx, community_id, file, at=at)
    tx.run(
        _KEEP,
        community_id=community_id,
        sha256=hashlib.sha256(file.body).digest(),
        code=code,
        claimant_id=claimant_id,
        terminal_id=terminal_id,
        batch_no=batch_no,
        business_date=business_date,
        at=at,
    )


def refused_since(tx: Tx, community_id: int, *, since: int, most: int = 50) -> list[Row]:
    """Refused batches since a moment (microseconds UTC), newest first."""
    return tx.all(_SINCE, community_id=community_id, since=since, most=most)
