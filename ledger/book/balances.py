"""What the book says: a wallet, an account's sum, a member's entries."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from ledger.book.chart import DEBIT_SIDE, Account
from ledger.sql import Sql, Tx


class Wallet(NamedTuple):
    """A member's points in the smallest unit: `available` = posted - held; `pending` and `owed` stand apart."""

    posted: int
    held: int
    available: int
    pending: int
    owed: int


_WALLET: Final = Sql(
    "SELECT coalesce(max(CASE WHEN a.kind = 'wallet' THEN b.posted END), 0) AS posted,"
    " coalesce(max(CASE WHEN a.kind = 'wallet' THEN b.held END), 0) AS held,"
    " coalesce(max(CASE WHEN a.kind = 'owed' THEN b.posted END), 0) AS owed,"
    " (SELECT coalesce(sum(left_units), 0) FROM pending WHERE community_id = :community_id"
    "  AND wallet_owner_id = :owner_id AND commodity = :commodity AND state = 'open') AS pending"
    " FROM account a JOIN balance b ON b.community_id = a.community_id AND b.account_id = a.account_id"
    " WHERE a.community_id = :community_id AND a.commodity = :commodity AND a.owner_id = :owner_id"
    " AND a.kind IN ('wallet', 'owed')"
)
# An account without a balance row: what the closed months rolled up, and the entries whose place lies behind them or is
# still to come. Which those are the order says, never a number: who drew one early may have committed late. The
# smallest of their numbers only spares reading years of entries.
_LOCK: Final = Sql(
    "UPDATE balance SET held = held WHERE community_id = :community_id AND account_id = :wallet_id"
)
_SUM: Final = Sql(
    "WITH closed AS (SELECT coalesce(max(tree_size), 0) AS size FROM period"
    "  WHERE community_id = :community_id AND state = 'closed'),"
    " behind AS MATERIALIZED (SELECT l.entry_id AS txn_id FROM closed c JOIN leaf l ON l.community_id = :community_id"
    "  AND l.leaf_index >= c.size WHERE c.size > 0"
    "  UNION ALL SELECT o.entry_id FROM outbox o WHERE o.community_id = :community_id),"
    " tail AS (SELECT CASE WHEN c.size = 0 THEN 0 ELSE coalesce((SELECT min(txn_id) FROM behind),"
    "  9223372036854775807) END AS first_txn FROM closed c)"
    " SELECT CASE WHEN a.bounded = 1 THEN (SELECT b.posted FROM balance b"
    "   WHERE b.community_id = a.community_id AND b.account_id = a.account_id)"
    "  ELSE coalesce((SELECT sum(r.credits - r.debits) FROM rollup r"
    "    WHERE r.community_id = a.community_id AND r.account_id = a.account_id), 0)"
    "   + coalesce((SELECT sum(t.amount) FROM transfer t WHERE t.community_id = a.community_id"
    "    AND t.credit_id = a.account_id AND t.txn_id >= tail.first_txn AND NOT EXISTS {within}), 0)"
    "   - coalesce((SELECT sum(t.amount) FROM transfer t WHERE t.community_id = a.community_id"
    "    AND t.debit_id = a.account_id AND t.txn_id >= tail.first_txn AND NOT EXISTS {within}), 0)"
    "  END AS total, a.bounded FROM account a CROSS JOIN tail WHERE a.community_id = :community_id"
    " AND a.kind = :kind AND a.commodity = :commodity AND a.owner_id = :owner_id".replace(
        "{within}",
        "(SELECT 1 FROM closed c JOIN leaf l ON l.community_id = t.community_id"
        " AND l.entry_id = t.txn_id AND l.leaf_index < c.size)",
    )
)
_ENTRIES: Final = Sql(
    "SELECT x.txn_id, x.kind, x.ref, x.reason_key, x.business_date, x.occurred_at, x.merchant_id, x.scheme_version,"
    " x.person_id, a.kind AS account_kind, t.line_no, t.amount,"
    " CASE WHEN t.credit_id = a.account_id THEN t.amount ELSE -t.amount END AS change"
    " FROM account a"
    " JOIN transfer t ON t.community_id = a.community_id"
    "  AND (t.debit_id = a.account_id OR t.credit_id = a.account_id)"
    " JOIN txn x ON x.community_id = t.community_id AND x.txn_id = t.txn_id"
    " WHERE a.community_id = :community_id AND a.owner_id = :owner_id AND a.commodity = :commodity"
    " AND a.kind IN ('wallet', 'pending', 'owed') AND x.txn_id < :before"
    " ORDER BY x.txn_id DESC, t.line_no LIMIT :most"
)


def wallet_of(tx: Tx, community_id: int, owner_id: int, commodity: int) -> Wallet:
    """The wallet of a household or person; all zero where none was opened."""
    row = tx.get(_WALLET, community_id=community_id, owner_id=owner_id, commodity=commodity)
    posted, held = int(row.posted), int(row.held)
    return Wallet(posted, held, posted - held, int(row.pending), int(row.owed))


def lock_wallet(tx: Tx, community_id: int, wallet_id: int) -> None:
    """Let the wallet's next entry wait for this transaction, so that what is read now stays true."""
    tx.run(_LOCK, community_id=community_id, wallet_id=wallet_id)


def account_sum(
    tx: Tx, community_id: int, kind: Account | str, commodity: int, owner_id: int = 0
) -> int:
    """An account's balance on its normal side: from its row, else summed; 0 where it was never opened."""
    kind = Account(kind)
    row = tx.find(
        _SUM, community_id=community_id, kind=kind.value, commodity=commodity, owner_id=owner_id
    )
    total = 0 if row is None else int(row.total)
    # A row counts on the account's own side already; a sum is credits less debits.
    return -total if row is not None and not row.bounded and kind in DEBIT_SIDE else total


def entries_of(
    tx: Tx,
    community_id: int,
    owner_id: int,
    commodity: int,
    *,
    before: int = 2**63 - 1,
    most: int = 50,
) -> list[Any]:
    """A member's entries, newest first, each with its signed change in units; page on with the last `txn_id`."""
    return tx.all(
        _ENTRIES,
        community_id=community_id,
        owner_id=owner_id,
        commodity=commodity,
        before=before,
        most=most,
    )
