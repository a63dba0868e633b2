"""How much of a shop's claims is still an open question, for the first line of its till."""

from __future__ import annotations

from typing import Final

from ledger.sql import Sql, Tx

_COUNT: Final = Sql(
    "SELECT count(*) AS n FROM discrepancy WHERE community_id = :community_id"
    " AND claimant_id = :claimant_id AND state IN ('open', 'asked', 'proposed')"
    # How a payment went is the office's question to the bank, not one about claims.
    " AND code NOT IN ('P1', 'P2', 'P3', 'P4')"
)


def count_open(tx: Tx, community_id: int, claimant_id: int) -> int:
    """Differences between the shop's claims and the book that nobody has decided yet."""
    return int(tx.get(_COUNT, community_id=community_id, claimant_id=claimant_id).n)
