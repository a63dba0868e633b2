"""The code on a receipt, a statement or a notice board: a proof any device checks without network.

A receipt's code carries what the receipt says, the entry's leaf, its path to a root and one signature over all of it;
a board's code is a signed checkpoint. Neither names a person: the facts are those printed on the paper itself. It is
base32 in capitals, so that it fits a QR code's short alphabet, an address, and a scanner that types.
"""

from __future__ import annotations

from base64 import b32encode, b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.seal.note import Signer, parse_head, parse_note
from ledger.seal.tree import HASH_BYTES

PROOF: Final = "JP1."
BOARD: Final = "JC1."
FIRST_LINE: Final = "jifen-slip/1"
"""Of a receipt's text; a log's origin is never this, so no receipt is ever taken for a checkpoint."""

_VERSION: Final = b"\x01"
_MOST_STEPS: Final = 63
_SEVEN_BITS: Final = 0x7F

Facts = Mapping[str, str | int]
"""What a receipt says, by plain names; amounts in fen and units. Never a person, a card or a household."""


@dataclass(frozen=True, slots=True)
class SealedAt:
    """Where an entry stands: its index in the tree of `size` leaves, the path to that tree's root, the root."""

    index: int
    size: int
    path: Sequence[bytes]
    root: bytes


def facts_text(facts: Facts) -> str:
    """`kind=sale|ref=…`, in the order given; a fact that could be read as two, or is not ASCII, raises ValueError."""
    text = "|".join(f"{name}={value}" for name, value in facts.items())
    plain = text.isascii() and text.isprintable() and text.count("|") == len(facts) - 1
    if not plain or text.count("=") != len(facts):
        raise ValueError("a fact of a receipt is plain and short")
    return text


def slip_text(origin: str, facts: str, leaf: bytes, at: SealedAt | None) -> str:
    """What is signed under a receipt; `at` is None where it is promised and not sealed yet."""
    size, root, index = (0, "-", 0) if at is None else (at.size, _b64(at.root), at.index)
    lines = (FIRST_LINE, origin, size, root, index, _b64(leaf), facts)
    return "".join(f"{line}\n" for line in lines)


def sign_slip(
    issuer: str, signer: Signer, facts: Facts, leaf: bytes, at: SealedAt | None = None
) -> str:
    """The code of a receipt or statement of the community `issuer`; the signer's name is the log's origin."""
    said = facts_text(facts)
    path = () if at is None else at.path
    if len(path) > _MOST_STEPS or any(len(step) != HASH_BYTES for step in (leaf, *path)):
        raise ValueError("hashes have 32 bytes, and a path at most 63 of them")
    line = signer.sign(slip_text(signer.verifier.name, said, leaf, at))
    parts = (
        _VERSION,
        issuer.encode("ascii"),
        _whole(len(said)),
        said.encode("ascii"),
        leaf,
        _whole(0 if at is None else at.index),
        _whole(0 if at is None else at.size),
        bytes([len(path)]),
        *path,
        _signature_in(line),
    )
    return PROOF + _b32(b"".join(parts))


def board_code(issuer: str, note: str) -> str:
    """The code of a notice board: a checkpoint's note, in short.

    NoteError where the note is no checkpoint.
    """
    parsed = parse_note(note)
    head = parse_head(parsed.text)
    first = parsed.signatures[0]
    parts = (
        _VERSION,
        issuer.encode("ascii"),
        _whole(head.size),
        head.root,
        first.key_id,
        first.signature,
    )
    return BOARD + _b32(b"".join(parts))


def _signature_in(line: str) -> bytes:
    """Key id and signature out of a note's signature line."""
    return b64decode(line.rstrip("\n").rpartition(" ")[2])


def _whole(number: int) -> bytes:
    """LEB128: seven bits a byte, the lowest first."""
    parts = bytearray()
    while number > _SEVEN_BITS:
        parts.append(number & _SEVEN_BITS | 0x80)
        number >>= 7
    parts.append(number)
    return bytes(parts)


def _b32(raw: bytes) -> str:
    return b32encode(raw).decode().rstrip("=")


def _b64(raw: bytes) -> str:
    return b64encode(raw).decode()
