"""A pool's months, member by member: sums alone."""

from __future__ import annotations

from typing import Final

from ledger.sql import Row, Sql, Tx

_MONTHS: Final = Sql(
    "SELECT x.business_date / 100 AS month, x.person_id,"
    " sum(CASE WHEN t.credit_id = a.account_id THEN t.amount ELSE 0 END) AS came,"
    " sum(CASE WHEN t.debit_id = a.account_id THEN t.amount ELSE 0 END) AS went"
    " FROM account a JOIN transfer t ON t.community_id = a.community_id"
    "  AND (t.debit_id = a.account_id OR t.credit_id = a.account_id)"
    " JOIN txn x ON x.community_id = t.community_id AND x.txn_id = t.txn_id"
    " WHERE a.community_id = :community_id AND a.owner_id = :household_id"
    " AND a.commodity = :commodity AND a.kind = 'wallet' AND x.business_date >= :since"
    " GROUP BY x.business_date / 100, x.person_id ORDER BY 1 DESC, x.person_id"
)


def month_totals(
    tx: Tx, community_id: int, household_id: int, commodity: int, *, since: int
) -> list[Row]:
    """By month (yyyymm, newest first) and member: units that came into the pool and left it since a day (yyyymmdd)."""
    return tx.all(
        _MONTHS,
        community_id=community_id,
        household_id=household_id,
        commodity=commodity,
        since=since,
    )
