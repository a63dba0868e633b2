"""A recovery from beginning to end: restored, collecting, applied, finished; one at a time for each community.

Until it is applied the book lacks what was acknowledged meanwhile: points may be earned, and none may be spent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ledger import audit
from ledger.audit import By
from ledger.clock import SECOND_US
from ledger.errors import GuardMissedError, Refusal
from ledger.ids import new_id
from ledger.members.communities import raise_config_version
from ledger.seal.sealer import size
from ledger.seal.tiles import read_root
from ledger.sql import Row, Sql, Tx

SLACK_US: Final = 600 * SECOND_US
"""Tills are asked for this much more than is missing: clocks differ, and what is known already costs nothing."""

SERVER: Final = "server"
DEVICE: Final = "device"

_COLUMNS: Final = (
    "recovery_id, state, proof, backup, since_at, kept_size, kept_root, opened_at, started_at, applied_at,"
    " finished_at, report"
)
_OPEN: Final = Sql(
    f"SELECT {_COLUMNS} FROM recovery WHERE community_id = :community_id AND state <> 'finished'"
    " ORDER BY recovery_id DESC LIMIT 1"
)
_NEWEST: Final = Sql(
    f"SELECT {_COLUMNS} FROM recovery WHERE community_id = :community_id"
    " ORDER BY recovery_id DESC LIMIT 1"
)
_KEEP: Final = Sql(
    "INSERT INTO recovery (community_id, recovery_id, state, proof, backup, since_at, kept_size,"
    " kept_root, opened_at, report) VALUES (:community_id, :recovery_id, 'restored', :proof,"
    " :backup, :since_at, :kept_size, :kept_root, :at, '')"
)
_MOVE: Final = Sql(
    "UPDATE recovery SET state = :state, started_at = coalesce(:started_at, started_at),"
    " applied_at = coalesce(:applied_at, applied_at),"
    " finished_at = coalesce(:finished_at, finished_at), report = :report"
    " WHERE community_id = :community_id AND recovery_id = :recovery_id AND state = :seen"
)
_ASK: Final = Sql(
    "INSERT INTO recovery_till (community_id, recovery_id, terminal_id, state, lines,"
    " last_counter, unused, checkpoint, changed_at, why) VALUES (:community_id, :recovery_id,"
    " :terminal_id, 'asked', 0, 0, '[]', '', :at, '') ON CONFLICT (community_id, recovery_id, terminal_id) DO NOTHING"
)
_MAY_KNOW: Final = Sql(
    "SELECT terminal_id FROM terminal WHERE community_id = :community_id AND public_jwk IS NOT NULL"
    " AND (state = 'active' OR revoked_at >= :since_at) ORDER BY terminal_id"
)
_CLOSE_SPENDING: Final = Sql(
    "UPDATE community SET recovery_id = :recovery_id WHERE community_id = :community_id"
)
_IS_CLOSED: Final = Sql("SELECT recovery_id FROM community WHERE community_id = :community_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """One recovery; times in microseconds UTC. Everything acknowledged before `since_at` is in the restored book."""

    recovery_id: int
    state: str
    proof: str
    backup: str
    since_at: int
    kept_size: int
    kept_root: bytes
    opened_at: int
    started_at: int | None
    applied_at: int | None
    finished_at: int | None
    report: str

    @property
    def asks_since(self) -> int:
        """From when on tills are asked for their lines."""
        return self.since_at - SLACK_US

    @property
    def is_collecting(self) -> bool:
        """Whether tills are asked at all; until it is finished a till that turns up is still heard."""
        return self.state in {"collecting", "applied"}


def find_open(tx: Tx, community_id: int) -> Recovery | None:
    """The recovery that is not finished, or None."""
    row = tx.find(_OPEN, community_id=community_id)
    return None if row is None else _recovery(row)


def get_open(tx: Tx, community_id: int) -> Recovery:
    """The recovery that is not finished.

    Refusals: recovery_none.
    """
    found = find_open(tx, community_id)
    if found is None:
        raise Refusal("recovery_none")
    return found


def find_newest(tx: Tx, community_id: int) -> Recovery | None:
    """The last recovery, finished or not."""
    row = tx.find(_NEWEST, community_id=community_id)
    return None if row is None else _recovery(row)


def check_whole(tx: Tx, community_id: int) -> None:
    """Refuse what would count on a book from which acknowledged entries are missing.

    Refusals: recovery_open.
    """
    row = tx.get(_IS_CLOSED, community_id=community_id)
    if row.recovery_id is not None:
        raise Refusal("recovery_open")


def check_refunds(tx: Tx, community_id: int, occurred_at: int) -> None:
    """Refuse a refund while acknowledged refunds of the same sale may be missing.

    Refusals: recovery_wait (asked before the loss), recovery_no_refunds.
    """
    row = tx.get(_IS_CLOSED, community_id=community_id)
    if row.recovery_id is None:
        return
    found = get_open(tx, community_id)
    raise Refusal("recovery_wait" if occurred_at < found.opened_at else "recovery_no_refunds")


def check_claims(tx: Tx, community_id: int) -> None:
    """Refuse a day's claims while those filed before it may be missing.

    Refusals: recovery_wait.
    """
    if tx.get(_IS_CLOSED, community_id=community_id).recovery_id is not None:
        raise Refusal("recovery_wait")


def open_recovery(
    tx: Tx,
    community_id: int,
    *,
    backup: str,
    since_at: int,
    proof: str = SERVER,
    by: By,
    at: int,
) -> Recovery:
    """Note that the book was put back from a copy of `since_at`: from here on no points are spent.

    `proof` is DEVICE only where the master key is lost with the book: then nobody can tell any more what was answered.

    Refusals: recovery_there.
    """
    if find_open(tx, community_id) is not None:
        raise Refusal("recovery_there")
    here = size(tx, community_id)
    recovery_id = new_id(at)
    tx.run(
        _KEEP,
        community_id=community_id,
        recovery_id=recovery_id,
        proof=proof,
        backup=backup,
        since_at=since_at,
        kept_size=here,
        kept_root=read_root(tx, community_id, here),
        at=at,
    )
    _close_spending(tx, community_id, recovery_id)
    _note(tx, community_id, by, "recovery.restore", recovery_id, at, backup=backup, size=here)
    return get_open(tx, community_id)


def start(tx: Tx, community_id: int, *, by: By, at: int) -> Recovery:
    """Begin to ask the tills. Again, it changes nothing.

    Refusals: recovery_none.
    """
    found = get_open(tx, community_id)
    if found.state != "restored":
        return found
    _move(tx, community_id, found, "collecting", started_at=at)
    for row in tx.all(_MAY_KNOW, community_id=community_id, since_at=found.asks_since):
        tx.run(
            _ASK,
            community_id=community_id,
            recovery_id=found.recovery_id,
            terminal_id=row.terminal_id,
            at=at,
        )
    raise_config_version(tx, community_id)
    _note(tx, community_id, by, "recovery.start", found.recovery_id, at)
    return get_open(tx, community_id)


def mark_applied(tx: Tx, community_id: int, *, by: By, at: int, facts: audit.Facts) -> Recovery:
    """Everything the tills sent is in the book: points may be spent again. Again, it changes nothing.

    Refusals: recovery_none, recovery_not_started.
    """
    found = get_open(tx, community_id)
    if found.state == "restored":
        raise Refusal("recovery_not_started")
    if found.state == "collecting":
        _move(tx, community_id, found, "applied", applied_at=at)
        _close_spending(tx, community_id, None)
        _note(tx, community_id, by, "recovery.apply", found.recovery_id, at, **facts)
    return get_open(tx, community_id)


def finish(
    tx: Tx, community_id: int, *, report: Mapping[str, Any], by: By, at: int, facts: audit.Facts
) -> None:
    """Close the recovery with its report.

    Refusals: recovery_none, recovery_not_applied.
    """
    found = get_open(tx, community_id)
    if found.state != "applied":
        raise Refusal("recovery_not_applied")
    _move(tx, community_id, found, "finished", finished_at=at, report=json.dumps(report))
    _note(tx, community_id, by, "recovery.finish", found.recovery_id, at, **facts)


def _move(
    tx: Tx,
    community_id: int,
    found: Recovery,
    state: str,
    *,
    started_at: int | None = None,
    applied_at: int | None = None,
    finished_at: int | None = None,
    report: str = "",
) -> None:
    moved = tx.run(
        _MOVE,
        community_id=community_id,
        recovery_id=found.recovery_id,
        seen=found.state,
        state=state,
        started_at=started_at,
        applied_at=applied_at,
        finished_at=finished_at,
        report=report,
    )
    if moved != 1:
        raise GuardMissedError("recovery")


def _close_spending(tx: Tx, community_id: int, recovery_id: int | None) -> None:
    tx.run(_CLOSE_SPENDING, community_id=community_id, recovery_id=recovery_id)
    raise_config_version(tx, community_id)


def _note(
    tx: Tx,
    community_id: int,
    by: By,
    act: str,
    recovery_id: int,
    at: int,
    **facts: str | int | bool | None,
) -> None:
    audit.record(tx, community_id, by, act, f"recovery:{recovery_id}", at=at, after=facts)


def _recovery(row: Row) -> Recovery:
    return Recovery(**(row._asdict() | {"kept_root": bytes(row.kept_root)}))
