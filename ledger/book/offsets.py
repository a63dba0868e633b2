"""Booked offsets as the night reads them: a range of the one order, never written here."""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger.sql import Row, Sql, Tx
from ledger.units import CNY

BOOKED: Final = (
    "leaf l JOIN offset_booked o ON o.community_id = l.community_id AND o.txn_id = l.txn_id"
)
"""FROM clause of booked offsets (`o`) with their place in the order (`l.leaf_index`)."""

OFFSET_COLUMNS: Final = (
    "o.claimant_id, o.ref, o.txn_id, o.terminal_id, o.kind, o.original_ref, o.units, o.fen,"
    " o.units_per_fen, o.business_date, o.occurred_at"
)
"""What a reader of an offset needs; a refund's units and fen are negative."""

BOOKED_AT: Final = (
    " LEFT JOIN offset_booked o ON o.community_id = {row}.community_id"
    " AND o.claimant_id = {row}.claimant_id AND o.ref = {row}.ref"
    " LEFT JOIN leaf l ON l.community_id = o.community_id AND l.txn_id = o.txn_id"
    " AND l.leaf_index < :end_leaf"
)
"""Joins the offset of the same claimant and reference to a row `{row}`, if it is in the prefix."""


class Moved(NamedTuple):
    """Units that transfers moved into and out of one merchant's offset account."""

    units_in: int
    units_out: int


_IN_RANGE: Final = (
    " FROM leaf l JOIN transfer t ON t.community_id = l.community_id AND t.txn_id = l.txn_id"
    " JOIN account a ON a.community_id = t.community_id AND a.account_id = t.{offset_side}"
    "  AND a.kind = 'offset'"
    " JOIN account w ON w.community_id = t.community_id AND w.account_id = t.{wallet_side}"
    "  AND w.kind = 'wallet'"
    " WHERE l.community_id = :community_id AND l.leaf_index >= :first_leaf"
    " AND l.leaf_index < :end_leaf"
)
_MOVED_IN: Final = Sql(
    "SELECT a.owner_id AS claimant_id, sum(t.amount) AS units"
    + _IN_RANGE.format(offset_side="credit_id", wallet_side="debit_id")
    + " GROUP BY a.owner_id"
)
_MOVED_OUT: Final = Sql(
    "SELECT a.owner_id AS claimant_id, sum(t.amount) AS units"
    + _IN_RANGE.format(offset_side="debit_id", wallet_side="credit_id")
    + " GROUP BY a.owner_id"
)
_BROKEN: Final = Sql(
    f"SELECT {OFFSET_COLUMNS} FROM {BOOKED}"
    " WHERE l.community_id = :community_id AND l.leaf_index >= :first_leaf"
    " AND l.leaf_index < :end_leaf AND (o.units <> o.fen * o.units_per_fen OR NOT EXISTS ("
    "  SELECT 1 FROM transfer t JOIN account a ON a.community_id = t.community_id"
    "   AND a.account_id = CASE WHEN o.units > 0 THEN t.credit_id ELSE t.debit_id END"
    "  WHERE t.community_id = o.community_id AND t.txn_id = o.txn_id AND t.amount = abs(o.units)"
    "   AND a.kind = 'offset' AND a.owner_id = o.claimant_id))"
    " ORDER BY o.claimant_id, o.ref LIMIT :most"
)
_COMMODITIES: Final = Sql(
    "SELECT commodity FROM account WHERE community_id = :community_id AND kind = 'offset'"
    " AND owner_id = :claimant_id ORDER BY commodity"
)
_UNTIL: Final = Sql(
    "SELECT coalesce(sum(CASE WHEN t.credit_id = a.account_id THEN t.amount ELSE -t.amount END), 0)"
    " AS fen FROM account a JOIN transfer t ON t.community_id = a.community_id"
    "  AND (t.credit_id = a.account_id OR t.debit_id = a.account_id)"
    " JOIN txn x ON x.community_id = t.community_id AND x.txn_id = t.txn_id"
    " WHERE a.community_id = :community_id AND a.kind = 'payable' AND a.commodity = :commodity"
    " AND a.owner_id = :claimant_id AND x.business_date <= :until"
)
_PAID_BETWEEN: Final = Sql(
    "SELECT coalesce(sum(CASE WHEN t.debit_id = a.account_id THEN t.amount ELSE -t.amount END), 0)"
    " AS fen FROM account a JOIN transfer t ON t.community_id = a.community_id"
    "  AND (t.credit_id = a.account_id OR t.debit_id = a.account_id)"
    " JOIN txn x ON x.community_id = t.community_id AND x.txn_id = t.txn_id"
    " WHERE a.community_id = :community_id AND a.kind = 'payable' AND a.commodity = :commodity"
    " AND a.owner_id = :claimant_id AND x.business_date >= :first_date"
    " AND x.business_date <= :last_date AND x.kind IN ('payout', 'payout_failed')"
)


