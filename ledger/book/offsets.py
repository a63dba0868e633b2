"""Booked offsets as the night reads them: a range of the one order, never written here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, NamedTuple

from ledger.sql import Row, Sql, Tx
from ledger.units import CNY

BOOKED: Final = (
    "leaf l JOIN offset_booked o ON o.community_id = l.community_id AND o.txn_id = l.entry_id"
)
"""FROM clause of booked offsets (`o`) with their place in the order (`l.leaf_index`)."""

IN_RANGE: Final = (
    " WHERE l.community_id = :community_id AND l.leaf_index >= :first_leaf"
    " AND l.leaf_index < :end_leaf"
)
"""Keeps a range of the order: places [first_leaf, end_leaf)."""

IN_SPAN: Final = " AND o.txn_id >= :first_txn AND o.txn_id <= :last_txn"
"""Says the same of the transactions' numbers, so that a scan need not read all of history."""

OFFSET_COLUMNS: Final = (
    "o.claimant_id, o.ref, o.txn_id, o.terminal_id, o.kind, o.original_ref, o.units, o.fen,"
    " o.units_per_fen, o.business_date, o.occurred_at"
)
"""What a reader of an offset needs; a refund's units and fen are negative."""


OFF_RATE: Final = "o.units <> o.fen * o.units_per_fen AND o.kind <> 'voucher'"
"""Says that an offset's fen are not what its points are worth; a voucher's are what its contract names."""

_MEMBERS: Final = "('wallet', 'owed', 'voucher', 'inter', 'loss')"
"""Where an offset's points come from and a refund's go to; all other moves are the settlement's own."""


class Moved(NamedTuple):
    """Units that transfers moved into and out of one merchant's offset account."""

    units_in: int
    units_out: int


