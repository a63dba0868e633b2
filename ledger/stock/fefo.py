"""First expired, first out: which lots a number of pieces is taken from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

_NO_DATE: Final = 99_999_999


class Lot(NamedTuple):
    """What is left of one delivery; `best_before` (yyyymmdd) None for what does not spoil."""

    lot_id: int
    left_pieces: int
    best_before: int | None


class Part(NamedTuple):
    """So many pieces out of one lot; `lot_id` None: beyond all lots, without a date."""

    lot_id: int | None
    quantity: int


def take_first(lots: Iterable[Lot], quantity: int) -> list[Part]:
    """Split `quantity` pieces over `lots`, the earliest last day first, undated ones last, then beyond the lots."""
    parts = []
    for lot in sorted(lots, key=_order):
        taken = min(lot.left_pieces, quantity)
        if taken > 0:
            parts.append(Part(lot.lot_id, taken))
            quantity -= taken
    if quantity > 0:
        parts.append(Part(None, quantity))
    return parts


def _order(lot: Lot) -> tuple[int, int]:
    return (lot.best_before or _NO_DATE, lot.lot_id)
