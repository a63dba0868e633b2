"""What a backup says of itself: when, of what, how many rows, which hashes; plain values, no file is read here."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from ledger.errors import Refusal

FORMAT: Final = "jifen-backup/1"
FILE: Final = "manifest.json"
KEY_PURPOSE: Final = "backup manifests"
"""What the master key derives the manifest's seal from; the key itself never lies beside a copy."""

_KEY_CHECK: Final = b"which master key"


@dataclass(frozen=True, slots=True)
class BookMark:
    """How far one community's order had come: `size` entries under this root (hex)."""

    size: int
    root: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One copy of the whole database. `made_at` in microseconds UTC: nothing acknowledged before it is missing."""

    name: str
    made_at: int
    engine: str
    schema: str
    file: str
    size_bytes: int
    sha256: str
    rows: Mapping[str, int]
    """How many rows each table held."""
    books: Mapping[str, BookMark]
    """By the community's four-character code."""
    key_check: str = ""
    """Tells the right master key from a wrong one, and nothing else about it."""
    seal: str = field(default="", repr=False)

    def to_text(self) -> str:
        """The manifest as its file holds it."""
        return json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False, indent=1) + "\n"


def sealed(manifest: Manifest, key: bytes) -> Manifest:
    """The manifest with the check of its key and a seal over everything in it, by a key derived for KEY_PURPOSE."""
    checked = replace(manifest, key_check=check_of(key), seal="")
    return replace(checked, seal=_seal(checked, key))


def check_of(key: bytes) -> str:
    """What stands in `key_check` for a derived key."""
    return hmac.digest(key, _KEY_CHECK, hashlib.sha256).hex()[:16]


def check_seal(manifest: Manifest, key: bytes) -> None:
    """Refuse a manifest of another key, or one that was changed after it was written.

    Refusals: backup_other_key, backup_changed.
    """
    if not hmac.compare_digest(manifest.key_check, check_of(key)):
        raise Refusal("backup_other_key", name=manifest.name)
    if not hmac.compare_digest(manifest.seal, _seal(manifest, key)):
        raise Refusal("backup_changed", name=manifest.name)


def read_manifest(text: str, name: str) -> Manifest:
    """Read a manifest back; `name` is what it is called where it lies.

    Refusals: backup_unreadable.
    """
    try:
        values: dict[str, Any] = json.loads(text)
        if values.pop("format") != FORMAT or values["name"] != name:
            raise Refusal("backup_unreadable", name=name)
        books = {issuer: BookMark(**mark) for issuer, mark in values.pop("books").items()}
        return Manifest(**values, books=books)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Refusal("backup_unreadable", name=name) from error


def _seal(manifest: Manifest, key: bytes) -> str:
    plain = asdict(replace(manifest, seal=""))
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hmac.digest(key, text.encode(), hashlib.sha256).hex()
