"""What each shop's tills did on one business date, summed for the office's first page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from ledger.sql import Sql, Tx

# Through the tills, whose index holds one day's sales together.
_SALES: Final = Sql(
    "SELECT t.merchant_id, count(s.sale_id) AS sales, coalesce(sum(s.paid_fen), 0) AS paid_fen,"
    " coalesce(sum(s.offset_fen), 0) AS offset_fen,"
    " coalesce(sum(s.offset_units), 0) AS offset_units,"
    " coalesce(sum(s.earned_units), 0) AS earned_units"
    " FROM terminal t JOIN sale s ON s.community_id = t.community_id"
    " AND s.terminal_id = t.terminal_id AND s.business_date = :day AND s.state = 'done'"
    " WHERE t.community_id = :community_id GROUP BY t.merchant_id"
)
_REFUNDS: Final = Sql(
    "SELECT t.merchant_id, count(r.refund_id) AS refunds,"
    " coalesce(sum(r.cash_fen), 0) AS cash_fen, coalesce(sum(r.offset_fen), 0) AS offset_fen"
    " FROM terminal t JOIN refund r ON r.community_id = t.community_id"
    " AND r.terminal_id = t.terminal_id AND r.business_date = :day AND r.state = 'done'"
    " WHERE t.community_id = :community_id GROUP BY t.merchant_id"
)


class ShopDay(NamedTuple):
    """One shop's day; sales and refunds stand apart and are not netted."""

    merchant_id: int
    sales: int = 0
    paid_fen: int = 0
    offset_fen: int = 0
    offset_units: int = 0
    earned_units: int = 0
    refunds: int = 0
    refunded_fen: int = 0
    offset_back_fen: int = 0


def day_by_shop(tx: Tx, community_id: int, day: int) -> dict[int, ShopDay]:
    """Each shop that sold or took back anything on the business date (yyyymmdd)."""
    found = {
        int(row.merchant_id): ShopDay(*(int(value) for value in row))
        for row in tx.all(_SALES, community_id=community_id, day=day)
    }
    for row in tx.all(_REFUNDS, community_id=community_id, day=day):
        shop = int(row.merchant_id)
        found[shop] = found.get(shop, ShopDay(shop))._replace(
            refunds=int(row.refunds),
            refunded_fen=int(row.cash_fen),
            offset_back_fen=int(row.offset_fen),
        )
    return found


def total_of(days: Iterable[ShopDay]) -> ShopDay:
    """All shops together; its `merchant_id` is 0."""
    total = ShopDay(0)
    for day in days:
        total = ShopDay(0, *(one + more for one, more in zip(total[1:], day[1:], strict=True)))
    return total
