"""Shops that give no points for a while because nobody has seen a bill of theirs; what people earned stays theirs."""

from __future__ import annotations

from typing import Final

from ledger import audit
from ledger.audit import SYSTEM
from ledger.members.communities import raise_config_version
from ledger.sql import Row, Sql, Tx

_COLUMNS: Final = "merchant_id, from_date, silent_since, began_at, ended_at"
_OPEN: Final = Sql(
    f"SELECT {_COLUMNS} FROM earning_pause WHERE community_id = :community_id AND ended_at IS NULL"
    " ORDER BY merchant_id"
)
_OPEN_OF: Final = Sql(
    f"SELECT {_COLUMNS} FROM earning_pause WHERE community_id = :community_id"
    " AND merchant_id = :merchant_id AND ended_at IS NULL"
)
_BEGIN: Final = Sql(
    "INSERT INTO earning_pause (community_id, merchant_id, from_date, silent_since, began_at, ended_at)"
    " VALUES (:community_id, :merchant_id, :from_date, :silent_since, :at, NULL)"
    " ON CONFLICT (community_id, merchant_id, from_date) DO UPDATE SET ended_at = NULL"
)
_END: Final = Sql(
    "UPDATE earning_pause SET ended_at = :at WHERE community_id = :community_id"
    " AND merchant_id = :merchant_id AND ended_at IS NULL"
)


def open_pauses(tx: Tx, community_id: int) -> list[Row]:
    """Every pause in force: the shop, since which day, and since when nobody has seen a bill (microseconds UTC)."""
    return tx.all(_OPEN, community_id=community_id)


def pause_of(tx: Tx, community_id: int, merchant_id: int) -> Row | None:
    """One shop's pause in force, or None."""
    return tx.find(_OPEN_OF, community_id=community_id, merchant_id=merchant_id)


def pause(
    tx: Tx, community_id: int, merchant_id: int, *, today: int, silent_since: int, at: int
) -> bool:
    """Let a shop give no points from `today` (yyyymmdd) on; False where it is paused already."""
    if pause_of(tx, community_id, merchant_id) is not None:
        return False
    tx.run(
        _BEGIN,
        community_id=community_id,
        merchant_id=merchant_id,
        from_date=today,
        silent_since=silent_since,
        at=at,
    )
    raise_config_version(tx, community_id)
    facts: audit.Facts = {"from_date": today, "silent_since": silent_since}
    subject = f"merchant:{merchant_id}"
    audit.record(tx, community_id, SYSTEM, "earning.pause", subject, at=at, after=facts)
    return True


def resume(tx: Tx, community_id: int, merchant_id: int, *, at: int) -> bool:
    """Let a shop give points again; False where it was not paused."""
    if not tx.run(_END, community_id=community_id, merchant_id=merchant_id, at=at):
        return False
    raise_config_version(tx, community_id)
    audit.record(tx, community_id, SYSTEM, "earning.resume", f"merchant:{merchant_id}", at=at)
    return True
