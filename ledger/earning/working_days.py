"""Which days are worked in mainland China: weekends, holidays, weekend days worked for them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path as FilePath
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import Field, TypeAdapter

from ledger.earning.calendar import day_from_key, day_key
from ledger.earning.scheme_values import Day, Part, Text

_FILE: Final = FilePath(__file__).parent.parent / "schemes" / "holidays_cn.toml"
_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 6
_LOOK_AHEAD: Final = timedelta(days=45)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest(Part):
    """One holiday, first and last day counted in, weekends inside it included."""

    name: Text
    first: Day
    last: Day


@dataclass(frozen=True, slots=True, kw_only=True)
class HolidayYear(Part):
    """One year's notice: its holidays, and the weekend days worked in exchange."""

    year: Annotated[int, Field(strict=True, ge=2000, le=2199)]
    notice: Text
    issued_on: Day
    work: tuple[Day, ...]
    rest: tuple[Rest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _HolidayFile(Part):
    schema: Literal["working-days/1"]
    year: tuple[HolidayYear, ...]


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A counted day; not `sure` where a year without a notice was counted by weekends."""

    day: date
    sure: bool


class Due(NamedTuple):
    """A counted business date (yyyymmdd); not `sure` where a year without a notice was counted by weekends."""

    day: int
    sure: bool


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """The calendar of working days; years it does not know have weekends only."""

    years: frozenset[int] = frozenset()
    rest: frozenset[date] = field(default_factory=frozenset)
    work: frozenset[date] = field(default_factory=frozenset)

    def knows(self, day: date) -> bool:
        """Whether the notice for that day's year is in the calendar."""
        return day.year in self.years

    def is_working_day(self, day: date) -> bool:
        """Whether offices work on a day; for a year it does not `know`, Monday to Friday."""
        if day in self.work:
            return True
        return day not in self.rest and day.isoweekday() < _SATURDAY

    def next_working_day(self, day: date) -> Reckoned:
        """The first working day after `day`."""
        return self.add_working_days(day, 1)

    def add_working_days(self, day: date, count: int) -> Reckoned:
        """The `count`-th working day after `day`; 0 gives `day` itself, worked or not.

        Friday 13 February 2026 and 1 gives Saturday the 14th, worked in exchange for the festival.
        """
        if count < 0:
            raise ValueError(f"count is {count}")
        sure = self.knows(day)
        left = count
        while left:
            day += _DAY
            sure = sure and self.knows(day)
            left -= self.is_working_day(day)
        return Reckoned(day, sure)

    def on_or_after(self, day: date) -> Reckoned:
        """The first working day from `day` on, that day counted in."""
        return self.add_working_days(day - _DAY, 1)

    def longest_rest(self) -> int:
        """Days of the longest holiday in the calendar, one after another; 0 where it knows none."""
        longest = length = 0
        before: date | None = None
        for day in sorted(self.rest):
            length = length + 1 if before is not None and day - before == _DAY else 1
            longest, before = max(longest, length), day
        return longest

    def missing_year(self, day: date) -> int | None:
        """The year within the next 45 days whose notice is not in the calendar, None where none is missing."""
        ahead = (day, day + _LOOK_AHEAD)
        return next((one.year for one in ahead if not self.knows(one)), None)

    def working_days_between(self, first: date, last: date) -> int:
        """How many working days lie after `first`, up to and with `last`."""
        days = (first + timedelta(days=ahead) for ahead in range(1, (last - first).days + 1))
        return sum(self.is_working_day(day) for day in days)


def parse_working_days(text: str) -> WorkingDays:
    """The calendar from its file's text; ValueError (TOML's or pydantic's) where it is wrong."""
    read = TypeAdapter(_HolidayFile).validate_python(tomllib.loads(text))
    rest = {day for year in read.year for holiday in year.rest for day in _days(holiday)}
    work = {day for year in read.year for day in year.work}
    if both := rest & work:
        raise ValueError(f"{min(both)} is both a holiday and worked")
    for day in work:
        if day.isoweekday() < _SATURDAY:
            raise ValueError(f"{day} is worked in exchange but is no weekend day")
    return WorkingDays(frozenset(year.year for year in read.year), frozenset(rest), frozenset(work))


@cache
def working_days_cn() -> WorkingDays:
    """The calendar that ships with the product (schemes/holidays_cn.toml)."""
    return parse_working_days(_FILE.read_text(encoding="utf-8"))


def due_day(day: int, count: int) -> Due:
    """The `count`-th working day after a business date (yyyymmdd), by the calendar that ships."""
    reckoned = working_days_cn().add_working_days(day_from_key(day), count)
    return Due(day_key(reckoned.day), reckoned.sure)


def last_day_to_answer(day: int, count: int) -> int:
    """The last day (yyyymmdd) of a term of `count` working days that somebody has from a business date on.

    Where a year's holidays are not known yet, the longest holiday known is added: nobody's term may turn out shorter
    than promised once the notice comes.
    """
    calendar = working_days_cn()
    reckoned = calendar.add_working_days(day_from_key(day), count)
    spare = timedelta(days=0 if reckoned.sure else calendar.longest_rest())
    return day_key(reckoned.day + spare)


def value_day(day: int) -> Due:
    """The day (yyyymmdd) a bank works from `day` on: `day` itself where it is a working day."""
    reckoned = working_days_cn().on_or_after(day_from_key(day))
    return Due(day_key(reckoned.day), reckoned.sure)


def _days(holiday: Rest) -> list[date]:
    length = (holiday.last - holiday.first).days + 1
    if length < 1:
        raise ValueError(f"{holiday.name} ends before it begins")
    return [holiday.first + timedelta(days=ahead) for ahead in range(length)]
