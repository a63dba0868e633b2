"""Lots spent in the order they were earned, kept one by one: what the product's sums have to agree with.

Written from the words of the rule alone. It knows nothing of the book's tables and shares nothing with the product.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta


@dataclass
class Lot:
    """Points earned on one day: how many, and how many of them are still there."""

    day: date
    size: int
    left: int


@dataclass
class Lots:
    """One wallet's lots, the oldest first."""

    lots: list[Lot] = field(default_factory=list)

    def earn(self, day: date, units: int) -> None:
        """Points earned on a day, perhaps proven only later."""
        at = next((n for n, lot in enumerate(self.lots) if lot.day > day), len(self.lots))
        self.lots.insert(at, Lot(day, units, units))
        # What was spent while these were not there yet is charged to the older ones after all.
        self._spend_oldest_first()

    def undo(self, day: date, units: int) -> None:
        """Goods came back: so many of the points of that day were never earned."""
        for lot in [lot for lot in self.lots if lot.day == day]:
            gone = min(units, lot.size)
            units -= gone
            self.undo_lot(lot, gone)
        assert units == 0, "more came back than was earned that day"

    def undo_lot(self, lot: Lot, units: int) -> None:
        """So many of one lot were never earned."""
        lot.size -= units
        unspent = max(0, lot.left - lot.size)
        lot.left -= unspent
        # What of it was spent already is charged to the lots that are left.
        self.spend(units - unspent)

    def spend(self, units: int) -> None:
        """So many go, the oldest first."""
        for lot in self.lots:
            taken = min(units, lot.left)
            lot.left -= taken
            units -= taken
        assert units == 0, "spent more than there was"

    def give_back(self, units: int) -> None:
        """So many come back: the latest spending is undone."""
        for lot in reversed(self.lots):
            back = min(units, lot.size - lot.left)
            lot.left += back
            units -= back
        assert units == 0, "more came back than was ever spent"

    def left_of(self, until: date) -> int:
        """What is still there of everything earned up to a day."""
        return sum(lot.left for lot in self.lots if lot.day <= until)

    @property
    def units(self) -> int:
        """What is in the wallet."""
        return sum(lot.left for lot in self.lots)

    def _spend_oldest_first(self) -> None:
        for newer in reversed(self.lots):
            for older in self.lots:
                if older is newer:
                    break
                moved = min(newer.size - newer.left, older.left)
                older.left -= moved
                newer.left += moved


@dataclass
class Told:
    """Points of one cut that were announced."""

    units: int
    last_day: date
    next: int
    waiting: list[int] = field(default_factory=list)
    over: bool = False
    expired: int = 0


@dataclass
class Rule:
    """When what was earned ends, in plain words: by month or by year, and how long before it is told."""

    by_month: bool
    keep: int
    notices: tuple[int, ...]

    def end_of(self, day: date) -> date:
        """The end of the month, or of the year."""
        if not self.by_month:
            return date(day.year, 12, 31)
        first_of_next = date(day.year + day.month // 12, day.month % 12 + 1, 1)
        return first_of_next - timedelta(days=1)

    def last_day(self, end: date) -> date:
        """The last day for what was earned up to `end`."""
        if not self.by_month:
            return date(end.year + self.keep, 12, 31)
        month = end.month - 1 + self.keep
        return self.end_of(date(end.year + month // 12, month % 12 + 1, 1))

    def newest_due(self, start: date, today: date) -> date | None:
        """The latest period whose first notice is due."""
        found, end = None, self.end_of(start)
        while end <= today and self.last_day(end) - timedelta(days=self.notices[0]) <= today:
            found, end = end, self.end_of(end + timedelta(days=1))
        return found


@dataclass
class Wallet:
    """One owner: lots, points set aside, debt, and everything announced to them."""

    rule: Rule
    start: date
    has_phone: bool
    lots: Lots = field(default_factory=Lots)
    held: int = 0
    owed: int = 0
    told: dict[date, Told] = field(default_factory=dict)

    def night_of_notices(self, today: date) -> None:
        """First what is new, then reminders of what was told before."""
        cut = self.rule.newest_due(self.start, today)
        if cut is not None and cut not in self.told:
            units = self.lots.left_of(cut) - self._still_promised(cut)
            if units > 0:
                self.told[cut] = Told(units, self.rule.last_day(cut), 0)
                self._tell(self.told[cut], today)
        for end in sorted(self.told):
            told = self.told[end]
            if told.over or told.waiting or told.next >= len(self.rule.notices):
                continue
            if told.last_day - timedelta(days=self.rule.notices[told.next]) > today:
                continue
            told.units = min(told.units, self.lots.left_of(end) - self._still_promised(end))
            if told.units <= 0:
                told.units, told.over = 0, True
            else:
                self._tell(told, today)

    def hand_out(self, today: date) -> None:
        """Somebody brings the slips."""
        for told in [told for told in self.told.values() if not told.over]:
            for days in told.waiting:
                told.last_day = max(told.last_day, today + timedelta(days=days))
            told.waiting.clear()

    def night_of_expiry(self, today: date) -> int:
        """What goes this night."""
        gone = 0
        for end in sorted(self.told):
            told = self.told[end]
            if told.over or told.last_day >= today:
                continue
            promised = self._still_promised(end)
            may = not told.waiting and told.next == len(self.rule.notices) and not promised
            if self.lots.left_of(end) <= promised:
                told.over = True
            if not may:
                continue
            told.over = True
            # Points set aside are gone for this night; if they come back, the next date counts.
            free = max(0, self.lots.left_of(end) - self.held)
            told.expired = min(told.units, free)
            self.lots.spend(told.expired)
            gone += told.expired
        return gone

    def _tell(self, told: Told, today: date) -> None:
        days = self.rule.notices[told.next]
        told.last_day = max(told.last_day, today + timedelta(days=days))
        told.next += 1
        if not self.has_phone:
            told.waiting.append(days)

    def _still_promised(self, before: date) -> int:
        promised = 0
        for end in sorted(self.told):
            told = self.told[end]
            if end < before and not told.over:
                promised += max(0, min(told.units, self.lots.left_of(end) - promised))
        return promised
