"""The Merkle tree of RFC 6962 (RFC 9162, section 2.1): hashes, roots, and proofs that need no server.

A path is a list of 32-byte hashes. `node(height, place)` gives the hash over the 2**height leaves from
place * 2**height on; whoever stores the tree hands it in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256().digest()
"""The root of a tree without leaves."""

Node = Callable[[int, int], bytes]


class Span(NamedTuple):
    """The leaves [first, end), of which a path holds one hash."""

    first: int
    end: int


class Place(NamedTuple):
    """A full subtree: the 2**height leaves from place * 2**height on."""

    height: int
    place: int


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash over two subtrees; its first byte keeps it from ever being a leaf's."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over some leaves' hashes, in order."""
    if not leaf_hashes:
        return EMPTY_ROOT
    row = list(leaf_hashes)
    while len(row) > 1:
        above = list(map(node_hash, row[::2], row[1::2]))
        if len(row) % 2:
            above.append(row[-1])
        row = above
    return row[0]


# --- what a path is made of


def inclusion_spans(index: int, size: int) -> list[Span]:
    """The spans whose hashes prove leaf `index` in the tree of `size` leaves, from the leaf up.

    An index outside the tree raises ValueError.
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    first, end = 0, size
    spans = []
    while end - first > 1:
        middle = first + _split(end - first)
        if index < middle:
            spans.append(Span(middle, end))
            end = middle
        else:
            spans.append(Span(first, middle))
            first = middle
    return spans[::-1]


def consistency_spans(old_size: int, new_size: int) -> list[Span]:
    """The spans whose hashes prove that the tree of `old_size` is a prefix of that of `new_size`.

    An old size beyond the new one, or of no leaves, raises ValueError.
    """
    if not 0 < old_size <= new_size:
        raise ValueError(f"a tree of {old_size} is no prefix of a tree of {new_size}")
    if old_size == new_size:
        return []
    first, end, is_whole_tree = 0, new_size, True
    spans = []
    while end != old_size:
        middle = first + _split(end - first)
        if old_size <= middle:
            spans.append(Span(middle, end))
            end = middle
        else:
            spans.append(Span(first, middle))
            first, is_whole_tree = middle, False
    if not is_whole_tree:
        spans.append(Span(first, end))
    return spans[::-1]


def places_in(span: Span) -> list[Place]:
    """The full subtrees a span is made of, from the left: the tree is cut the same way whatever its size."""
    places = []
    first, end = span
    while first < end:
        height = (end - first).bit_length() - 1
        if first:
            height = min(height, (first & -first).bit_length() - 1)
        places.append(Place(height, first >> height))
        first += 1 << height
    return places


def span_root(span: Span, node: Node) -> bytes:
    """The hash over the leaves of a span; of an empty one the empty tree's root."""
    hashes = [node(*place) for place in places_in(span)]
    if not hashes:
        return EMPTY_ROOT
    root = hashes.pop()
    while hashes:
        root = node_hash(hashes.pop(), root)
    return root


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)


# --- checking, as a till, a phone or an auditor does


def verify_inclusion(
    leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes
) -> bool:
    """Whether `path` proves that the leaf with hash `leaf` stands at `index` under `root` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or not _are_hashes([leaf, *path]):
        return False
    sides = _sides(index, size - 1, len(path))
    if sides is None:
        return False
    found = leaf
    for step, is_left in zip(path, sides, strict=True):
        found = node_hash(step, found) if is_left else node_hash(found, step)
    return found == root


def verify_consistency(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, path: Sequence[bytes]
) -> bool:
    """Whether `path` proves that the old tree is a prefix of the new one (RFC 9162, 2.1.4.2).

    Of the empty tree nothing can be proven: whoever has seen no leaf yet has nothing to hold against a log.
    """
    if not 0 < old_size <= new_size or not _are_hashes(path):
        return False
    if old_size == new_size:
        return not path and old_root == new_root
    steps = list(path)
    if old_size & (old_size - 1) == 0:
        steps.insert(0, old_root)
    at, last = old_size - 1, new_size - 1
    while at % 2:
        at, last = at >> 1, last >> 1
    sides = _sides(at, last, len(steps) - 1)
    if sides is None:
        return False
    old = new = steps[0]
    for step, is_left in zip(steps[1:], sides, strict=True):
        if is_left:
            old, new = node_hash(step, old), node_hash(step, new)
        else:
            new = node_hash(new, step)
    return old == old_root and new == new_root


def _are_hashes(path: Sequence[bytes]) -> bool:
    return all(len(step) == HASH_BYTES for step in path)


def _sides(at: int, last: int, count: int) -> list[bool] | None:
    """For each step up from the node `at` of a row that ends at `last`, whether it stands on the left.

    None where `count` steps do not lead exactly to the root.
    """
    sides = []
    for _ in range(count):
        if last == 0:
            return None
        is_left = bool(at % 2) or at == last
        sides.append(is_left)
        while is_left and at and at % 2 == 0:
            at, last = at >> 1, last >> 1
        at, last = at >> 1, last >> 1
    return sides if last == 0 else None
