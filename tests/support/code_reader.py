"""Reads and checks a receipt's code from its description alone, with none of the product."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


@dataclass
class ReadCode:
    """A code taken apart; `root` is where its path leads, empty for a promise."""

    issuer: str
    facts: dict[str, str]
    leaf: bytes
    index: int
    size: int
    root: bytes
    signed: bool


def read_code(text: str, vkey: str) -> ReadCode:
    """Take a JP1 code apart and check its one signature with an Ed25519 verifier key."""
    body = text.rpartition("JP1.")[2]
    raw = base64.b32decode(body + "=" * (-len(body) % 8))
    origin = vkey.split("+", maxsplit=1)[0]
    issuer, at = raw[1:5].decode(), 5
    length, at = _whole(raw, at)
    said, at = raw[at : at + length].decode(), at + length
    leaf, at = raw[at : at + 32], at + 32
    index, at = _whole(raw, at)
    size, at = _whole(raw, at)
    count, at = raw[at], at + 1
    path = [raw[at + 32 * n : at + 32 * (n + 1)] for n in range(count)]
    at += 32 * count
    root = _root(leaf, index, 0, size, path[::-1]) if size else b""
    root_text = base64.b64encode(root).decode() if size else "-"
    lines = ["jifen-slip/1", origin, str(size), root_text, str(index)]
    lines += [base64.b64encode(leaf).decode(), said]
    message = ("\n".join(lines) + "\n").encode()
    facts = dict(pair.split("=", 1) for pair in said.split("|"))
    return ReadCode(issuer, facts, leaf, index, size, root, _signed(vkey, raw[at + 4 :], message))


def _root(leaf: bytes, index: int, first: int, size: int, path: list[bytes]) -> bytes:
    """The root over leaves [first, first + size), from the path's top down."""
    if size == 1:
        return leaf
    left = 1 << (size - 1).bit_length() - 1
    if index < first + left:
        parts = _root(leaf, index, first, left, path[1:]), path[0]
    else:
        parts = path[0], _root(leaf, index, first + left, size - left, path[1:])
    return hashlib.sha256(b"\x01" + b"".join(parts)).digest()


def _whole(raw: bytes, at: int) -> tuple[int, int]:
    value, shift = 0, 0
    while True:
        byte = raw[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def _signed(vkey: str, signature: bytes, message: bytes) -> bool:
    raw = base64.b64decode(vkey.split("+", 2)[2])
    try:
        Ed25519PublicKey.from_public_bytes(raw[1:]).verify(signature, message)
    except InvalidSignature:
        return False
    return True
