"""The rows of lapses and their notices: how they are found, begun, moved on and ended."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple, TypeVar

from ledger.sql import Row, Sql, Tx

T = TypeVar("T")

CHUNK: Final = 300
"""Wallets written in one transaction: short enough that no till waits long for the one writer of SQLite."""

PAGE: Final = "page"
"""The owner's own page: given the moment it is made."""
SLIP: Final = "slip"
"""Paper for owners without a phone: given the day somebody handed it out."""


class LapseKey(NamedTuple):
    """Points of one kind and one owner, earned up to a day (yyyymmdd)."""

    commodity: int
    owner_id: int
    earned_until: int


_COLUMNS: Final = (
    "l.commodity, l.owner_id, l.earned_until, l.units, l.last_day, l.notice_days, l.next_days"
)
_NOT_HANDED: Final = (
    "EXISTS (SELECT 1 FROM lapse_notice n WHERE n.community_id = l.community_id"
    " AND n.commodity = l.commodity AND n.owner_id = l.owner_id"
    " AND n.earned_until = l.earned_until AND n.given_on IS NULL)"
)
_ONLY: Final = {
    "sqlite": " AND l.owner_id IN (SELECT value FROM json_each(:owners))",
    "postgresql": " AND l.owner_id = ANY(:owners)",
}


def among(text: str) -> dict[str, Sql]:
    """One statement for each engine: `{only}` in it keeps the rows `l` of the owners in `:owners`."""
    return {dialect: Sql(text.format(only=only)) for dialect, only in _ONLY.items()}


_TOLD: Final = (
    "SELECT l.owner_id FROM lapse l WHERE l.community_id = :community_id"
    " AND l.commodity = :commodity AND l.earned_until = :earned_until"
)
_ALL_TOLD: Final = Sql(_TOLD)
_SOME_TOLD: Final = among(f"{_TOLD}{{only}}")
_REMINDERS: Final = (
    f"SELECT {_COLUMNS} FROM lapse l"
    " WHERE l.community_id = :community_id AND l.commodity = :commodity AND l.state = 'open'"
    f" AND l.next_days = :notice_days AND l.next_due <= :today AND NOT {_NOT_HANDED}"
)
_REMIND_ALL: Final = Sql(f"{_REMINDERS} ORDER BY l.earned_until, l.owner_id")
_REMIND_SOME: Final = among(
    f"{_REMINDERS} AND l.earned_until = :earned_until{{only}} ORDER BY l.owner_id"
)
_DAYS_DUE: Final = Sql(
    "SELECT DISTINCT next_days FROM lapse WHERE community_id = :community_id"
    " AND commodity = :commodity AND state = 'open' AND next_due <= :today ORDER BY next_days DESC"
)
_DUE: Final = (
    f"SELECT {_COLUMNS}, CASE WHEN {_NOT_HANDED} THEN 1 ELSE 0 END AS not_handed FROM lapse l"
    " WHERE l.community_id = :community_id AND l.commodity = :commodity AND l.state = 'open'"
    " AND l.last_day < :today"
)
_DUE_ALL: Final = Sql(f"{_DUE} ORDER BY l.earned_until, l.owner_id")
_DUE_SOME: Final = among(f"{_DUE} AND l.earned_until = :earned_until{{only}} ORDER BY l.owner_id")
_OPEN: Final = Sql(
    "INSERT INTO lapse (community_id, commodity, owner_id, earned_until, units, last_day,"
    " notice_days, next_days, next_due, state, expired_units, opened_on, changed_at) VALUES"
    " (:community_id, :commodity, :owner_id, :earned_until, :units, :last_day, :notice_days,"
    " :next_days, :next_due, 'open', 0, :today, :at)"
)
_NOTICE: Final = Sql(
    "INSERT INTO lapse_notice (community_id, commodity, owner_id, earned_until, notice_days,"
    " channel, units, last_day, run_id, made_on, given_on) VALUES (:community_id, :commodity,"
    " :owner_id, :earned_until, :days, :channel, :units, :last_day, :run_id, :today, :given_on)"
)
_REMINDED: Final = Sql(
    "UPDATE lapse SET units = :units, last_day = :last_day, next_days = :next_days,"
    " next_due = :next_due, changed_at = :at WHERE community_id = :community_id"
    " AND commodity = :commodity AND owner_id = :owner_id AND earned_until = :earned_until"
)
_USED_UP: Final = Sql(
    "UPDATE lapse SET units = 0, state = 'used', next_days = NULL, next_due = NULL, changed_at = :at"
    " WHERE community_id = :community_id AND commodity = :commodity AND owner_id = :owner_id"
    " AND earned_until = :earned_until AND state = 'open'"
)
ENDED: Final = Sql(
    "UPDATE lapse SET state = :state, expired_units = :expired_units, txn_id = :txn_id,"
    " changed_at = :at WHERE community_id = :community_id AND commodity = :commodity"
    " AND owner_id = :owner_id AND earned_until = :earned_until AND state = 'open'"
)
_MOVED_ON: Final = Sql(
    "UPDATE lapse SET last_day = :last_day, next_due = :next_due, changed_at = :at"
    " WHERE community_id = :community_id AND earned_until = :earned_until AND state = 'open'"
    " AND last_day < :last_day AND coalesce(next_days, 0) = :next_days"
)
_OPEN_CUTS: Final = Sql(
    "SELECT DISTINCT earned_until, next_days FROM lapse WHERE community_id = :community_id"
    " AND state = 'open' ORDER BY earned_until, next_days"
)
_WITHDRAW: Final = Sql(
    "UPDATE lapse SET state = 'withdrawn', next_days = NULL, next_due = NULL, changed_at = :at"
    " WHERE community_id = :community_id AND state = 'open'"
)


def chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """The rows in parts of at most CHUNK."""
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


def given(tx: Tx, owners: Iterable[int]) -> Any:  # noqa: ANN401 - each driver's own form of a list
    """Several owners as a statement of this engine takes them."""
    return json.dumps(list(owners)) if tx.dialect == "sqlite" else list(owners)


def told_of(
    tx: Tx, community_id: int, commodity: int, earned_until: int, owners: Sequence[int] | None
) -> set[int]:
    """Whoever (of `owners`) was told of this cut already."""
    asked = {"community_id": community_id, "commodity": commodity, "earned_until": earned_until}
    if owners is None:
        rows = tx.all(_ALL_TOLD, **asked)
    else:
        rows = tx.all(_SOME_TOLD[tx.dialect], **asked, owners=given(tx, owners))
    return {int(row.owner_id) for row in rows}


def reminders_due(
    tx: Tx,
    community_id: int,
    commodity: int,
    days: int,
    today: int,
    some: tuple[int, Sequence[int]] | None = None,
) -> list[Row]:
    """Open lapses whose next notice is the one of `days` and due; `some`: of one cut and these owners.

    A notice follows only when the one before it was really given.
    """
    asked = {
        "community_id": community_id,
        "commodity": commodity,
        "notice_days": days,
        "today": today,
    }
    if some is None:
        return tx.all(_REMIND_ALL, **asked)
    earned_until, owners = some
    return tx.all(
        _REMIND_SOME[tx.dialect], **asked, earned_until=earned_until, owners=given(tx, owners)
    )


def days_due(tx: Tx, community_id: int, commodity: int, today: int) -> list[int]:
    """Which notices after the first are due for anybody."""
    rows = tx.all(_DAYS_DUE, community_id=community_id, commodity=commodity, today=today)
    return [int(row.next_days) for row in rows]


def lapses_due(
    tx: Tx,
    community_id: int,
    commodity: int,
    today: int,
    some: tuple[int, Sequence[int]] | None = None,
) -> list[Row]:
    """Open lapses whose last day is over, with what stands in the way of each."""
    asked = {"community_id": community_id, "commodity": commodity, "today": today}
    if some is None:
        return tx.all(_DUE_ALL, **asked)
    earned_until, owners = some
    return tx.all(
        _DUE_SOME[tx.dialect], **asked, earned_until=earned_until, owners=given(tx, owners)
    )


def open_lapses(
    tx: Tx, lapses: Sequence[dict[str, Any]], notices: Sequence[dict[str, Any]]
) -> None:
    """Begin lapses with their first notices."""
    tx.many(_OPEN, lapses)
    tx.many(_NOTICE, notices)


def remind(
    tx: Tx,
    moved: Sequence[dict[str, Any]],
    notices: Sequence[dict[str, Any]],
    used_up: Sequence[dict[str, Any]],
) -> None:
    """Note the next notices, and end what was used up meanwhile."""
    tx.many(_REMINDED, moved)
    tx.many(_NOTICE, notices)
    tx.many(_USED_UP, used_up)


def open_cuts(tx: Tx, community_id: int) -> list[tuple[int, int | None]]:
    """Each cut with open lapses, and which notice comes next for some of them."""
    return [
        (int(row.earned_until), row.next_days)
        for row in tx.all(_OPEN_CUTS, community_id=community_id)
    ]


def move_on(
    tx: Tx,
    community_id: int,
    earned_until: int,
    next_days: int | None,
    *,
    last_day: int,
    next_due: int | None,
    at: int,
) -> int:
    """A rule that became longer moves the last day on; returns for how many."""
    return tx.run(
        _MOVED_ON,
        community_id=community_id,
        earned_until=earned_until,
        next_days=next_days or 0,
        last_day=last_day,
        next_due=next_due,
        at=at,
    )


def withdraw(tx: Tx, community_id: int, *, at: int) -> int:
    """Nothing lapses any more: end what was announced; returns how many."""
    return tx.run(_WITHDRAW, community_id=community_id, at=at)