_SPAN: Final = Sql(
    "SELECT coalesce(min(entry_id), 0) AS first_txn, coalesce(max(entry_id), 0) AS last_txn"
    f" FROM leaf l{IN_RANGE} AND l.kind = 'txn'"
)
_MOVED: Final = Sql(
    "SELECT coalesce(c.owner_id, d.owner_id) AS claimant_id,"
    " sum(CASE WHEN c.account_id IS NULL THEN 0 ELSE t.amount END) AS units_in,"
    " sum(CASE WHEN d.account_id IS NULL THEN 0 ELSE t.amount END) AS units_out"
    " FROM leaf l JOIN transfer t ON t.community_id = l.community_id AND t.txn_id = l.entry_id"
    " LEFT JOIN account c ON c.community_id = t.community_id AND c.account_id = t.credit_id"
    "  AND c.kind = 'offset'"
    " LEFT JOIN account d ON d.community_id = t.community_id AND d.account_id = t.debit_id"
    "  AND d.kind = 'offset'"
    " LEFT JOIN account r ON r.community_id = t.community_id"
    "  AND r.account_id = CASE WHEN c.account_id IS NULL THEN t.credit_id ELSE t.debit_id END"
    f"  AND r.kind NOT IN {_MEMBERS}"
    f"{IN_RANGE} AND t.txn_id >= :first_txn AND t.txn_id <= :last_txn"
    " AND (c.account_id IS NOT NULL OR d.account_id IS NOT NULL) AND r.account_id IS NULL"
    " GROUP BY coalesce(c.owner_id, d.owner_id)"
)
_PLACES: Final = (
    "WITH o AS MATERIALIZED (SELECT ref, txn_id FROM offset_booked"
    " WHERE community_id = :community_id AND claimant_id = :claimant_id AND ref {among})"
    " SELECT o.ref, l.leaf_index FROM o JOIN leaf l ON l.community_id = :community_id"
    " AND l.entry_id = o.txn_id AND l.leaf_index < :end_leaf"
)
_PLACES_OF: Final = {
    "sqlite": Sql(_PLACES.format(among="IN (SELECT value FROM json_each(:refs))")),
    "postgresql": Sql(_PLACES.format(among="= ANY(:refs)")),
}
_NAMED: Final = (
    f"SELECT {OFFSET_COLUMNS} FROM offset_booked o JOIN leaf l ON l.community_id = :community_id"
    " AND l.entry_id = o.txn_id AND l.leaf_index < :end_leaf"
    " WHERE o.community_id = :community_id AND o.claimant_id = :claimant_id AND o.ref {among} ORDER BY o.ref"
)
_NAMED_OF: Final = {
    "sqlite": Sql(_NAMED.format(among="IN (SELECT value FROM json_each(:refs))")),
    "postgresql": Sql(_NAMED.format(among="= ANY(:refs)")),
}
_BROKEN: Final = Sql(
    f"SELECT {OFFSET_COLUMNS} FROM {BOOKED}"
    " WHERE l.community_id = :community_id AND l.leaf_index >= :first_leaf"
    f" AND l.leaf_index < :end_leaf AND ({OFF_RATE} OR NOT EXISTS ("
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
    # A shop's own share is booked when the month closes and belongs to the month it is for.
    " AND a.owner_id = :claimant_id AND CASE WHEN x.kind = 'cofund' THEN x.corrects_date"
    "  ELSE x.business_date END <= :until"
)
_ALL_UNTIL: Final = Sql(_UNTIL.text.replace(" AND a.owner_id = :claimant_id", ""))
_SETTLED_SINCE: Final = Sql(
    "SELECT coalesce(sum(CASE WHEN t.credit_id = a.account_id THEN t.amount ELSE -t.amount END), 0)"
    " AS fen FROM account a JOIN transfer t ON t.community_id = a.community_id"
    "  AND (t.credit_id = a.account_id OR t.debit_id = a.account_id)"
    " JOIN txn x ON x.community_id = t.community_id AND x.txn_id = t.txn_id"
    " WHERE a.community_id = :community_id AND a.kind = 'payable' AND a.commodity = :commodity"
    " AND a.owner_id = :claimant_id AND x.business_date > :since AND x.kind IN ('settle', 'adjust')"
)
_PAID_BETWEEN: Final = Sql(
    "SELECT coalesce(sum(CASE WHEN t.debit_id = a.account_id THEN t.amount ELSE -t.amount END), 0)"
    " AS fen FROM account a JOIN transfer t ON t.community_id = a.community_id"
    "  AND (t.credit_id = a.account_id OR t.debit_id = a.account_id)"
    " JOIN txn x ON x.community_id = t.community_id AND x.txn_id = t.txn_id"
    " WHERE a.community_id = :community_id AND a.kind = 'payable' AND a.commodity = :commodity"
    " AND a.owner_id = :claimant_id AND x.business_date >= :first_date"
    " AND x.business_date <= :last_date"
    " AND x.kind IN ('payout', 'payout_failed', 'shop_paid_in', 'payment_difference')"
)


def span_of(tx: Tx, community_id: int, first_leaf: int, end_leaf: int) -> tuple[int, int]:
    """The smallest and the largest transaction number in the range [first, end) of the order."""
    row = tx.get(_SPAN, community_id=community_id, first_leaf=first_leaf, end_leaf=end_leaf)
    return int(row.first_txn), int(row.last_txn)


def moved_in_range(tx: Tx, community_id: int, first_leaf: int, end_leaf: int) -> dict[int, Moved]:
    """By merchant: the units that sales and refunds moved on its offset account in [first, end)."""
    first_txn, last_txn = span_of(tx, community_id, first_leaf, end_leaf)
    rows = tx.all(
        _MOVED,
        community_id=community_id,
        first_leaf=first_leaf,
        end_leaf=end_leaf,
        first_txn=first_txn,
        last_txn=last_txn,
    )
    return {row.claimant_id: Moved(int(row.units_in), int(row.units_out)) for row in rows}


