"""Differences in queues for those who work on many: a page at a time in the order they are due, with their sums."""

from __future__ import annotations

from datetime import date
from typing import Any, Final, NamedTuple

from ledger.sql import Row, Sql, Tx
from settlement.discrepancies import COLUMNS
from settlement.queue_rules import Queue, bounds_of

_WHERE: Final = (
    " WHERE d.community_id = :community_id"
    " AND ((:state = '' AND d.state IN ('open', 'asked', 'proposed')) OR d.state = :state)"
    " AND (:code = '' OR d.code = :code) AND (:shop = 0 OR d.claimant_id = :shop)"
    " AND (:owner = 0 OR d.owner_id = :owner)"
    " AND d.discrepancy_no < :below AND d.due_date <= :due_until"
    " AND ((d.discrepancy_no >= :turn_from AND d.discrepancy_no < :turn_until)"
    "  OR (d.discrepancy_no >= :fresh_from AND :codes LIKE '%' || d.code || '%')"
    "  OR (d.discrepancy_no >= :soon_from AND d.discrepancy_no < :soon_until AND :soon LIKE '%' || d.code || '%'))"
)
_PAGE: Final = Sql(
    f"SELECT {COLUMNS}, m.code AS merchant_code, m.name AS merchant_name FROM discrepancy d"
    " LEFT JOIN merchant m ON m.community_id = d.community_id AND m.merchant_id = d.claimant_id"
    f"{_WHERE} AND (d.due_date > :after_due OR (d.due_date = :after_due AND d.discrepancy_no > :after_no))"
    " ORDER BY d.due_date, d.discrepancy_no LIMIT :most"
)
_SUMS: Final = Sql(
    "SELECT count(*) AS n, coalesce(sum(d.plus_fen), 0) AS plus_fen, coalesce(sum(d.minus_fen), 0) AS minus_fen,"
    f" coalesce(sum(d.held_fen), 0) AS held_fen FROM discrepancy d{_WHERE}"
)
_BY_CODE: Final = Sql(
    f"SELECT d.code, count(*) AS n FROM discrepancy d{_WHERE} GROUP BY d.code ORDER BY d.code"
)


class Place(NamedTuple):
    """Where a page ended: the due date and number of its last row."""

    due: int = 0
    number: int = 0


_START: Final = Place()


def queue_page(
    tx: Tx, community_id: int, queue: Queue, today: date, *, after: Place = _START, most: int = 50
) -> list[Row]:
    """One page of a queue, what is due first before the rest; page on from the last row's place."""
    here = _facts(community_id, queue, today)
    return tx.all(_PAGE, **here, after_due=after.due, after_no=after.number, most=most)


def queue_sums(tx: Tx, community_id: int, queue: Queue, today: date) -> Row:
    """How many lie in a queue, and their plus, minus and held fen, never netted."""
    return tx.get(_SUMS, **_facts(community_id, queue, today))


def queue_codes(tx: Tx, community_id: int, queue: Queue, today: date) -> dict[str, int]:
    """How many of each code lie in a queue."""
    rows = tx.all(_BY_CODE, **_facts(community_id, queue, today))
    return {row.code: int(row.n) for row in rows}


def _facts(community_id: int, queue: Queue, today: date) -> dict[str, Any]:
    return {
        "community_id": community_id,
        "state": queue.state,
        "code": queue.code,
        "shop": queue.shop,
        "owner": queue.owner,
        **bounds_of(queue, today)._asdict(),
    }
