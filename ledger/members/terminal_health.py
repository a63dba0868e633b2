"""How each tablet is doing, by its own word: battery, version, clock, what waits, its opening self-test (M08)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Final

from ledger.sql import Row, Sql, Tx

_NAMES: Final = (
    "version",
    "battery_percent",
    "charging",
    "waiting",
    "clock_ahead_ms",
    "secure",
    "synced_at",
    "tested_at",
    "test_failed",
)
_KEEP: Final = Sql(
    f"INSERT INTO terminal_health (community_id, terminal_id, seen_at, {', '.join(_NAMES)}) VALUES"
    f" (:community_id, :terminal_id, :at, {', '.join(f':{name}' for name in _NAMES)})"
    " ON CONFLICT (community_id, terminal_id) DO UPDATE SET seen_at = excluded.seen_at, "
    + ", ".join(f"{name} = excluded.{name}" for name in _NAMES)
)
_ALL: Final = Sql(
    f"SELECT terminal_id, seen_at, {', '.join(_NAMES)} FROM terminal_health"
    " WHERE community_id = :community_id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What a tablet says of itself. Times in microseconds UTC; None where the browser does not say."""

    version: str
    battery_percent: int | None
    charging: bool | None
    waiting: int
    clock_ahead_ms: int
    """How far the server's clock is ahead of the tablet's own, milliseconds."""
    secure: bool
    """Whether the page came over https, so that camera and protected keys are there."""
    synced_at: int | None
    tested_at: int | None
    test_failed: tuple[str, ...]


def keep_health(tx: Tx, community_id: int, terminal_id: int, health: Health, *, at: int) -> None:
    """Keep the newest word of a tablet in the place of the one before."""
    told = asdict(health) | {
        "charging": None if health.charging is None else int(health.charging),
        "secure": int(health.secure),
        "test_failed": json.dumps(health.test_failed, ensure_ascii=False),
    }
    tx.run(_KEEP, community_id=community_id, terminal_id=terminal_id, at=at, **told)


def all_health(tx: Tx, community_id: int) -> dict[int, Row]:
    """The newest word of each tablet, by terminal."""
    return {int(row.terminal_id): row for row in tx.all(_ALL, community_id=community_id)}
