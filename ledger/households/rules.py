"""How points and debts are divided, in whole units: pure figures, the same for the preview and for the act."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

OWN: Final = "own"
"""Each takes what they brought into the pool and did not use; a debt stays."""
HEADS: Final = "heads"
"""Points and debt by the number of people, rounded down for those who go."""
AGREED: Final = "agreed"
"""A number of points both sides signed for; a debt stays."""
WHOLE: Final = "whole"
"""Everything, debts too."""


class Aged(NamedTuple):
    """Units earned on a day (yyyymmdd)."""

    earned_on: int
    units: int


def own_shares(free: int, nets: Mapping[int, int]) -> dict[int, int]:
    """Each member's share of `free` units: what they brought in and did not use, cut in proportion where less is left.

    `nets`: member to units brought in less units used; below zero counts as nothing. The sum never exceeds `free`.
    """
    brought = {person: max(0, net) for person, net in nets.items()}
    total = sum(brought.values())
    if total <= free:
        return brought
    return {person: free * units // total for person, units in brought.items()}


def by_heads(units: int, going: int, staying: int) -> int:
    """What `going` of `going + staying` people take along, rounded down."""
    return units * going // (going + staying) if going else 0


def of_every_age(lots: Sequence[Aged], units: int) -> list[Aged]:
    """`units` taken from lots in proportion, so that neither side's points are older than the other's; exact.

    What rounding leaves over comes from the oldest lots. ValueError where there is less.
    """
    total = sum(lot.units for lot in lots)
    if units > total:
        message = "more is divided than there is"
        raise ValueError(message)
    if not units:
        return []
    parts = [units * lot.units // total for lot in lots]
    over = units - sum(parts)
    for n, lot in enumerate(lots):
        more = min(over, lot.units - parts[n], 1)
        parts[n] += more
        over -= more
    return [Aged(lot.earned_on, part) for lot, part in zip(lots, parts, strict=True) if part]


def by_period(lots: Iterable[Aged], ends: Collection[tuple[int, int]] = ()) -> list[Aged]:
    """Lots that lapse together as one, under the latest of their days: those of a month, cut at the scheme's dates.

    `ends` are the fixed dates (month, day) on which a rule of the community ends a year of earning.
    """
    groups: dict[tuple[int, int], Aged] = {}
    for lot in lots:
        month, of_month = lot.earned_on // 100, lot.earned_on % 100
        passed = sum(1 for end, day in ends if end == month % 100 and day < of_month)
        known = groups.get((month, passed), Aged(0, 0))
        day = max(known.earned_on, lot.earned_on)
        groups[month, passed] = Aged(day, known.units + lot.units)
    return [groups[key] for key in sorted(groups)]


def limit_from(month: int, asked: int | None, known: int | None) -> int:
    """The month (yyyymm) from which a new limit counts: more counts at once, less from the next month on.

    A member is never left with less than was promised for the month that runs. None is no limit.
    """
    is_more = known is not None and (asked is None or asked >= known)
    if is_more:
        return month
    year, of_year = divmod(month, 100)
    return month + 1 if of_year < 12 else (year + 1) * 100 + 1  # noqa: PLR2004 - months of a year
