"""A claim that two people paid as claimed because it was in no book, and whose sale a till sends after all.

The night settles the sale as it is booked, so what was paid for the claim alone is taken back by an entry of its own:
a shop is paid once for one receipt.
"""

from __future__ import annotations

from typing import Final

from ledger.database import Database
from ledger.sql import Row, Sql
from settlement.late_numbers import paid_under_wrong_numbers
from settlement.mending import Mend, mend_once
from settlement.night import night_running

_RECENT_RUNS: Final = 3
"""Nights looked back over; each later night looks again, and what was taken back is not taken back twice."""

_SPAN: Final = Sql(
    "SELECT min(first_leaf) AS first_leaf, max(end_leaf) AS end_leaf FROM night_run"
    " WHERE community_id = :community_id AND state = 'locked' AND run_no > (SELECT max(run_no) FROM night_run"
    f"  WHERE community_id = :community_id AND state = 'locked') - {_RECENT_RUNS}"
)
_BOOKED: Final = Sql(
    "SELECT d.discrepancy_no, d.claimant_id, d.posted_fen, o.business_date FROM discrepancy d"
    " JOIN offset_booked o ON o.community_id = d.community_id AND o.claimant_id = d.claimant_id AND o.ref = d.ref"
    " JOIN leaf l ON l.community_id = o.community_id AND l.entry_id = o.txn_id"
    " WHERE d.community_id = :community_id AND d.code IN ('X1', 'S3', 'A1', 'A2', 'A3', 'A4')"
    " AND d.state = 'decided' AND d.decision = 'pay_claimed' AND d.posted_fen > 0"
    " AND l.leaf_index >= :first_leaf AND l.leaf_index < :end_leaf"
    # While the sale itself waits, the shop was paid once.
    " AND NOT EXISTS (SELECT 1 FROM open_item i WHERE i.community_id = o.community_id"
    "  AND i.claimant_id = o.claimant_id AND i.ref = o.ref AND i.closed_run IS NULL)"
    " ORDER BY d.discrepancy_no"
)


def take_back_paid_claims(db: Database, community_id: int, *, at: int) -> int:
    """Take back what was paid for claims whose sale was booked later; again, it changes nothing. Returns fen.

    Waits while a night is unfinished.
    """
    with db.read() as tx:
        span = tx.get(_SPAN, community_id=community_id)
        if span.end_leaf is None or night_running(tx, community_id):
            return 0
        leaves = {"first_leaf": int(span.first_leaf), "end_leaf": int(span.end_leaf)}
        rows = tx.all(_BOOKED, community_id=community_id, **leaves)
        rows += paid_under_wrong_numbers(tx, community_id, at=at)
    return sum(_take_back(db, community_id, row, at=at) for row in rows)


def _take_back(db: Database, community_id: int, row: Row, *, at: int) -> int:
    mend = Mend(
        "late_booking",
        int(row.discrepancy_no),
        int(row.claimant_id),
        int(row.discrepancy_no),
        -int(row.posted_fen),
        int(row.business_date),
    )
    return -mend_once(db, community_id, mend, at=at)
