"""Proofs for whoever asks: that an entry is in the log, and that the log only grew. Nothing personal is in them."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.errors import Refusal
from ledger.seal.note import Head, NoteError, Verifier, open_head
from ledger.seal.tiles import read_roots
from ledger.seal.tree import HASH_BYTES, consistency_spans, inclusion_spans, verify_inclusion
from ledger.sql import Sql, Tx

PROOF_LINE: Final = "c2sp.org/tlog-proof@v1"

_PLACE: Final = Sql(
    "SELECT leaf_index, leaf_hash FROM leaf WHERE community_id = :community_id AND entry_id = :entry_id"
)
_AT: Final = Sql(
    "SELECT leaf_index, leaf_hash FROM leaf WHERE community_id = :community_id AND leaf_index = :leaf_index"
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """An entry's place in the log and its hash."""

    index: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Inclusion:
    """That the leaf at `index` is in the tree of `size` leaves: the hashes from its sibling up."""

    index: int
    size: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """A tlog-proof as it was read; nothing in it is to be believed yet."""

    index: int
    path: tuple[bytes, ...]
    note: str
    extra: bytes = b""


def find_leaf(tx: Tx, community_id: int, entry_id: int) -> Leaf | None:
    """Where a transaction or an act stands in the log, None where it is not sealed (or not there)."""
    row = tx.find(_PLACE, community_id=community_id, entry_id=entry_id)
    return None if row is None else Leaf(int(row.leaf_index), bytes(row.leaf_hash))


def leaf_at(tx: Tx, community_id: int, index: int) -> Leaf | None:
    """The leaf at an index, None beyond the end."""
    row = tx.find(_AT, community_id=community_id, leaf_index=index)
    return None if row is None else Leaf(int(row.leaf_index), bytes(row.leaf_hash))


def prove_inclusion(tx: Tx, community_id: int, entry_id: int, size: int) -> Inclusion:
    """Prove that an entry is among the first `size` leaves.

    Refuses: proof_not_yet (not sealed, or only after that size), log_damaged.
    """
    leaf = find_leaf(tx, community_id, entry_id)
    if leaf is None or leaf.index >= size:
        raise Refusal("proof_not_yet")
    return Inclusion(leaf.index, size, path_to(tx, community_id, leaf.index, size))


def path_to(tx: Tx, community_id: int, index: int, size: int) -> tuple[bytes, ...]:
    """The hashes that prove the leaf at `index` in the tree of `size`. Refuses: proof_out_of_log, log_damaged."""
    if not 0 <= index < size:
        raise Refusal("proof_out_of_log", size=size)
    return tuple(read_roots(tx, community_id, inclusion_spans(index, size)))


def prove_consistency(tx: Tx, community_id: int, old_size: int, new_size: int) -> tuple[bytes, ...]:
    """The hashes that prove that the tree of `new_size` grew out of that of `old_size`.

    Refuses: proof_out_of_log, log_damaged.
    """
    if not 0 < old_size <= new_size:
        raise Refusal("proof_out_of_log", size=new_size)
    return tuple(read_roots(tx, community_id, consistency_spans(old_size, new_size)))


# --- as text (C2SP tlog-proof)


def proof_text(inclusion: Inclusion, note: str, extra: bytes = b"") -> str:
    """A proof that needs no server: the path and the checkpoint it leads to; `note` is of the inclusion's size."""
    lines = [PROOF_LINE]
    if extra:
        lines.append(f"extra {_b64(extra)}")
    lines.append(f"index {inclusion.index}")
    lines += map(_b64, inclusion.path)
    return "\n".join(lines) + f"\n\n{note}"


def parse_proof(text: str) -> Proof:
    """Take a proof apart; NoteError where it is none."""
    above, blank, note = text.partition("\n\n")
    lines = above.split("\n")
    if not blank or lines.pop(0) != PROOF_LINE:
        raise NoteError("not a proof")
    extra = b""
    if lines and lines[0].startswith("extra "):
        extra = _unb64(lines.pop(0).removeprefix("extra "))
    if not lines or not lines[0].startswith("index "):
        raise NoteError("a proof says which leaf it is for")
    index = lines.pop(0).removeprefix("index ")
    if not index.isascii() or not index.isdigit() or len(index) > 19 or str(int(index)) != index:  # noqa: PLR2004
        raise NoteError("a leaf's index is a whole number")
    path = tuple(map(_unb64, lines))
    if any(len(step) != HASH_BYTES for step in path):
        raise NoteError("a step of a proof has 32 bytes")
    return Proof(int(index), path, note, extra)


def check_proof(text: str, leaf: bytes, trusted: Iterable[Verifier], *, origin: str) -> Head:
    """The checkpoint under which `text` proves the leaf with this hash; NoteError where it proves nothing.

    This is what a phone, a till or an auditor does with a receipt: no database is asked.
    """
    proof = parse_proof(text)
    head = open_head(proof.note, trusted, origin=origin)
    if not verify_inclusion(leaf, proof.index, head.size, proof.path, head.root):
        raise NoteError("the path does not lead to the root")
    return head


def hashes_text(path: Sequence[bytes]) -> list[str]:
    """A path as JSON carries it."""
    return [_b64(step) for step in path]


def _b64(raw: bytes) -> str:
    return b64encode(raw).decode()


def _unb64(text: str) -> bytes:
    try:
        raw = b64decode(text, validate=True)
    except (BadBase64, ValueError) as error:
        raise NoteError("not base64") from error
    if _b64(raw) != text:
        raise NoteError("not base64")
    return raw
