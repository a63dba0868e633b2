"""Discrepancies by their state, a page at a time, for those who work on them."""

from __future__ import annotations

from typing import Final

from ledger.sql import Row, Sql, Tx
from settlement.discrepancies import COLUMNS

TO_DECIDE: Final = "open"
POOLED: Final = "pooled"
ASKED: Final = "asked"
PROPOSED: Final = "proposed"
ENDED: Final = "ended"
VIEWS: Final = (TO_DECIDE, ASKED, PROPOSED, POOLED, ENDED)
"""What one looks at together: `pooled` may still explain itself, `ended` is decided or cleared by itself."""

_FROM: Final = (
    f"SELECT {COLUMNS}, m.code AS merchant_code, m.name AS merchant_name FROM discrepancy d"
    " LEFT JOIN merchant m ON m.community_id = d.community_id AND m.merchant_id = d.claimant_id"
    " WHERE d.community_id = :community_id"
)
_WAITING: Final = Sql(
    f"{_FROM} AND d.state = :state AND d.discrepancy_no > :after"
    " ORDER BY d.discrepancy_no LIMIT :most"
)
_ENDED: Final = Sql(
    f"{_FROM} AND d.state IN ('decided', 'auto_cleared') AND d.discrepancy_no < :after"
    " ORDER BY d.discrepancy_no DESC LIMIT :most"
)
_DUE: Final = Sql(f"{_FROM} AND d.state = :state ORDER BY d.due_date, d.discrepancy_no LIMIT :most")
_COUNTS: Final = Sql(
    "SELECT state, count(*) AS n FROM discrepancy WHERE community_id = :community_id"
    " AND state IN ('pooled', 'open', 'asked', 'proposed') GROUP BY state"
)
_NEWEST: Final = 2**63 - 1


def page_of(tx: Tx, community_id: int, view: str, *, after: int = 0, most: int = 30) -> list[Row]:
    """One page of a view: what waits the oldest first, what ended the newest first."""
    if view == ENDED:
        return tx.all(_ENDED, community_id=community_id, after=after or _NEWEST, most=most)
    return tx.all(_WAITING, community_id=community_id, state=view, after=after, most=most)


def due_first(tx: Tx, community_id: int, state: str, *, most: int) -> list[Row]:
    """Those in a state, the ones whose answer is due first before the others."""
    return tx.all(_DUE, community_id=community_id, state=state, most=most)


def counts_by_state(tx: Tx, community_id: int) -> dict[str, int]:
    """How many somebody still has to act on, by state."""
    return {row.state: int(row.n) for row in tx.all(_COUNTS, community_id=community_id)}