def places_of(
    tx: Tx, community_id: int, claimant_id: int, refs: Sequence[str], *, end_leaf: int
) -> dict[str, int]:
    """Where the offsets of some references stand in the prefix [0, end_leaf), if they do."""
    given = json.dumps(refs) if tx.dialect == "sqlite" else list(refs)
    rows = tx.all(
        _PLACES_OF[tx.dialect],
        community_id=community_id,
        claimant_id=claimant_id,
        end_leaf=end_leaf,
        refs=given,
    )
    return {row.ref: int(row.leaf_index) for row in rows}


def offsets_named(
    tx: Tx, community_id: int, claimant_id: int, refs: Sequence[str], *, end_leaf: int
) -> list[Row]:
    """The offsets of some references in the prefix [0, end_leaf), with OFFSET_COLUMNS."""
    given = json.dumps(refs) if tx.dialect == "sqlite" else list(refs)
    return tx.all(
        _NAMED_OF[tx.dialect],
        community_id=community_id,
        claimant_id=claimant_id,
        end_leaf=end_leaf,
        refs=given,
    )


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


def payables_until(tx: Tx, community_id: int, until: int) -> int:
    """What the community owed all merchants together at the end of business date `until`, in fen."""
    return int(tx.get(_ALL_UNTIL, community_id=community_id, commodity=CNY, until=until).fen)


def payable_until(tx: Tx, community_id: int, claimant_id: int, until: int) -> int:
    """What the community owed a merchant at the end of business date `until`, in fen."""
    row = tx.get(
        _UNTIL, community_id=community_id, claimant_id=claimant_id, commodity=CNY, until=until
    )
    return int(row.fen)


def settled_since(tx: Tx, community_id: int, claimant_id: int, since: int) -> int:
    """Fen that nights and decisions after business date `since` added to what a merchant is owed, net."""
    row = tx.get(
        _SETTLED_SINCE,
        community_id=community_id,
        claimant_id=claimant_id,
        commodity=CNY,
        since=since,
    )
    return int(row.fen)


def paid_between(
    tx: Tx, community_id: int, claimant_id: int, first_date: int, last_date: int
) -> int:
    """Fen sent to a merchant with entries of these business dates, less what came back or the merchant paid in."""
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


_ADJUSTMENTS: Final = Sql(
    "SELECT x.txn_id, x.business_date, x.corrects_date, x.reason_key, x.staff_id,"
    " sum(CASE WHEN t.credit_id = a.account_id THEN t.amount ELSE -t.amount END) AS fen"
    " FROM account a JOIN transfer t ON t.community_id = a.community_id"
    "  AND (t.credit_id = a.account_id OR t.debit_id = a.account_id)"
    " JOIN txn x ON x.community_id = t.community_id AND x.txn_id = t.txn_id"
    " WHERE a.community_id = :community_id AND a.kind = 'payable' AND a.commodity = :commodity"
    " AND a.owner_id = :claimant_id AND x.kind = 'adjust'"
    " AND x.business_date >= :first_date AND x.business_date <= :last_date"
    " GROUP BY x.txn_id, x.business_date, x.corrects_date, x.reason_key, x.staff_id"
    " ORDER BY x.txn_id"
)


def adjustments_between(
    tx: Tx, community_id: int, claimant_id: int, first_date: int, last_date: int
) -> list[Row]:
    """Decided corrections of a merchant's payable by entry, `fen` signed, dated in these days."""
    return tx.all(
        _ADJUSTMENTS,
        community_id=community_id,
        claimant_id=claimant_id,
        commodity=CNY,
        first_date=first_date,
        last_date=last_date,
    )


def settled_by(tx: Tx, community_id: int, txn_id: int) -> tuple[int, int, int, int]:
    """What a settling entry moved: units plus, units minus, fen plus, fen minus."""
    moved = dict.fromkeys(("offset", "retired", "cover", "payable"), 0)
    for row in tx.all(_SETTLED, community_id=community_id, txn_id=txn_id):
        moved[row.debited] = moved.get(row.debited, 0) + int(row.amount)
    return moved["offset"], moved["retired"], moved["cover"], moved["payable"]
