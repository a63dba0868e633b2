"""Files that came in are kept as they were, named by their SHA-256, so that nobody can change them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from ledger.audit import By
from ledger.errors import Refusal
from ledger.sql import Sql, Tx

LIMIT_MB: Final = 10

_LONGEST_NAME: Final = 120
_KEEP: Final = Sql(
    "INSERT INTO stored_file (community_id, sha256, name, media_type, size, body, source,"
    " received_by, received_at) VALUES (:community_id, :sha256, :name, :media_type, :size, :body,"
    " :source, :received_by, :received_at) ON CONFLICT (community_id, sha256) DO NOTHING"
)
_FIND: Final = Sql(
    "SELECT name, media_type, body, source, received_by, received_at FROM stored_file"
    " WHERE community_id = :community_id AND sha256 = :sha256"
)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as it came in."""

    name: str
    media_type: str
    body: bytes
    source: str
    received_by: int
    received_at: int


def keep(
    tx: Tx,
    community_id: int,
    body: bytes,
    *,
    name: str,
    media_type: str,
    source: str,
    by: By,
    at: int,
) -> str:
    """Keep a file and return its SHA-256 in hex; the same content again is kept once.

    Refusals: file_empty, file_too_large.
    """
    check_size(body)
    digest = hashlib.sha256(body)
    tx.run(
        _KEEP,
        community_id=community_id,
        sha256=digest.digest(),
        name="".join(sign for sign in name if sign.isprintable())[-_LONGEST_NAME:],
        media_type=media_type,
        size=len(body),
        body=body,
        source=source,
        received_by=by.id,
        received_at=at,
    )
    return digest.hexdigest()


def get_file(tx: Tx, community_id: int, sha256: str) -> StoredFile:
    """A kept file by its SHA-256 in hex.

    Refusals: file_not_found.
    """
    try:
        digest = bytes.fromhex(sha256)
    except ValueError as error:
        raise Refusal("file_not_found") from error
    row = tx.find(_FIND, community_id=community_id, sha256=digest)
    if row is None:
        raise Refusal("file_not_found")
    return StoredFile(**(row._asdict() | {"body": bytes(row.body)}))


def check_size(body: bytes) -> None:
    """Refuse nothing at all and too much.

    Refusals: file_empty, file_too_large.
    """
    if not body:
        raise Refusal("file_empty")
    if len(body) > LIMIT_MB * 1024 * 1024:
        raise Refusal("file_too_large", limit_mb=LIMIT_MB)
