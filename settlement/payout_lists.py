"""Which payouts and statements wait for somebody."""

from __future__ import annotations

from typing import Final

from ledger.sql import Row, Sql, Tx

# What failed is proposed again as the same payout, so only a cancelled one counts no longer.
_TO_PAY: Final = Sql(
    "SELECT s.statement_id, s.claimant_id, s.month, s.payable_fen - coalesce("
    "(SELECT sum(p.amount_fen) FROM payout p WHERE p.community_id = s.community_id"
    " AND p.statement_id = s.statement_id AND p.state <> 'cancelled'), 0) AS due_fen FROM statement s"
    " WHERE s.community_id = :community_id AND s.state IN ('accepted', 'deemed')"
    " AND s.payable_fen > coalesce((SELECT sum(p.amount_fen) FROM payout p"
    " WHERE p.community_id = s.community_id AND p.statement_id = s.statement_id"
    " AND p.state <> 'cancelled'), 0)"
    " ORDER BY s.month, s.claimant_id"
)
_COUNTS: Final = Sql(
    "SELECT state, count(*) AS n FROM payout WHERE community_id = :community_id"
    " AND state NOT IN ('confirmed', 'cancelled') GROUP BY state"
)


def statements_to_pay(tx: Tx, community_id: int) -> list[Row]:
    """Accepted statements with something left to pay: statement_id, claimant_id, month, due_fen."""
    return tx.all(_TO_PAY, community_id=community_id)


def counts_by_state(tx: Tx, community_id: int) -> dict[str, int]:
    """How many payouts are not over, by state."""
    return {row.state: int(row.n) for row in tx.all(_COUNTS, community_id=community_id)}
