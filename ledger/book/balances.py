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
_SUM: Final = Sql(
    "SELECT (SELECT coalesce(sum(amount), 0) FROM transfer t WHERE t.community_id = a.community_id"
    "   AND t.credit_id = a.account_id) - (SELECT coalesce(sum(amount), 0) FROM transfer t"
    "   WHERE t.community_id = a.community_id AND t.debit_id = a.account_id) AS credits_less_debits"
    " FROM account a WHERE a.community_id = :community_id AND a.kind = :kind AND a.commodity = :commodity"
    " AND a.owner_id = :owner_id"
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


def account_sum(
    tx: Tx, community_id: int, kind: Account | str, commodity: int, owner_id: int = 0
) -> int:
    """An account's balance on its normal side, summed from its transfers; 0 where it was never opened."""
    kind = Account(kind)
    row = tx.find(
        _SUM, community_id=community_id, kind=kind.value, commodity=commodity, owner_id=owner_id
    )
    total = 0 if row is None else int(row.credits_less_debits)
    return -total if kind in DEBIT_SIDE else total


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
