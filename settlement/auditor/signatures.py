"""Signatures under the published roots, checked anew: signed notes (C2SP) under the keys that the manifest publishes.

What a key is worth the export cannot say of itself: its first key is compared with one that somebody kept. From there
on every key must have been named by the one before it.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from collections.abc import Iterator
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from settlement.auditor.book import Book

_ED25519: Final = 0x01
_P256: Final = 0x02
_ID: Final = 4
_DASH: Final = "\N{EM DASH} "


class _Key:
    """One published key, `name+id+base64(kind, key)`; ValueError where it is none."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.name, stated, encoded = text.split("+", 2)
        raw = _raw(encoded)
        self.kind, key = raw[0], raw[1:]
        if self.kind == _ED25519:
            named = hashlib.sha256(self.name.encode() + b"\n" + raw).digest()
            self._public: Any = Ed25519PublicKey.from_public_bytes(key)
        elif self.kind == _P256:
            named = hashlib.sha256(key).digest()
            self._public = load_der_public_key(key)
            if not isinstance(self._public, EllipticCurvePublicKey) or not isinstance(
                self._public.curve, SECP256R1
            ):
                raise ValueError("another curve")
        else:
            raise ValueError("another kind of key")
        self.id = named[:_ID]
        if self.id.hex() != stated:
            raise ValueError("another key than its number says")

    def has_signed(self, text: str, signature: bytes) -> bool:
        """Whether the key's other half signed this text."""
        try:
            if self.kind == _ED25519:
                self._public.verify(signature, text.encode())
            else:
                self._public.verify(signature, text.encode(), ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return True


def checkpoints(book: Book) -> Iterator[tuple[int, int, str]]:
    """Published roots whose note is not signed by the key it names, or says something else than its row."""
    keys = dict(enumerate(_keys(book), start=1))
    for size, root, note, key_no in book.rows(
        "SELECT size, root, note, key_no FROM checkpoint ORDER BY size"
    ):
        wrong = _wrong_with(str(note), keys.get(int(key_no)), int(size), str(root))
        if wrong:
            yield (size, key_no, wrong)


def published(book: Book) -> Iterator[tuple[str, str]]:
    """Keys of the manifest that are none, or that the key before them did not name."""
    texts = [str(text) for text in book.source.manifest.get("keys") or ()]
    keys = _keys(book)
    notes = [str(note) for note in book.source.manifest.get("handovers") or ()]
    for number, (text, key) in enumerate(zip(texts, keys, strict=True)):
        if key is None:
            yield (f"key {number + 1}", "no key")
        elif number:
            before = keys[number - 1]
            if before is None or not any(_names(note, before, text) for note in notes):
                yield (f"key {number + 1}", "not named by the key before it")


def _names(note: str, before: _Key, text: str) -> bool:
    said = _signed(note, before)
    return said is not None and said.split("\n")[2:3] == [text]


def _wrong_with(note: str, key: _Key | None, size: int, root: str) -> str:
    if key is None:
        return "signed by a key that nobody published"
    said = _signed(note, key)
    if said is None:
        return "the signature does not fit"
    if said.split("\n")[:3] != [key.name, str(size), b64encode(bytes.fromhex(root)).decode()]:
        return "the note says something else"
    return ""


def _signed(note: str, key: _Key) -> str | None:
    """The text of a note that this key has signed; None where it has not."""
    text, blank, under = note.rpartition("\n\n")
    text += "\n"
    for line in under.split("\n") if blank else ():
        name, _, encoded = line.removeprefix(_DASH).rpartition(" ")
        try:
            raw = _raw(encoded)
        except ValueError:
            continue
        if line.startswith(_DASH) and name == key.name and raw[:_ID] == key.id:
            return text if key.has_signed(text, raw[_ID:]) else None
    return None


def _keys(book: Book) -> list[_Key | None]:
    found: list[_Key | None] = []
    for text in book.source.manifest.get("keys") or ():
        try:
            found.append(_Key(str(text)))
        except (ValueError, IndexError, UnsupportedAlgorithm):
            found.append(None)
    return found


def _raw(encoded: str) -> bytes:
    try:
        return b64decode(encoded, validate=True)
    except BadBase64 as error:
        raise ValueError("not base64") from error
