"""Signed notes and checkpoints as text (C2SP signed-note, tlog-checkpoint): parsed, written, checked.

The algorithm is a fact of the key entry, never a choice of the code that signs or checks.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from ledger.seal.tree import HASH_BYTES

MOST_BYTES: Final = 100_000
MOST_SIGNATURES: Final = 16
_KEY_ID_BYTES: Final = 4
_DASH: Final = "\N{EM DASH} "
_SPACE: Final = 0x20
_WHOLE: Final = re.compile(r"0|[1-9]\d{0,18}", re.ASCII)


class NoteError(ValueError):
    """A note that is not of the form, or that no key we trust has signed."""


class Algorithm(NamedTuple):
    """How a kind of key signs notes: the byte that names it in key ids and verifier keys, and its functions."""

    type_byte: int
    make: Callable[[], Any]
    sign: Callable[[Any, bytes], bytes]
    verify: Callable[[Any, bytes, bytes], None]
    load: Callable[[bytes], Any]
    dump: Callable[[Any], bytes]
    key_id: Callable[[str, bytes], bytes]


def _named_key_id(type_byte: int) -> Callable[[str, bytes], bytes]:
    def of(name: str, raw: bytes) -> bytes:
        named = name.encode() + b"\n" + bytes([type_byte]) + raw
        return hashlib.sha256(named).digest()[:_KEY_ID_BYTES]

    return of


def _load_p256(der: bytes) -> ec.EllipticCurvePublicKey:
    key = load_der_public_key(der)
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise NoteError("not a P-256 key")
    return key


ALGORITHMS: Final[Mapping[str, Algorithm]] = {
    "Ed25519": Algorithm(
        type_byte=0x01,
        make=Ed25519PrivateKey.generate,
        sign=lambda key, message: key.sign(message),
        verify=lambda key, signature, message: key.verify(signature, message),
        load=Ed25519PublicKey.from_public_bytes,
        dump=lambda key: key.public_bytes(Encoding.Raw, PublicFormat.Raw),
        key_id=_named_key_id(0x01),
    ),
    # Key and signature in DER; the key id is the hash of the key alone.
    "ES256": Algorithm(
        type_byte=0x02,
        make=lambda: ec.generate_private_key(ec.SECP256R1()),
        sign=lambda key, message: key.sign(message, ec.ECDSA(SHA256())),
        verify=lambda key, signature, message: key.verify(signature, message, ec.ECDSA(SHA256())),
        load=_load_p256,
        dump=lambda key: key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        key_id=lambda _name, raw: hashlib.sha256(raw).digest()[:_KEY_ID_BYTES],
    ),
}


@dataclass(frozen=True)
class Verifier:
    """A public key that may stand under a note: its name, its algorithm's name, its bytes."""

    name: str
    alg: str
    raw: bytes

    @classmethod
    def from_text(cls, text: str) -> Verifier:
        """Read a verifier key (`name+id+key`); NoteError where it is not one of ours."""
        name, _, rest = text.partition("+")
        key_id, _, key = rest.partition("+")
        material = _unb64(key)
        named = [alg for alg, rule in ALGORITHMS.items() if material[:1] == bytes([rule.type_byte])]
        if not named or not is_key_name(name):
            raise NoteError("not a verifier key")
        found = cls(name, named[0], material[1:])
        if found.key_id.hex() != key_id or not found.is_key:
            raise NoteError("not a verifier key")
        return found

    @cached_property
    def key_id(self) -> bytes:
        """The four bytes that say which key signed."""
        return ALGORITHMS[self.alg].key_id(self.name, self.raw)

    @property
    def text(self) -> str:
        """The verifier key as it is published and pinned."""
        material = bytes([ALGORITHMS[self.alg].type_byte]) + self.raw
        return f"{self.name}+{self.key_id.hex()}+{_b64(material)}"

    @property
    def is_key(self) -> bool:
        """Whether the bytes are a key of its algorithm."""
        try:
            self._loaded  # noqa: B018 - loading is the question
        except (ValueError, UnsupportedAlgorithm):
            return False
        return True

    def is_signature(self, signature: bytes, text: str) -> bool:
        """Whether `signature` over the note's text was made with this key's private half."""
        try:
            ALGORITHMS[self.alg].verify(self._loaded, signature, text.encode())
        except InvalidSignature:
            return False
        return True

    @cached_property
    def _loaded(self) -> Any:  # noqa: ANN401 - two libraries' keys
        return ALGORITHMS[self.alg].load(self.raw)


@dataclass(frozen=True)
class Signer:
    """A verifier key together with its private half."""

    verifier: Verifier
    private: Any

    def sign(self, text: str) -> str:
        """The signature line over a note's text."""
        made = ALGORITHMS[self.verifier.alg].sign(self.private, text.encode())
        return f"{_DASH}{self.verifier.name} {_b64(self.verifier.key_id + made)}\n"


