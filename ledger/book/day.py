"""A business date's life in the book: open, cut off, locked. A locked date takes no entry."""

from __future__ import annotations

from typing import Final

from ledger.sql import Sql, Tx

_READ: Final = Sql(
    "SELECT state FROM book_day WHERE community_id = :community_id AND business_date = :business_date"
)
_SET: Final = Sql(
    "INSERT INTO book_day (community_id, business_date, state, changed_at)"
    " VALUES (:community_id, :business_date, :state, :at)"
    " ON CONFLICT (community_id, business_date) DO UPDATE SET state = excluded.state, changed_at = excluded.changed_at"
    " WHERE book_day.state <> 'locked'"
)
_LAST_LOCKED: Final = Sql(
    "SELECT max(business_date) AS day FROM book_day WHERE community_id = :community_id AND state = 'locked'"
)
_FIRST_LOCKED: Final = Sql(
    "SELECT min(business_date) AS day FROM book_day WHERE community_id = :community_id AND state = 'locked'"
)


def state_of(tx: Tx, community_id: int, business_date: int) -> str:
    """`open`, `cut_off` or `locked`."""
    row = tx.find(_READ, community_id=community_id, business_date=business_date)
    return "open" if row is None else str(row.state)


def cut_off(tx: Tx, community_id: int, business_date: int, *, at: int) -> None:
    """Mark the day as cut off; a locked day stays locked."""
    tx.run(_SET, community_id=community_id, business_date=business_date, state="cut_off", at=at)


def lock(tx: Tx, community_id: int, business_date: int, *, at: int) -> None:
    """Lock the day: from now on no entry carries its date."""
    tx.run(_SET, community_id=community_id, business_date=business_date, state="locked", at=at)


def last_locked(tx: Tx, community_id: int) -> int:
    """The latest locked business date (yyyymmdd), 0 where none is."""
    row = tx.get(_LAST_LOCKED, community_id=community_id)
    return int(row.day or 0)


def first_locked(tx: Tx, community_id: int) -> int:
    """The earliest locked business date (yyyymmdd), 0 where none is."""
    row = tx.get(_FIRST_LOCKED, community_id=community_id)
    return int(row.day or 0)
