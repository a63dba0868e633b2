"""A text a tablet signed (a compact JWS, ES256): taken apart without cryptography, nothing of it believed yet."""

from __future__ import annotations

import json
import re
from collections.abc import Set as AbstractSet
from typing import Any, Final, NamedTuple

from ledger.members.device_keys import from_base64url

LONGEST: Final = 2_000

_PARTS: Final = 3
_HEADER: Final = {"typ", "alg", "kid"}
_ID: Final = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
_HASH: Final = re.compile(r"[0-9A-Za-z_-]{43}", re.ASCII)


class SignedText(NamedTuple):
    """What it says and who is said to have signed it; the signature is not checked yet."""

    community_id: int
    terminal_id: int
    said: dict[str, Any]
    signed: bytes
    signature: bytes


def read_signed_text(
    text: str, kind: str, fields: AbstractSet[str], *, longest: int = LONGEST
) -> SignedText:
    """Take it apart: `kind` is its header's `typ`, and it says exactly `fields`, of which `c` names the community.

    Raises ValueError where it is none; what stands in the other fields is the caller's to look at.
    """
    parts = text.split(".")
    if len(parts) != _PARTS or len(text) > longest:
        raise ValueError("no signed text")
    header, said = (_object(from_base64url(part)) for part in parts[:2])
    fits = (
        set(header) == _HEADER
        and (header["typ"], header["alg"]) == (kind, "ES256")
        and set(said) == fields
        and is_id(header["kid"])
        and is_id(said["c"])
    )
    if not fits:
        raise ValueError("another header or other fields")
    return SignedText(
        community_id=int(said["c"]),
        terminal_id=int(header["kid"]),
        said=said,
        signed=f"{parts[0]}.{parts[1]}".encode(),
        signature=from_base64url(parts[2]),
    )


def is_id(value: object) -> bool:
    """Whether it is the text of an id: a whole number above 0 that a column holds."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None and int(value) < 2**63


def is_hash(value: object) -> bool:
    """Whether it is the text of a SHA-256 as base64url."""
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


def is_number(value: object, least: int, most: int) -> bool:
    """Whether it is a whole number within these bounds; true and false are none."""
    return type(value) is int and least <= value <= most


def _object(raw: bytes) -> dict[str, Any]:
    found = json.loads(raw)
    if isinstance(found, dict):
        return found
    raise ValueError("no object")