def new_signer(name: str, alg: str) -> Signer:
    """A fresh key under a name, which is the log's origin line."""
    if not is_key_name(name):
        raise ValueError(f"{name!r} cannot name a key")
    rule = ALGORITHMS[alg]
    private = rule.make()
    return Signer(Verifier(name, alg, rule.dump(private.public_key())), private)


def is_key_name(text: str) -> bool:
    """Whether a key may bear this name: no space and no plus in it."""
    return bool(text) and "+" not in text and not any(sign.isspace() for sign in text)


# --- notes


class Signature(NamedTuple):
    """One line under a note."""

    name: str
    key_id: bytes
    signature: bytes


class Note(NamedTuple):
    """A note's text, its last newline included, and the signatures under it."""

    text: str
    signatures: tuple[Signature, ...]


def sign_note(text: str, signers: Iterable[Signer]) -> str:
    """The note with a line for each signer; `text` ends with a newline."""
    if not text.endswith("\n"):
        raise ValueError("a note's text ends with a newline")
    return text + "\n" + "".join(signer.sign(text) for signer in signers)


def parse_note(note: str) -> Note:
    """Take a note apart; NoteError where it is not one. Nothing in it is to be believed yet."""
    try:
        size = len(note.encode())
    except UnicodeEncodeError:
        # Half of a pair of JSON's escapes is a string and no text.
        raise NoteError("no text") from None
    if size > MOST_BYTES:
        raise NoteError("too long")
    if any(ord(sign) < _SPACE and sign != "\n" for sign in note):
        raise NoteError("control characters")
    text, blank, under = note.rpartition("\n\n")
    lines = under.removesuffix("\n").split("\n")
    if not blank or not under.endswith("\n") or len(lines) > MOST_SIGNATURES:
        raise NoteError("no signatures")
    return Note(text + "\n", tuple(map(_signature_of, lines)))


def open_note(note: str, trusted: Iterable[Verifier]) -> Note:
    """The note, once at least one trusted key has signed it and none has signed wrongly; else NoteError."""
    parsed = parse_note(note)
    known = {(key.name, key.key_id): key for key in trusted}
    signed = False
    for line in parsed.signatures:
        key = known.get((line.name, line.key_id))
        if key is None:
            continue
        if not key.is_signature(line.signature, parsed.text):
            raise NoteError("a signature does not fit")
        signed = True
    if not signed:
        raise NoteError("signed by no key we know")
    return parsed


def _signature_of(line: str) -> Signature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    raw = _unb64(encoded)
    if not line.startswith(_DASH) or not is_key_name(name) or len(raw) <= _KEY_ID_BYTES:
        raise NoteError("not a signature line")
    return Signature(name, raw[:_KEY_ID_BYTES], raw[_KEY_ID_BYTES:])


# --- checkpoints


class Head(NamedTuple):
    """What a checkpoint says: whose log, how many leaves, and the root over them."""

    origin: str
    size: int
    root: bytes


def head_text(head: Head) -> str:
    """The text that is signed."""
    return f"{head.origin}\n{head.size}\n{_b64(head.root)}\n"


def parse_head(text: str) -> Head:
    """Read a checkpoint's text; NoteError where it is none. Lines after the third are let be."""
    lines = text.removesuffix("\n").split("\n")
    if len(lines) < len(Head._fields) or not all(lines):
        raise NoteError("a checkpoint has three lines")
    origin, size, root = lines[0], lines[1], _unb64(lines[2])
    if not _WHOLE.fullmatch(size):
        raise NoteError("a checkpoint's size is a whole number")
    if len(root) != HASH_BYTES:
        raise NoteError("a checkpoint's root has 32 bytes")
    return Head(origin, int(size), root)


def sign_head(head: Head, signers: Sequence[Signer]) -> str:
    """A checkpoint: the signed note over a head."""
    return sign_note(head_text(head), signers)


def open_head(note: str, trusted: Iterable[Verifier], *, origin: str) -> Head:
    """What a checkpoint says, once a trusted key of this log has signed it; else NoteError."""
    head = parse_head(open_note(note, trusted).text)
    if head.origin != origin:
        raise NoteError("another log's checkpoint")
    return head


def _b64(raw: bytes) -> str:
    return b64encode(raw).decode()


def _unb64(text: str) -> bytes:
    try:
        raw = b64decode(text, validate=True)
    except (BadBase64, ValueError) as error:
        raise NoteError("not base64") from error
    # Only one spelling: two texts of one signature would be two receipts of one sale.
    if _b64(raw) != text:
        raise NoteError("not base64")
    return raw
