"""Claims that were paid as claimed under a number written wrongly, and the sales a till sent for them afterwards.

The night pairs such a claim with its sale where both wait; here the claim was paid before there was a sale. The same
pass tells which sale is meant, and the same rule holds: a sale two claims may mean is nobody's, and a person looks.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from ledger.book.offsets import OFFSET_COLUMNS
from ledger.clock import SECOND_US
from ledger.ids import first_id_after
from ledger.sql import Row, Sql, Tx
from settlement.matching import Booked, Claimed
from settlement.passes import Lone, run_passes

_LOOKED_BACK_US: Final = 62 * 86_400 * SECOND_US
"""How long a sale may come after the claim for it was paid."""

_PAID: Final = Sql(
    "SELECT d.discrepancy_no, d.claimant_id, d.posted_fen, d.business_date, d.ref, d.decided_at, d.claimed_batch,"
    " d.claimed_line, d.claimed_kind, d.claimed_units, d.claimed_fen, d.claimed_at FROM discrepancy d"
    " WHERE d.community_id = :community_id AND d.code = 'X1' AND d.state = 'decided'"
    " AND d.decision = 'pay_claimed' AND d.posted_fen > 0 AND d.decided_at >= :since"
    " AND NOT EXISTS (SELECT 1 FROM offset_booked o WHERE o.community_id = d.community_id"
    "  AND o.claimant_id = d.claimant_id AND o.ref = d.ref) ORDER BY d.discrepancy_no"
)
_TILLS: Final = Sql("SELECT code, merchant_id FROM terminal WHERE community_id = :community_id")
# Booked since the decision and paid: while a sale itself waits, the shop was paid once.
_SINCE: Final = Sql(
    f"SELECT {OFFSET_COLUMNS} FROM offset_booked o WHERE o.community_id = :community_id"
    " AND o.claimant_id = :claimant_id AND o.units = :units AND o.fen = :fen AND o.txn_id >= :first_txn"
    " AND NOT EXISTS (SELECT 1 FROM open_item i WHERE i.community_id = o.community_id"
    "  AND i.claimant_id = o.claimant_id AND i.ref = o.ref AND i.closed_run IS NULL)"
    " AND EXISTS (SELECT 1 FROM leaf l JOIN night_run n ON n.community_id = l.community_id AND n.state = 'locked'"
    "  AND n.first_leaf <= l.leaf_index AND n.end_leaf > l.leaf_index"
    "  WHERE l.community_id = o.community_id AND l.entry_id = o.txn_id)"
)


def paid_under_wrong_numbers(tx: Tx, community_id: int, *, at: int) -> list[Row]:
    """The differences whose claim was paid and whose sale was booked and settled later under its right number.

    Fields: discrepancy_no, claimant_id, posted_fen, business_date. `at`: microseconds UTC.
    """
    rows = tx.all(_PAID, community_id=community_id, since=at - _LOOKED_BACK_US)
    if not rows:
        return []
    tills: dict[int, list[str]] = defaultdict(list)
    for till in tx.all(_TILLS, community_id=community_id):
        tills[int(till.merchant_id)].append(till.code)
    lone = {int(row.discrepancy_no): _lone(row) for row in rows}
    free = {offset for row in rows for offset in _booked_since(tx, community_id, row)}
    passed = run_passes(lone.values(), sorted(free), lambda claimant_id: tills.get(claimant_id, ()))
    meant = {
        pair.lone.number: pair.booked for pair in passed.paired if pair.how in {"entry", "repaired"}
    }
    return [
        row
        for row in rows
        if (sale := meant.get(int(row.discrepancy_no))) is not None
        and sale.txn_id >= first_id_after(int(row.decided_at))
    ]


def _lone(row: Row) -> Lone:
    claimed = Claimed(
        int(row.claimed_batch),
        int(row.claimed_line),
        row.claimed_kind,
        int(row.claimed_units),
        int(row.claimed_fen),
        int(row.claimed_at),
    )
    return Lone(
        int(row.claimant_id), row.ref, claimed, int(row.business_date), int(row.discrepancy_no)
    )


def _booked_since(tx: Tx, community_id: int, row: Row) -> list[Booked]:
    found = tx.all(
        _SINCE,
        community_id=community_id,
        claimant_id=int(row.claimant_id),
        units=int(row.claimed_units),
        fen=int(row.claimed_fen),
        first_txn=first_id_after(int(row.decided_at)),
    )
    return [Booked(*one) for one in found]
