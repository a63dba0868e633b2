"""A line of a till's signed daybook (a compact JWS, ES256): read, and checked against the till's own keys."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from ledger.errors import Refusal
from ledger.members.device_keys import is_signature, to_base64url
from ledger.members.signed_text import is_hash, is_id, is_number, read_signed_text

TYPE: Final = "jifen-daybook"

_PAYLOAD: Final = {"c", "n", "p", "r", "u", "b", "a", "k", "t", "m"}
_MOST_N: Final = 10**9
_MOST_MS: Final = 10**14
_MS_US: Final = 1_000


class Line(NamedTuple):
    """What a line says; believe it only after `check_signed`, and its content only after `check_content`."""

    community_id: int
    terminal_id: int
    n: int
    before: str
    request_id: str
    path: str
    body_hash: str
    answer_hash: str
    clerk_id: int | None
    told_at: int
    """When the server gave the answer, microseconds UTC."""
    mark: str
    """The server's own mark on it (`ledger.recovery.told`)."""
    hash: str
    """The hash of the line itself."""
    signed: bytes
    signature: bytes


class DeviceKey(NamedTuple):
    """One key a terminal had: its public JWK, and from when it was no longer the terminal's (microseconds UTC)."""

    public_jwk: str
    ended_at: int | None

    @property
    def name(self) -> str:
        """The key's own name: the hash of its public half (RFC 7638)."""
        return to_base64url(hashlib.sha256(self.public_jwk.encode()).digest())


def read_line(text: str) -> Line:
    """Take a line apart, without cryptography.

    Refusals: daybook_line_bad.
    """
    try:
        line = read_signed_text(text, TYPE, _PAYLOAD)
    except ValueError as error:
        raise Refusal("daybook_line_bad") from error
    payload = line.said
    _check_payload(payload)
    return Line(
        community_id=line.community_id,
        terminal_id=line.terminal_id,
        n=payload["n"],
        before=payload["p"],
        request_id=payload["r"],
        path=payload["u"],
        body_hash=payload["b"],
        answer_hash=payload["a"],
        clerk_id=int(payload["k"]) if payload["k"] else None,
        told_at=payload["t"] * _MS_US,
        mark=payload["m"],
        hash=hash_of(text),
        signed=line.signed,
        signature=line.signature,
    )


def check_signed(line: Line, keys: Iterable[DeviceKey]) -> DeviceKey:
    """The terminal's key that signed the line, where it was the terminal's when the answer was given.

    Refusals: daybook_signature (none of the terminal's keys), daybook_revoked (told after the key was taken away).
    """
    signer = next(
        (key for key in keys if is_signature(key.public_jwk, line.signature, line.signed)), None
    )
    if signer is None:
        raise Refusal("daybook_signature")
    if signer.ended_at is not None and line.told_at >= signer.ended_at:
        raise Refusal("daybook_revoked")
    return signer


def check_content(line: Line, body: str, answer: str) -> None:
    """Refuse a request or an answer that is not the one the line was signed over.

    Refusals: daybook_edited.
    """
    if (hash_of(body), hash_of(answer)) != (line.body_hash, line.answer_hash):
        raise Refusal("daybook_edited")


def hash_of(text: str) -> str:
    """SHA-256 of a text in UTF-8, as base64url."""
    return to_base64url(hashlib.sha256(text.encode()).digest())


def _check_payload(payload: Mapping[str, Any]) -> None:
    n = payload["n"]
    is_whole = (
        all(isinstance(payload[key], str) for key in ("r", "u", "m"))
        and (payload["k"] == "" or is_id(payload["k"]))
        and is_number(n, 1, _MOST_N - 1)
        and is_number(payload["t"], 1, _MOST_MS - 1)
        and is_hash(payload["b"])
        and is_hash(payload["a"])
        and (payload["p"] == "" or is_hash(payload["p"]))
        and (payload["p"] == "") == (n == 1)
    )
    if not is_whole:
        raise Refusal("daybook_line_bad")
