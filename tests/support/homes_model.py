"""Pools of households kept by hand, from the words of the rules: what the product's book has to agree with.

Lots are the ones of `tests.support.fifo`; nothing here comes from the product.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from tests.support.fifo import Lot, Lots


@dataclass
class Pool:
    """One household: who lives there, its lots, what is set aside, what it owes, who brought how much."""

    members: set[int]
    lots: Lots = field(default_factory=Lots)
    held: int = 0
    owed: int = 0
    nets: Counter[int] = field(default_factory=Counter)
    is_open: bool = True
    lent: list[tuple[date, date, int]] = field(default_factory=list)
    """What older points paid for a day that fell below nothing: that day, theirs, how many."""

    @property
    def free(self) -> int:
        """What may be used."""
        return self.lots.units - self.held

    def come(self, day: date, units: int) -> None:
        """Points of a day come in, and make up for what is owed first."""
        self.arrive(day, units)
        self.repay()

    def arrive(self, day: date, units: int) -> None:
        """Points of a day come in; what older ones had paid for that day goes back to them, the oldest first."""
        for n, (lacking, lender, paid) in sorted(enumerate(self.lent), key=lambda row: row[1][1]):
            back = min(units, paid) if lacking == day else 0
            if back:
                self.lent[n] = (lacking, lender, paid - back)
                self.lots.earn(lender, back)
                units -= back
        self.lent = [row for row in self.lent if row[2]]
        if units:
            self.lots.earn(day, units)

    def take_back(self, day: date, units: int) -> None:
        """Goods of a day come back whose points may have moved away: what is lacking, the points before it pay."""
        own = min(units, sum(lot.size for lot in self.lots.lots if lot.day == day))
        self.lots.undo(day, own)
        rest = units - own
        for lot in reversed([lot for lot in self.lots.lots if lot.day < day]):
            gone = min(rest, lot.size)
            if gone:
                self.lots.undo_lot(lot, gone)
                self.lent.append((day, lot.day, gone))
                rest -= gone
        assert rest == 0, "more was taken back than there was"

    def repay(self) -> None:
        """Nobody has free points and a debt beside them."""
        back = min(self.owed, self.free)
        if back > 0:
            self.lots.spend(back)
            self.owed -= back

    def shares(self) -> dict[int, int]:
        """What each member may take along."""
        brought = {person: max(0, self.nets[person]) for person in self.members}
        total = sum(brought.values())
        if total <= self.free:
            return brought
        return {person: self.free * units // total for person, units in brought.items()}

    def take(self, units: int) -> dict[date, int]:
        """Take a part of every age, without what is set aside (the oldest); gives units by the last day of a month."""
        aside, free = self.held, list[tuple[Lot, int]]()
        for lot in self.lots.lots:
            kept = min(aside, lot.left)
            aside -= kept
            if lot.left > kept:
                free.append((lot, lot.left - kept))
        by_day = dict[date, int]()
        for lot, left in free:
            by_day[lot.day] = by_day.get(lot.day, 0) + left
        total = sum(by_day.values())
        assert units <= total
        parts = {day: units * left // total for day, left in by_day.items()} if units else {}
        over = units - sum(parts.values())
        for day in sorted(parts):
            if over and parts[day] < by_day[day]:
                parts[day] += 1
                over -= 1
        for lot, left in free:
            gone = min(left, parts.get(lot.day, 0))
            lot.left -= gone
            lot.size -= gone
            if gone:
                parts[lot.day] -= gone
                self._moved[lot.day] = self._moved.get(lot.day, 0) + gone
        moved, self._moved = self._moved, {}
        months: dict[tuple[int, int], tuple[date, int]] = {}
        for day in sorted(moved):
            key = (day.year, day.month)
            months[key] = (day, months.get(key, (day, 0))[1] + moved[day])
        return dict(months.values())

    _moved: dict[date, int] = field(default_factory=dict)


def carry(source: Pool, to: Pool, units: int, person: int | None = None) -> None:
    """So many units go over, each age apart."""
    for day, part in source.take(units).items():
        to.arrive(day, part)
    if person is not None:
        source.nets[person] -= units
        to.nets[person] += units
    to.repay()


def by_month(ages: dict[int, int]) -> dict[int, int]:
    """Units by month (yyyymm) of units by day."""
    sums: dict[int, int] = {}
    for day, units in ages.items():
        sums[day // 100] = sums.get(day // 100, 0) + units
    return sums


def months_of(pool: Pool) -> dict[int, int]:
    """What a pool holds by the month it was earned in."""
    sums: dict[int, int] = {}
    for lot in pool.lots.lots:
        key = lot.day.year * 100 + lot.day.month
        sums[key] = sums.get(key, 0) + lot.left
    return {key: units for key, units in sums.items() if units}
