"""The sums that must hold between the book and the shelf when a day closes; each that fails is a C4."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class ShelfSums(NamedTuple):
    """What one supermarket's book and shelf came to, from the beginning to the end of a day."""

    merchant_id: int
    cost_book_fen: int
    """Goods on the shelf as the book has them, at standard cost."""
    cost_moved_fen: int
    """The same by every piece that came or went."""
    points_book_units: int
    """Points taken for goods as the book has them."""
    points_slip_units: int
    """The same by the lines of the slips."""
    pieces_slip: int
    """Pieces on the slips."""
    pieces_moved: int
    """Pieces that left the shelf for them."""
    counted_more: int
    """Pieces two people found beyond the book, not booked yet (below zero: found missing)."""


class ShelfBreak(NamedTuple):
    """One sum that fails: cost, points, pieces or count, and what both sides came to in its own unit."""

    name: str
    merchant_id: int
    left: int
    right: int


def shelf_breaks(sums: Iterable[ShelfSums]) -> list[ShelfBreak]:
    """Every sum that fails, by supermarket; an empty list is an agreeing shelf."""
    return [
        ShelfBreak(name, one.merchant_id, left, right)
        for one in sums
        for name, left, right in (
            ("cost", one.cost_book_fen, one.cost_moved_fen),
            ("points", one.points_book_units, one.points_slip_units),
            ("pieces", one.pieces_slip, one.pieces_moved),
            ("count", one.counted_more, 0),
        )
        if left != right
    ]
