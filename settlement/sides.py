"""The two sides of one run as values: what the book has and what the shops filed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from settlement.coverage import Coverage, Due
from settlement.matching import Booked, Claimed
from settlement.passes import Lone


class Run(NamedTuple):
    """A run's input: business date, leaf range [first, end), and its number in the series."""

    community_id: int
    run_no: int
    day: int
    first_leaf: int
    end_leaf: int
    zone_us: int = 0  # how far the community's clock is ahead of UTC on that day
    claim_days: int = 0  # days within which a claim is in time; 0: however late, it is


class Pooled(NamedTuple):
    """A claim that earlier nights could not place and nobody has decided, with the verdict it has."""

    lone: Lone
    code: str


class Elsewhere(NamedTuple):
    """A booking of another shop under the reference a shop claims; `is_claimed`: its own shop claims it too."""

    booked: Booked
    is_claimed: bool


class Pair(NamedTuple):
    """A booked offset with its claim, if there is one; `new`: claimed in this run's batches."""

    booked: Booked
    claimed: Claimed | None
    new: bool
    original_claimed: bool


class Waiting(NamedTuple):
    """An offset that waited from an earlier run, with its claim if one came."""

    pair: Pair
    reason: str
    flagged: bool


class Orphan(NamedTuple):
    """A claim without an offset in the range; `earlier`: its offset lies before the range."""

    claimant_id: int
    ref: str
    claimed: Claimed
    business_date: int
    earlier: bool


class Again(NamedTuple):
    """A claim for a reference that was claimed before, and that first claim."""

    claimant_id: int
    ref: str
    claimed: Claimed
    business_date: int
    first_units: int
    first_fen: int


class Sum(NamedTuple):
    """Lines of one shop, summed by sign; `new_claims`: of these, claimed in this run's batches."""

    lines: int
    units_plus: int
    units_minus: int
    fen_plus: int
    fen_minus: int
    new_claims: int


class TillSum(NamedTuple):
    """What the range has booked for one till and day; `off_rate`: lines whose fen and units differ."""

    claimant_id: int
    terminal_id: int
    business_date: int
    lines: int
    units_plus: int
    units_minus: int
    fen_plus: int
    fen_minus: int
    off_rate: int


class OpenFile(NamedTuple):
    """A C1 of an earlier night that is still open."""

    discrepancy_no: int
    claimant_id: int
    terminal_id: int
    business_date: int


class Sides(NamedTuple):
    """Everything one run has to look at; matched lines are sums only."""

    differing: list[Pair]
    waiting: list[Waiting]
    orphans: list[Orphan]
    again: list[Again]
    matched: dict[int, Sum]
    booked: list[TillSum]
    claimed: dict[int, Sum]
    explained: list[int]
    open_files: list[OpenFile]
    coverage: Coverage
    pool: Sequence[Pooled] = ()
    elsewhere: Mapping[tuple[int, str], Elsewhere] = MappingProxyType({})
    tills: Mapping[str, int] = MappingProxyType({})  # every till's code and its shop
    told: Mapping[str, str] = MappingProxyType({})  # by reference: why it was refused, or WAITS


def due_of(sides: Sides, run: Run) -> list[Due]:
    """Tills whose claims are expected: those with offsets in the range whose day is over.

    Where no till stands (a biller), a day on which points only came back asks for no claims.
    """
    tills = {
        Due(row.claimant_id, row.terminal_id, row.business_date)
        for row in sides.booked
        if row.business_date <= run.day and (row.terminal_id or row.fen_plus)
    }
    tills |= {
        Due(b.claimant_id, b.terminal_id, b.business_date)
        for item in sides.waiting
        if item.reason == "cut_off" and (b := item.pair.booked).business_date <= run.day
    }
    return sorted(tills)
