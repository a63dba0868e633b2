"""Who did what, when, from which device: one row for every act that changes who may do what."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Final, NamedTuple

from ledger.ids import new_id
from ledger.sql import Row, Sql, Tx

_KEEP: Final = Sql(
    "INSERT INTO audit (community_id, audit_id, at, actor_kind, actor_id, act, subject,"
    " before, after, device, salt) VALUES (:community_id, :audit_id, :at, :actor_kind, :actor_id, :act,"
    " :subject, :before, :after, :device, :salt)"
)
_OUTBOX: Final = Sql(
    "INSERT INTO outbox (community_id, entry_id, kind, recorded_at)"
    " VALUES (:community_id, :audit_id, 'act', :at)"
)
_NEWEST: Final = Sql(
    "SELECT audit_id, at, actor_kind, actor_id, act, subject, before, after, device FROM audit"
    " WHERE community_id = :community_id AND audit_id < :before_id ORDER BY audit_id DESC LIMIT :n"
)
_ABOUT: Final = Sql(
    "SELECT audit_id, at, actor_kind, actor_id, act, subject, before, after, device FROM audit"
    " WHERE community_id = :community_id AND subject = :subject ORDER BY audit_id"
)
_LAST_ID: Final = 2**63 - 1
_SALT_BYTES: Final = 16

Facts = Mapping[str, str | int | bool | None]
"""Plain facts for the record: never a name, phone, PIN, password or code."""


class By(NamedTuple):
    """Who acts: staff, merchant, resident, terminal, clerk, or the system itself (`job`, 0)."""

    kind: str
    id: int
    device: str = ""


SYSTEM: Final = By("job", 0)
"""A command on the server."""


def record(
    tx: Tx,
    community_id: int,
    by: By,
    act: str,
    subject: str,
    *,
    at: int,
    before: Facts | None = None,
    after: Facts | None = None,
) -> int:
    """Keep one act (`card.suspend`) on one subject (`card:12`) and what it changed; the sealer will seal it.

    The salt goes into the leaf with the text: once both are erased, nobody can find out what the text was.
    """
    audit_id = new_id(at)
    row = {
        "community_id": community_id,
        "audit_id": audit_id,
        "at": at,
        "actor_kind": by.kind,
        "actor_id": by.id,
        "act": act,
        "subject": subject,
        "before": _text(before),
        "after": _text(after),
        "device": by.device,
        "salt": os.urandom(_SALT_BYTES),
    }
    waiting = {"community_id": community_id, "audit_id": audit_id, "at": at}
    with tx.batch() as batch:
        batch.add(_KEEP, row)
        batch.add(_OUTBOX, waiting)
    return audit_id


def newest(tx: Tx, community_id: int, *, before_id: int = _LAST_ID, limit: int = 50) -> list[Row]:
    """The latest acts, newest first, older than the act `before_id`."""
    return tx.all(_NEWEST, community_id=community_id, before_id=before_id, n=limit)


def acts_on(tx: Tx, community_id: int, subject: str) -> list[Row]:
    """Every act on one subject, oldest first."""
    return tx.all(_ABOUT, community_id=community_id, subject=subject)


def _text(facts: Facts | None) -> str:
    if not facts:
        return ""
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
