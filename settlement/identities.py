"""The sums that must hold before a day may lock; each that fails is a C2 with its figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from settlement.reckoning import Outcome, Tally, Totals


class Break(NamedTuple):
    """One identity that fails for one shop: what the left and right side came to."""

    name: str
    claimant_id: int
    left: int
    right: int


def breaks(outcome: Outcome, moved: Mapping[int, tuple[int, int]]) -> list[Break]:
    """Check a night's sums; an empty list lets it go on.

    `moved`: units the transfers of the range moved in and out of each shop's offset account.
    """
    claimants = sorted(outcome.totals.keys() | moved.keys())
    return [
        Break(name, claimant, left, right)
        for claimant in claimants
        for name, left, right in _sums(
            outcome.totals.get(claimant, Totals()),
            outcome.tallies.get(claimant, Tally()),
            moved.get(claimant, (0, 0)),
        )
        if left != right
    ]


def _sums(total: Totals, tally: Tally, moved: tuple[int, int]) -> Iterator[tuple[str, int, int]]:
    # What the offsets say against what the transfers moved: a row altered on either side shows.
    yield "offset_units_in", total.booked_units_plus, moved[0]
    yield "offset_units_out", total.booked_units_minus, moved[1]
    yield "offset_rate", tally.off_rate, 0
    # Every booked line went somewhere: matched, named, or waiting.
    yield "booked_lines", total.booked_count, tally.booked_lines
    yield "booked_lines_fen_plus", total.booked_fen_plus, tally.booked_fen_plus
    yield "booked_lines_fen_minus", total.booked_fen_minus, tally.booked_fen_minus
    # Every claim went somewhere: matched, named, waiting, or paid before.
    yield "claims", total.claimed_count, tally.claims_seen


def settled_breaks(
    totals: Mapping[int, Totals], posted: Mapping[int, tuple[int, int, int, int]]
) -> list[Break]:
    """After settling: what was posted for each shop is what the night's totals say.

    `posted`: units plus, units minus, fen plus, fen minus of the shop's settling entry.
    """
    found = []
    for claimant in sorted(totals.keys() | posted.keys()):
        total = totals.get(claimant, Totals())
        wanted = (
            total.settled_units_plus,
            total.settled_units_minus,
            total.settled_fen_plus,
            total.settled_fen_minus,
        )
        got = posted.get(claimant, (0, 0, 0, 0))
        names = (
            "settled_units_plus",
            "settled_units_minus",
            "settled_fen_plus",
            "settled_fen_minus",
        )
        found += [
            Break(name, claimant, left, right)
            for name, left, right in zip(names, wanted, got, strict=True)
            if left != right
        ]
    return found
