"""A small log of its own for tests: tree, notes and entries from their descriptions, sharing nothing with the product.

It is written for plainness: recursive as RFC 9162 defines the tree, one function for each sentence of the formats.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

Value = str | int | None

TXN_COLUMNS = [
    "community_id",
    "txn_id",
    "request_id",
    "kind",
    "ref",
    "business_date",
    "scheme_period",
    "occurred_at",
    "recorded_at",
    "scheme_version",
    "units_per_fen",
    "person_id",
    "wallet_owner_id",
    "card_serial",
    "card_issue",
    "on_behalf_of",
    "merchant_id",
    "branch_id",
    "terminal_id",
    "staff_id",
    "issuing_community",
    "accepting_community",
    "reason_key",
    "source",
    "provisional",
    "reverses_txn",
    "corrects_date",
]
TRANSFER_COLUMNS = ["line_no", "commodity", "debit_id", "credit_id", "amount"]
OFFSET_COLUMNS = [
    "claimant_id",
    "terminal_id",
    "ref",
    "kind",
    "original_ref",
    "units",
    "fen",
    "units_per_fen",
    "business_date",
    "occurred_at",
]
ACT_COLUMNS = [
    "community_id",
    "audit_id",
    "at",
    "actor_kind",
    "actor_id",
    "act",
    "subject",
    "device",
]


def leaf_hash(entry: bytes) -> bytes:
    """MTH of one leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << (size - 1).bit_length() - 1


def root(leaves: Sequence[bytes]) -> bytes:
    """MTH(D[n])."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    at = _split(len(leaves))
    return _node(root(leaves[:at]), root(leaves[at:]))


def inclusion(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D[n])."""
    if len(leaves) == 1:
        return []
    at = _split(len(leaves))
    if index < at:
        return [*inclusion(index, leaves[:at]), root(leaves[at:])]
    return [*inclusion(index - at, leaves[at:]), root(leaves[:at])]


def consistency(old_size: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PROOF(m, D[n]) for 0 < m < n."""
    return _subproof(old_size, leaves, whole=True)


def _subproof(size: int, leaves: Sequence[bytes], *, whole: bool) -> list[bytes]:
    if size == len(leaves):
        return [] if whole else [root(leaves)]
    at = _split(len(leaves))
    if size <= at:
        return [*_subproof(size, leaves[:at], whole=whole), root(leaves[at:])]
    return [*_subproof(size - at, leaves[at:], whole=False), root(leaves[:at])]


def ed25519_key(seed: int) -> ed25519.Ed25519PrivateKey:
    """A key that is the same each time."""
    return ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"ed%d" % seed).digest())


def es256_key(seed: int) -> ec.EllipticCurvePrivateKey:
    """A P-256 key that is the same each time."""
    return ec.derive_private_key(
        int.from_bytes(hashlib.sha256(b"ec%d" % seed).digest()) >> 1, ec.SECP256R1()
    )


PrivateKey = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey


def vkey(name: str, key: PrivateKey) -> str:
    """The text form of the key's public half."""
    kind, public, key_id = _public(name, key)
    return f"{name}+{key_id.hex()}+{base64.b64encode(bytes([kind]) + public).decode()}"


def _public(name: str, key: PrivateKey) -> tuple[int, bytes, bytes]:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        public = key.public_key().public_bytes_raw()
        key_id = hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4]
        return 1, public, key_id
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return 2, public, hashlib.sha256(public).digest()[:4]


def sign(text: str, name: str, key: PrivateKey) -> str:
    """The note of a text with one signature line."""
    _, _, key_id = _public(name, key)
    if isinstance(key, ed25519.Ed25519PrivateKey):
        signature = key.sign(text.encode())
    else:
        signature = key.sign(text.encode(), ec.ECDSA(hashes.SHA256()))
    line = base64.b64encode(key_id + signature).decode()
    return f"{text}\n— {name} {line}\n"


def checkpoint(origin: str, leaves: Sequence[bytes], key: PrivateKey) -> str:
    """A signed checkpoint over the leaves."""
    text = f"{origin}\n{len(leaves)}\n{base64.b64encode(root(leaves)).decode()}\n"
    return sign(text, origin, key)


