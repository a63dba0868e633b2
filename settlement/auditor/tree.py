"""The tree over all places of the order, as in RFC 6962: node = SHA-256(0x01, left, right)."""

from __future__ import annotations

import hashlib
from typing import Final

from settlement.auditor.book import Book

_HASH: Final = 32
_AT_ONCE: Final = 4096

# Where an entry is missing, the hash that was stored stands for it; what is no hash at all stands for nothing.
_LEAF: Final = (
    "coalesce(worked_out, CASE WHEN regexp_full_match(stored, '[0-9a-f]{64}') THEN stored"
    " ELSE repeat('0', 64) END)"
)


class Tree:
    """Every level of the tree as one string of hashes, the leaves first."""

    def __init__(self, book: Book) -> None:
        """Hash the whole tree over the places of `sealed`."""
        pieces = book.each(
            f"SELECT string_agg({_LEAF}, '' ORDER BY leaf_index) FROM sealed"
            f" GROUP BY leaf_index // {_AT_ONCE} ORDER BY leaf_index // {_AT_ONCE}"
        )
        row = b"".join([bytes.fromhex(piece) for (piece,) in pieces])
        self.levels = [row]
        while len(row) > _HASH:
            row = _above(row)
            self.levels.append(row)

    def root(self, size: int | None = None) -> bytes:
        """The root over the first `size` places, over all of them where none is named."""
        if size is None:
            size = len(self.levels[0]) // _HASH
        # A prefix is made of one whole subtree for each bit of its size, the largest first.
        root = b""
        for level, row in enumerate(self.levels):
            if size >> level & 1:
                place = (size >> level) - 1
                left = row[place * _HASH : (place + 1) * _HASH]
                root = hashlib.sha256(b"\x01" + left + root).digest() if root else left
        return root or hashlib.sha256(b"").digest()


def _above(row: bytes) -> bytes:
    """The next level; a node without a sister goes up as it is."""
    sha256, pair = hashlib.sha256, 2 * _HASH
    whole = len(row) // pair * pair
    hashes = [sha256(b"\x01" + row[at : at + pair]).digest() for at in range(0, whole, pair)]
    return b"".join(hashes) + row[whole:]


def tree_of(book: Book) -> Tree:
    """The tree of a book whose order is prepared, hashed at its first use."""
    if book.tree is None:
        book.tree = Tree(book)
    tree: Tree = book.tree
    return tree