def moved_in_range(tx: Tx, community_id: int, first_leaf: int, end_leaf: int) -> dict[int, Moved]:
    """By merchant: the units that sales and refunds moved on its offset account in [first, end)."""
    bounds = {"community_id": community_id, "first_leaf": first_leaf, "end_leaf": end_leaf}
    units_in = {row.claimant_id: int(row.units) for row in tx.all(_MOVED_IN, **bounds)}
    units_out = {row.claimant_id: int(row.units) for row in tx.all(_MOVED_OUT, **bounds)}
    return {
        claimant: Moved(units_in.get(claimant, 0), units_out.get(claimant, 0))
        for claimant in units_in.keys() | units_out.keys()
    }


def broken_rows(
    tx: Tx, community_id: int, first_leaf: int, end_leaf: int, *, most: int = 100
) -> list[Row]:
    """Offsets in [first, end) that no longer agree with their own transfers: altered rows."""
    return tx.all(
        _BROKEN,
        community_id=community_id,
        first_leaf=first_leaf,
        end_leaf=end_leaf,
        most=most,
    )


def offset_commodity(tx: Tx, community_id: int, claimant_id: int) -> int:
    """The kind of points a merchant takes; LookupError where it took none, or more than one."""
    rows = tx.all(_COMMODITIES, community_id=community_id, claimant_id=claimant_id)
    if len(rows) != 1:
        raise LookupError(f"merchant {claimant_id} has {len(rows)} offset accounts, not one")
    return int(rows[0].commodity)


def payable_until(tx: Tx, community_id: int, claimant_id: int, until: int) -> int:
    """What the community owed a merchant at the end of business date `until`, in fen."""
    row = tx.get(
        _UNTIL, community_id=community_id, claimant_id=claimant_id, commodity=CNY, until=until
    )
    return int(row.fen)


def paid_between(
    tx: Tx, community_id: int, claimant_id: int, first_date: int, last_date: int
) -> int:
    """Fen sent to a merchant with entries of these business dates, less what came back."""
    row = tx.get(
        _PAID_BETWEEN,
        community_id=community_id,
        claimant_id=claimant_id,
        commodity=CNY,
        first_date=first_date,
        last_date=last_date,
    )
    return int(row.fen)


_SETTLED: Final = Sql(
    "SELECT x.merchant_id AS claimant_id, d.kind AS debited, t.amount FROM txn x"
    " JOIN transfer t ON t.community_id = x.community_id AND t.txn_id = x.txn_id"
    " JOIN account d ON d.community_id = t.community_id AND d.account_id = t.debit_id"
    " WHERE x.community_id = :community_id AND x.txn_id = :txn_id"
)


def settled_by(tx: Tx, community_id: int, txn_id: int) -> tuple[int, int, int, int]:
    """What a settling entry moved: units plus, units minus, fen plus, fen minus."""
    moved = dict.fromkeys(("offset", "retired", "cover", "payable"), 0)
    for row in tx.all(_SETTLED, community_id=community_id, txn_id=txn_id):
        moved[row.debited] = moved.get(row.debited, 0) + int(row.amount)
    return moved["offset"], moved["retired"], moved["cover"], moved["payable"]