def proof_text(index: int, leaves: Sequence[bytes], note: str) -> str:
    """A c2sp.org/tlog-proof without extra data."""
    path = [base64.b64encode(one).decode() for one in inclusion(index, leaves)]
    return "\n".join(["c2sp.org/tlog-proof@v1", f"index {index}", *path]) + "\n\n" + note


def field(value: Value) -> bytes:
    """One field of an entry."""
    if value is None:
        return b"-"
    raw = str(value).encode()
    return b"%d:%s" % (len(raw), raw)


def txn_entry(
    txn: Mapping[str, Value],
    transfers: Sequence[Mapping[str, Value]],
    offset: Mapping[str, Value] | None,
) -> bytes:
    """The entry v1 of a transaction."""
    parts = [b"jifen-leaf/1\n", field("txn"), *(field(txn[name]) for name in TXN_COLUMNS)]
    parts.append(field(len(transfers)))
    parts += [field(row[name]) for row in transfers for name in TRANSFER_COLUMNS]
    parts.append(field(0 if offset is None else 1))
    if offset is not None:
        parts += [field(offset[name]) for name in OFFSET_COLUMNS]
    return b"".join(parts)


def act_entry(
    act: Mapping[str, Value], salt_hex: str, before: str, after: str, commitment: str = ""
) -> bytes:
    """The entry v1 of an act, its texts as one commitment; `commitment` where the texts are not there."""
    commitment = (
        commitment or hashlib.sha256(field(salt_hex) + field(before) + field(after)).hexdigest()
    )
    head = [b"jifen-leaf/1\n", field("act"), *(field(act[name]) for name in ACT_COLUMNS)]
    return b"".join([*head, field(commitment)])


def leb128(value: int) -> bytes:
    """A whole number, seven bits a byte, the lowest first."""
    low, rest = value & 0x7F, value >> 7
    return bytes([low]) if rest == 0 else bytes([low | 0x80]) + leb128(rest)


def slip_code(
    issuer: str, origin: str, key: PrivateKey, facts: str, index: int, leaves: Sequence[bytes]
) -> str:
    """A receipt's code for leaf `index` in the tree of `leaves`."""
    path = inclusion(index, leaves)
    head = [origin, str(len(leaves)), base64.b64encode(root(leaves)).decode(), str(index)]
    return _slip(issuer, key, facts, leaves[index], head, path)


def promise_code(issuer: str, origin: str, key: PrivateKey, facts: str, leaf: bytes) -> str:
    """A receipt's code for an entry that is not sealed yet."""
    return _slip(issuer, key, facts, leaf, [origin, "0", "-", "0"], [])


def _slip(
    issuer: str,
    key: PrivateKey,
    facts: str,
    leaf: bytes,
    head: Sequence[str],
    path: Sequence[bytes],
) -> str:
    origin, size, _, index = head
    lines = ["jifen-slip/1", *head, base64.b64encode(leaf).decode(), facts]
    signed = sign("\n".join(lines) + "\n", origin, key)
    body = b"".join(
        [
            b"\x01",
            issuer.encode(),
            leb128(len(facts)),
            facts.encode(),
            leaf,
            leb128(int(index)),
            leb128(int(size)),
            bytes([len(path)]),
            *path,
            _signature_of(signed),
        ]
    )
    return "JP1." + base64.b32encode(body).decode().rstrip("=")


def board_code(issuer: str, note: str) -> str:
    """The code of a notice board for a checkpoint's note."""
    _, size, root_text = note.split("\n")[:3]
    body = [b"\x01", issuer.encode(), leb128(int(size)), base64.b64decode(root_text)]
    return "JC1." + base64.b32encode(b"".join([*body, _signature_of(note)])).decode().rstrip("=")


def _signature_of(note: str) -> bytes:
    """Key id and signature of a note's only signature line."""
    return base64.b64decode(note.rstrip("\n").rsplit(" ", 1)[1])
