"""A sale settled as its shop claimed, for less than booked, and then given back: the shop returns what it was paid.

The refund takes the whole offset back from the shop, since the book knows the sale alone. What of it the shop never got
is made good by an entry of its own, with the refund's night or with the decision, whichever comes later.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger.database import Database
from ledger.sql import Sql
from settlement.mending import Mend, mend_once
from settlement.night import night_running

_RECENT_RUNS: Final = 3
"""Nights looked back over; each later night looks again, and what was made good is not made good twice."""

_NEW_REFUNDS: Final = Sql(
    "SELECT DISTINCT d.discrepancy_no, d.claimant_id, d.ref, d.booked_fen, d.rest_fen"
    " FROM night_run n JOIN leaf l ON l.community_id = n.community_id"
    "  AND l.leaf_index >= n.first_leaf AND l.leaf_index < n.end_leaf AND l.kind = 'txn'"
    " JOIN offset_booked o ON o.community_id = l.community_id AND o.txn_id = l.entry_id"
    "  AND o.kind = 'refund'"
    " JOIN discrepancy d ON d.community_id = o.community_id AND d.claimant_id = o.claimant_id"
    "  AND d.ref = o.original_ref AND d.code = 'V2' AND d.decision = 'pay_claimed'"
    "  AND d.state = 'decided' AND d.rest_fen > 0"
    " WHERE n.community_id = :community_id AND n.state = 'locked' AND n.run_no > :after"
)
_NEW_DECISIONS: Final = Sql(
    "SELECT discrepancy_no, claimant_id, ref, booked_fen, rest_fen FROM discrepancy"
    " WHERE community_id = :community_id AND code = 'V2' AND decision = 'pay_claimed'"
    " AND state = 'decided' AND rest_fen > 0 AND closed_run >= :after"
)
_REFUNDS: Final = Sql(
    "SELECT o.txn_id, o.ref, o.fen, o.business_date FROM offset_booked o"
    " JOIN leaf l ON l.community_id = o.community_id AND l.entry_id = o.txn_id"
    " WHERE o.community_id = :community_id AND o.claimant_id = :claimant_id AND o.kind = 'refund'"
    " AND o.original_ref = :ref AND l.leaf_index < :end_leaf"
    # One that is itself in question is looked at by people.
    " AND NOT EXISTS (SELECT 1 FROM open_item i WHERE i.community_id = o.community_id"
    "  AND i.claimant_id = o.claimant_id AND i.ref = o.ref AND i.closed_run IS NULL)"
    " AND NOT EXISTS (SELECT 1 FROM discrepancy x WHERE x.community_id = o.community_id"
    "  AND x.claimant_id = o.claimant_id AND x.ref = o.ref"
    "  AND (x.state IN ('open', 'asked', 'proposed') OR x.decision = 'pay_claimed'))"
    " ORDER BY o.txn_id"
)
_LAST_LOCKED: Final = Sql(
    "SELECT run_no, end_leaf FROM night_run WHERE community_id = :community_id"
    " AND state = 'locked' ORDER BY run_no DESC LIMIT 1"
)


class _Short(NamedTuple):
    discrepancy_no: int
    claimant_id: int
    ref: str
    booked_fen: int
    unpaid_fen: int


def never_paid(*, booked_fen: int, unpaid_fen: int, before_fen: int, refund_fen: int) -> int:
    """How much of a refund the shop was never paid: the same share of each part, the whole of it in the end.

    Fen without sign: `unpaid_fen` of the sale's `booked_fen` were not paid, `before_fen` of it came back earlier.
    """

    def share(fen: int) -> int:
        # What the shop returns is rounded down, so the parts come to exactly what it was paid.
        return fen - fen * (booked_fen - unpaid_fen) // booked_fen

    return share(before_fen + refund_fen) - share(before_fen)


def mend_short_refunds(db: Database, community_id: int, *, at: int) -> int:
    """Make good what refunds took of sales that were paid as claimed; again, it changes nothing. Returns fen made good.

    Waits while a night is unfinished.
    """
    with db.read() as tx:
        last = tx.find(_LAST_LOCKED, community_id=community_id)
        if last is None or night_running(tx, community_id):
            return 0
        after = int(last.run_no) - _RECENT_RUNS
        shorts = {
            _Short(*row)
            for statement in (_NEW_REFUNDS, _NEW_DECISIONS)
            for row in tx.all(statement, community_id=community_id, after=after)
        }
    return sum(
        _mend(db, community_id, short, end_leaf=int(last.end_leaf), at=at)
        for short in sorted(shorts)
    )


def _mend(db: Database, community_id: int, short: _Short, *, end_leaf: int, at: int) -> int:
    with db.read() as tx:
        refunds = tx.all(
            _REFUNDS,
            community_id=community_id,
            claimant_id=short.claimant_id,
            ref=short.ref,
            end_leaf=end_leaf,
        )
    mended = before = 0
    for refund in refunds:
        fen = never_paid(
            booked_fen=short.booked_fen,
            unpaid_fen=short.unpaid_fen,
            before_fen=before,
            refund_fen=-refund.fen,
        )
        before -= refund.fen
        if not fen:
            continue
        mend = Mend(
            "short_refund",
            int(refund.txn_id),
            short.claimant_id,
            short.discrepancy_no,
            fen,
            int(refund.business_date),
        )
        mended += mend_once(db, community_id, mend, at=at)
    return mended
