"""The shelf at the close of a day: cost of goods, points taken and pieces gone, in the book and by the moves.

What differs is a C4. It holds nothing back: a count with a reason, or the entry that was missing, puts it right, and
the next close finds the sums in order and clears it.
"""

from __future__ import annotations

from typing import Final

from ledger.sql import Sql, Tx
from settlement.night_store import keep_found
from settlement.reckoning import Found
from settlement.shelf_sums import ShelfBreak, ShelfSums, shelf_breaks
from settlement.sides import Run
from settlement.verdicts import Code

_FROM: Final = 800_000
"""C4s of a day are numbered from here, below the C2s."""

_SHOPS: Final = Sql(
    "SELECT DISTINCT merchant_id FROM good WHERE community_id = :community_id ORDER BY merchant_id"
)
_SIDE: Final = (
    "SELECT coalesce(sum(t.amount), 0) FROM account a JOIN transfer t ON t.community_id = a.community_id"
    "  AND t.{side}_id = a.account_id JOIN txn x ON x.community_id = t.community_id AND x.txn_id = t.txn_id"
    " WHERE a.community_id = :community_id AND a.kind = 'inventory' AND a.owner_id = :merchant_id"
    " AND x.business_date <= :day"
)
_IN_BOOK: Final = Sql(
    f"SELECT ({_SIDE.format(side='debit')}) - ({_SIDE.format(side='credit')}) AS fen"
)
_MOVED: Final = Sql(
    "SELECT coalesce(sum(cost_fen), 0) AS fen, coalesce(sum(CASE WHEN kind = 'redeem' THEN -quantity ELSE 0 END), 0)"
    " AS pieces, min(CASE WHEN kind = 'redeem' THEN txn_id END) AS since FROM stock_move"
    " WHERE community_id = :community_id AND merchant_id = :merchant_id AND business_date <= :day"
)
_TAKEN: Final = Sql(
    "SELECT coalesce(sum(t.amount), 0) AS units FROM account a JOIN transfer t ON t.community_id = a.community_id"
    "  AND t.credit_id = a.account_id JOIN txn x ON x.community_id = t.community_id AND x.txn_id = t.txn_id"
    " WHERE a.community_id = :community_id AND a.kind = 'redeemed' AND a.owner_id = :merchant_id"
    " AND x.kind = 'redeem' AND x.business_date <= :day"
)
_ON_SLIPS: Final = Sql(
    "SELECT coalesce(sum(l.quantity * l.price_units), 0) AS units,"
    " coalesce(sum(CASE WHEN r.txn_id >= :since THEN l.quantity ELSE 0 END), 0) AS pieces FROM redemption r"
    " JOIN redemption_line l ON l.community_id = r.community_id AND l.redemption_id = r.redemption_id"
    " WHERE r.community_id = :community_id AND r.merchant_id = :merchant_id AND r.business_date <= :day"
)
_COUNTED: Final = Sql(
    "SELECT coalesce(sum(l.counted - l.book_pieces), 0) AS more FROM stock_count c"
    " JOIN stock_count_line l ON l.community_id = c.community_id AND l.count_id = c.count_id"
    " WHERE c.community_id = :community_id AND c.merchant_id = :merchant_id AND c.state = 'counted'"
    " AND c.business_date <= :day AND l.counted_again IS NOT NULL"
)
_CLEAR: Final = Sql(
    "UPDATE discrepancy SET state = 'auto_cleared', closed_run = :run_no, closed_date = :day"
    " WHERE community_id = :community_id AND code = 'C4' AND claimant_id = :merchant_id AND sub_code = :name"
    " AND state IN ('open', 'asked')"
)
_STANDS: Final = Sql(
    "SELECT sub_code, claimant_id, rest_units FROM discrepancy WHERE community_id = :community_id AND code = 'C4'"
    " AND state IN ('open', 'asked', 'proposed')"
)
_NEVER: Final = 2**63 - 1


def sums_of(tx: Tx, community_id: int, day: int) -> list[ShelfSums]:
    """What every supermarket's book and shelf came to by the end of a business date (yyyymmdd)."""
    shops = tx.all(_SHOPS, community_id=community_id)
    return [_sums(tx, community_id, int(shop.merchant_id), day) for shop in shops]


def close_shelf(tx: Tx, run: Run, *, at: int) -> list[ShelfBreak]:
    """Name what differs at the close of the run's day, once for as long as it stands, and clear what agrees again."""
    here = {"community_id": run.community_id}
    found = shelf_breaks(sums_of(tx, run.community_id, run.day))
    broken = {(one.merchant_id, one.name): one.left - one.right for one in found}
    standing = {
        (int(row.claimant_id), str(row.sub_code)): int(row.rest_units)
        for row in tx.all(_STANDS, **here)
    }
    for (merchant_id, name), was in standing.items():
        if was != broken.get((merchant_id, name)):
            tx.run(
                _CLEAR, **here, run_no=run.run_no, day=run.day, merchant_id=merchant_id, name=name
            )
    new = [
        one for one in found if standing.get((one.merchant_id, one.name)) != one.left - one.right
    ]
    keep_found(tx, run, [_c4(run, one) for one in new], first=_FROM, at=at)
    return found


def _c4(run: Run, one: ShelfBreak) -> Found:
    # What the two sides came to apart, in the sum's own unit, as a C2 has it.
    return Found(
        Code.C4, one.name, one.merchant_id, 0, "", run.day, rest_units=one.left - one.right
    )


def _sums(tx: Tx, community_id: int, merchant_id: int, day: int) -> ShelfSums:
    here = {"community_id": community_id, "merchant_id": merchant_id, "day": day}
    moved = tx.get(_MOVED, **here)
    # Slips from before moves were kept have none.
    since = _NEVER if moved.since is None else int(moved.since)
    slips = tx.get(_ON_SLIPS, **here, since=since)
    return ShelfSums(
        merchant_id,
        int(tx.get(_IN_BOOK, **here).fen),
        int(moved.fen),
        int(tx.get(_TAKEN, **here).units),
        int(slips.units),
        int(slips.pieces),
        int(moved.pieces),
        int(tx.get(_COUNTED, **here).more),
    )
