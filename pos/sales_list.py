"""Sales as a till lists them, and one sale by its reference."""

from __future__ import annotations

from typing import Any, Final

from ledger.errors import Refusal
from ledger.sql import Row, Sql, Tx

_COLUMNS: Final = (
    "sale_id, ref, state, terminal_id, business_date, occurred_at, total_fen, offset_fen, offset_units, paid_fen,"
    " earned_units, refunded_fen, route"
)
_DAY: Final = Sql(
    f"SELECT {_COLUMNS} FROM sale WHERE community_id = :community_id AND terminal_id = :terminal_id"
    " AND business_date = :day AND ref > :after ORDER BY ref LIMIT :most"
)
_ONE: Final = Sql(
    f"SELECT {_COLUMNS} FROM sale WHERE community_id = :community_id AND ref = :ref"
    " AND merchant_id = :merchant_id"
)
_LAST_COUNTER: Final = Sql(
    "SELECT max(ref) AS ref FROM (SELECT ref FROM sale WHERE community_id = :community_id"
    " AND terminal_id = :terminal_id"
    " UNION ALL SELECT ref FROM refund WHERE community_id = :community_id AND terminal_id = :terminal_id"
    " UNION ALL SELECT ref FROM redemption WHERE community_id = :community_id AND terminal_id = :terminal_id) refs"
)


def sales_on(
    tx: Tx, community_id: int, terminal_id: int, day: int, *, after: str = "", most: int = 50
) -> list[Any]:
    """A terminal's sales of a business date by reference; page on with the last `ref`."""
    return tx.all(
        _DAY, community_id=community_id, terminal_id=terminal_id, day=day, after=after, most=most
    )


def get_sale(tx: Tx, community_id: int, merchant_id: int, ref: str) -> Row:
    """One sale of this shop; refuses sale_not_found (also for another shop's)."""
    row = tx.find(_ONE, community_id=community_id, ref=ref, merchant_id=merchant_id)
    if row is None:
        raise Refusal("sale_not_found")
    return row


def last_ref(tx: Tx, community_id: int, terminal_id: int) -> str | None:
    """The latest reference a terminal has used, so that a tablet that lost its memory goes on counting."""
    row = tx.get(_LAST_COUNTER, community_id=community_id, terminal_id=terminal_id)
    return None if row.ref is None else str(row.ref)
