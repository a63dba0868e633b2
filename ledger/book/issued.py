"""What was given out, counted along the one order: by kind, shop and month, each entry once.

The counts follow the sealed prefix, so they are a function of it: whoever counts, whenever, comes to the same sums.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger.database import Database
from ledger.errors import GuardMissedError
from ledger.sql import Sql, Tx

BATCH: Final = 5_000
"""Places counted in one transaction."""

_COUNTED: Final = Sql("SELECT counted FROM issue_count WHERE community_id = :community_id")
_SIZE: Final = Sql("SELECT size FROM log_head WHERE community_id = :community_id")
_FIRST: Final = Sql(
    "INSERT INTO issue_count (community_id, counted) VALUES (:community_id, 0)"
    " ON CONFLICT (community_id) DO NOTHING"
)
_ADVANCE: Final = Sql(
    "UPDATE issue_count SET counted = :end_leaf WHERE community_id = :community_id"
    " AND counted = :first_leaf"
)
# An opening balance was given out before the product counted: it is no issue of this year. A refund takes back what
# was given out in the month of its sale.
_SIDE: Final = (
    "SELECT CASE WHEN i.kind = 'issued_grant' AND x.source = 'import' THEN 'opening' ELSE i.kind END AS kind,"
    " t.commodity, coalesce(x.merchant_id, 0) AS merchant_id, x.business_date / 100 AS month,"
    " coalesce(x.corrects_date, x.business_date) / 100 AS given_month,"
    " coalesce(x.units_per_fen, 0) AS units_per_fen, {plus} AS plus, {minus} AS minus"
    # CROSS JOIN: SQLite then begins at the few leaves; left to choose, it goes through every transfer there is.
    " FROM leaf l CROSS JOIN transfer t CROSS JOIN txn x CROSS JOIN account i"
    " WHERE l.community_id = :community_id AND l.leaf_index >= :first_leaf AND l.leaf_index < :end_leaf"
    "  AND t.community_id = l.community_id AND t.txn_id = l.entry_id"
    "  AND x.community_id = t.community_id AND x.txn_id = t.txn_id"
    "  AND i.community_id = t.community_id AND i.account_id = t.{side}_id"
    "  AND i.kind IN ('issued_consumption', 'issued_deed', 'issued_grant')"
)
_GIVEN: Final = Sql(
    "SELECT kind, commodity, merchant_id, month, given_month, units_per_fen, sum(plus) AS plus,"
    " sum(minus) AS minus FROM ("
    + _SIDE.format(side="debit", plus="t.amount", minus="0")
    + " UNION ALL "
    + _SIDE.format(side="credit", plus="0", minus="t.amount")
    + ") m GROUP BY kind, commodity, merchant_id, month, given_month, units_per_fen"
)
_ADD: Final = Sql(
    "INSERT INTO issue_sum (community_id, kind, commodity, merchant_id, month, given_month,"
    " units_per_fen, plus, minus) VALUES (:community_id, :kind, :commodity, :merchant_id, :month,"
    " :given_month, :units_per_fen, :plus, :minus)"
    " ON CONFLICT (community_id, kind, commodity, merchant_id, month, given_month, units_per_fen)"
    " DO UPDATE SET plus = issue_sum.plus + excluded.plus, minus = issue_sum.minus + excluded.minus"
)
_OF_SHOPS: Final = Sql(
    "SELECT merchant_id, given_month, units_per_fen, sum(plus) AS plus, sum(minus) AS minus"
    " FROM issue_sum WHERE community_id = :community_id AND kind = 'issued_consumption'"
    " AND merchant_id <> 0 AND month <= :month GROUP BY merchant_id, given_month, units_per_fen"
    " ORDER BY merchant_id, given_month, units_per_fen"
)
_OF_YEAR: Final = Sql(
    "SELECT commodity, sum(plus) AS plus, sum(minus) AS minus FROM issue_sum"
    " WHERE community_id = :community_id AND kind <> 'opening' AND month > :year * 100"
    " AND month < :year * 100 + 100 GROUP BY commodity ORDER BY commodity"
)


class GivenByShop(NamedTuple):
    """Units a shop gave out in purchases of one month and rate, and took back by refunds."""

    merchant_id: int
    given_month: int
    units_per_fen: int
    plus: int
    minus: int


def count_issued(db: Database, community_id: int) -> int:
    """Count every sealed entry not counted yet; gives the place up to which all are counted."""
    while True:
        with db.read() as tx:
            first, size = _reach(tx, community_id)
        if first >= size:
            return first
        db.write(lambda tx: _count_some(tx, community_id))


def given_by_shops(tx: Tx, community_id: int, month: int) -> list[GivenByShop]:
    """What each shop gave out and took back up to the end of a month (yyyymm), by month and rate of the sale."""
    rows = tx.all(_OF_SHOPS, community_id=community_id, month=month)
    return [GivenByShop(*(int(value) for value in row)) for row in rows]


def given_in_year(tx: Tx, community_id: int, year: int) -> dict[int, int]:
    """Units given out in a calendar year of business dates, less what came back, by commodity; openings left out."""
    rows = tx.all(_OF_YEAR, community_id=community_id, year=year)
    return {int(row.commodity): int(row.plus - row.minus) for row in rows}


def _reach(tx: Tx, community_id: int) -> tuple[int, int]:
    """Up to which place was counted, and up to which there is something to count."""
    row = tx.find(_COUNTED, community_id=community_id)
    head = tx.find(_SIZE, community_id=community_id)
    return 0 if row is None else int(row.counted), 0 if head is None else int(head.size)


def _count_some(tx: Tx, community_id: int) -> None:
    here = {"community_id": community_id}
    tx.run(_FIRST, **here)
    first, size = _reach(tx, community_id)
    end = min(first + BATCH, size)
    if first >= end:
        return
    # Taken first: of two who count, one waits here and then finds that it moved.
    if tx.run(_ADVANCE, **here, first_leaf=first, end_leaf=end) != 1:
        raise GuardMissedError("issue_count")
    given = tx.all(_GIVEN, **here, first_leaf=first, end_leaf=end)
    tx.many(_ADD, [{**here, **_numbers(row._asdict())} for row in given])


def _numbers(row: dict[str, int | str]) -> dict[str, int | str]:
    return {name: value if name == "kind" else int(value) for name, value in row.items()}
