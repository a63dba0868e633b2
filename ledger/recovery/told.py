"""The server's own mark on an answer: after a loss it tells what it did answer from what somebody says it answered.

The master key is kept apart from the book, so the mark can be checked when the book is gone. A till cannot make one,
and so cannot add a sale, raise an amount, put another code into a request, or move an answer to another time.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from ledger.members.device_keys import to_base64url

PURPOSE: Final = "told answers"
"""What the master key derives the mark's key from."""

SALES: Final = "/api/v1/sales"
PATHS: Final = frozenset({SALES, "/api/v1/refunds", "/api/v1/redemptions", "/api/v1/claims"})
"""The writes that change the book and whose answers are marked."""

_FIRST_LINE: Final = "jifen-told/1"


class Told(NamedTuple):
    """One answer: to which till, of which call, when (milliseconds UTC), word for word."""

    community_id: int
    terminal_id: int
    path: str
    at_ms: int
    body: Mapping[str, Any]
    answer: str


def mark_of(told: Told, key: bytes) -> str:
    """The mark on an answer; a PIN in the request does not count, since nobody keeps it."""
    lines = (
        _FIRST_LINE,
        str(told.community_id),
        str(told.terminal_id),
        told.path,
        str(told.at_ms),
        _hash(content_of(told.body)),
        _hash(told.answer),
    )
    return to_base64url(hmac.digest(key, "\n".join(lines).encode(), hashlib.sha256))


def is_mark(text: str, told: Told, key: bytes) -> bool:
    """Whether the server that holds `key` gave this answer."""
    return hmac.compare_digest(text.encode(), mark_of(told, key).encode())


def content_of(body: Mapping[str, Any]) -> str:
    """A request's content in one spelling, without the PIN."""
    kept = {name: value for name, value in body.items() if name != "pin"}
    return json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
