"""Offline sales as people look at them: what was refused, what a till's numbers lack, whom to tell."""

from __future__ import annotations

from typing import Final

from ledger.book.steps import Step
from ledger.sql import Row, Sql, Tx

_COLUMNS: Final = (
    "request_id, ref, terminal_id, merchant_id, counter, occurred_at, came_at, person_id, card_serial, total_fen,"
    " units, lacked_units, state, code, keyed_by, heard_at, heard_where"
)
_REFUSED: Final = Sql(
    f"SELECT {_COLUMNS} FROM offline_sale WHERE community_id = :community_id AND state = 'refused'"
    " AND code <> 'no_slip' ORDER BY came_at DESC, request_id LIMIT :most"
)
# Told of: what they owe for, a code of theirs that was used twice, and what was not booked; a reported card's loss
# is nothing of theirs.
_UNHEARD: Final = Sql(
    f"SELECT {_COLUMNS} FROM offline_sale WHERE community_id = :community_id AND person_id = :person_id"
    " AND state IN ('short', 'twice', 'refused') AND heard_at IS NULL ORDER BY came_at, request_id"
)
_ON_PAGE: Final = Sql(
    f"SELECT {_COLUMNS} FROM offline_sale WHERE community_id = :community_id AND person_id = :person_id"
    " AND state IN ('short', 'twice', 'refused') AND (heard_at IS NULL OR heard_at > :since)"
    " ORDER BY came_at DESC, request_id"
)
_TO_CALL: Final = Sql(
    f"SELECT {_COLUMNS} FROM offline_sale WHERE community_id = :community_id AND person_id IS NOT NULL"
    " AND state IN ('short', 'twice', 'refused') AND heard_at IS NULL ORDER BY came_at, request_id LIMIT :most"
)
_HEARD: Final = Sql(
    "UPDATE offline_sale SET heard_at = :at, heard_where = :place WHERE community_id = :community_id"
    " AND request_id = :request_id AND heard_at IS NULL"
)
_TWICE: Final = Sql(
    "SELECT max(came_at) AS at FROM offline_sale WHERE community_id = :community_id AND person_id = :person_id"
    " AND state = 'twice'"
)
_MOST: Final = 200
SPARE_PAUSE_US: Final = 30 * 86_400 * 1_000_000
"""Nobody gets spare codes for so long after one of theirs was taken twice: what they cost is the community's."""


def refused(tx: Tx, community_id: int, *, most: int = _MOST) -> list[Row]:
    """Entries that came in and were refused, newest first."""
    return tx.all(_REFUSED, community_id=community_id, most=most)


def unheard(tx: Tx, community_id: int, person_id: int) -> list[Row]:
    """What a resident has not been told yet of sales made without network with their card."""
    return tx.all(_UNHEARD, community_id=community_id, person_id=person_id)


def on_own_page(tx: Tx, community_id: int, person_id: int, *, since: int) -> list[Row]:
    """What stands on a resident's own page: what they were not told, or since a moment (microseconds UTC)."""
    return tx.all(_ON_PAGE, community_id=community_id, person_id=person_id, since=since)


def to_call(tx: Tx, community_id: int, *, most: int = _MOST) -> list[Row]:
    """Everybody's entries that nobody was told of yet, the oldest first: the office's call list."""
    return tx.all(_TO_CALL, community_id=community_id, most=most)


def spare_pause_until(tx: Tx, community_id: int, person_id: int, *, at: int) -> int | None:
    """Until when a resident gets no spare codes (microseconds UTC); None where they get some at `at`."""
    row = tx.get(_TWICE, community_id=community_id, person_id=person_id)
    until = 0 if row.at is None else int(row.at) + SPARE_PAUSE_US
    return until if until > at else None


def heard_step(community_id: int, request_id: str, *, where: str, at: int) -> Step:
    """Note where (`resident`, `till`, `counter`, `kiosk`, `office`) a holder was told; the first time counts."""
    return Step(
        _HEARD, {"community_id": community_id, "request_id": request_id, "place": where, "at": at}
    )
