"""Sign-ins of people: a random token in a cookie, its hash and its end in a row that can be closed."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final, NamedTuple

from ledger.clock import SECOND_US
from ledger.sql import Sql, Tx

KINDS: Final = ("staff", "resident", "merchant", "system")
"""`system`: a shop's own system, with a key instead of a sign-in; its id is the shop's."""

_TOKEN_BYTES: Final = 32
_START: Final = Sql(
    "INSERT INTO session (community_id, token_hash, actor_kind, actor_id, started_at, expires_at)"
    " VALUES (:community_id, :token_hash, :actor_kind, :actor_id, :started_at, :expires_at)"
)
_FIND: Final = Sql(
    "SELECT actor_kind, actor_id, started_at, expires_at FROM session"
    " WHERE community_id = :community_id AND token_hash = :token_hash AND ended_at IS NULL"
    " AND expires_at > :at"
)
_END: Final = Sql(
    "UPDATE session SET ended_at = :at"
    " WHERE community_id = :community_id AND token_hash = :token_hash AND ended_at IS NULL"
)
_END_ALL: Final = Sql(
    "UPDATE session SET ended_at = :at WHERE community_id = :community_id"
    " AND actor_kind = :actor_kind AND actor_id = :actor_id AND ended_at IS NULL"
)


class Session(NamedTuple):
    """Who is signed in, from when to when (microseconds UTC)."""

    actor_kind: str
    actor_id: int
    started_at: int
    expires_at: int


def start(tx: Tx, community_id: int, kind: str, actor_id: int, *, minutes: int, at: int) -> str:
    """Sign somebody in; returns the cookie's value, which names the community and a fresh token."""
    if kind not in KINDS:
        raise ValueError(kind)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    tx.run(
        _START,
        community_id=community_id,
        token_hash=_hash(token),
        actor_kind=kind,
        actor_id=actor_id,
        started_at=at,
        expires_at=at + minutes * 60 * SECOND_US,
    )
    return f"{community_id}.{token}"


def split(cookie: str) -> tuple[int, str] | None:
    """The community and the token of a cookie's value, or None where it is none of ours.

    The community a cookie names is worth nothing by itself: the token must be one of that community.
    """
    community, _, token = cookie.partition(".")
    if not (community.isascii() and community.isdigit() and token):
        return None
    number = int(community[:20])
    return (number, token) if number < 2**63 else None


def find(tx: Tx, community_id: int, token: str, *, at: int) -> Session | None:
    """The session of a token, unless it has ended."""
    row = tx.find(_FIND, community_id=community_id, token_hash=_hash(token), at=at)
    return None if row is None else Session(*row)


def end(tx: Tx, community_id: int, token: str, *, at: int) -> None:
    """Sign out; once more changes nothing."""
    tx.run(_END, community_id=community_id, token_hash=_hash(token), at=at)


def end_all(tx: Tx, community_id: int, kind: str, actor_id: int, *, at: int) -> int:
    """Sign somebody out everywhere, as after a changed password; returns how many sign-ins ended."""
    return tx.run(_END_ALL, community_id=community_id, actor_kind=kind, actor_id=actor_id, at=at)


def _hash(token: str) -> bytes:
    # 256 random bits need no slow hash.
    return hashlib.sha256(token.encode()).digest()
