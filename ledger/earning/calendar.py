"""Which day it is and which days a period has: business dates, months, quarters, years."""

from __future__ import annotations

import calendar as months
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from ledger.earning.scheme import Scheme

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_DAY: Final = timedelta(days=1)
_MONTHS: Final = 12

MIDNIGHT: Final = time(0)


@dataclass(frozen=True, slots=True)
class Period:
    """First to last day, both counted in; `key` is 2026, 20261 (quarter), 202603 or 20260302."""

    key: int
    first: date
    last: date

    def holds(self, day: date) -> bool:
        """Whether a day lies in the period."""
        return self.first <= day <= self.last


def local_time(at_us: int, timezone: str) -> datetime:
    """Microseconds UTC as wall-clock time in a zone."""
    return (_EPOCH + timedelta(microseconds=at_us)).astimezone(ZoneInfo(timezone))


def business_date(at_us: int, timezone: str, cutoff: time = MIDNIGHT) -> date:
    """The day an event belongs to: a day runs from the cut-off to the next day's cut-off.

    Instants are compared, not clocks, so that no event falls back to the day before when summer
    time ends and the clock shows the hour of the cut-off twice.
    """
    day = local_time(at_us, timezone).date()
    start, end = day_bounds(day, timezone, cutoff)
    if at_us < start:
        return day - _DAY
    return day if at_us < end else day + _DAY


@lru_cache(maxsize=1024)
def day_bounds(day: date, timezone: str, cutoff: time = MIDNIGHT) -> tuple[int, int]:
    """First microsecond of a business date and first of the next: 23 to 25 hours apart."""
    zone = ZoneInfo(timezone)
    start, end = (
        (datetime.combine(on, cutoff, zone) - _EPOCH) // _MICROSECOND for on in (day, day + _DAY)
    )
    return start, end


def day_key(day: date) -> int:
    """A day as the number the books keep: 20260302."""
    return day.year * 10_000 + day.month * 100 + day.day


def day_from_key(key: int) -> date:
    """20260302 as a date; ValueError where there is no such day."""
    return date(key // 10_000, key // 100 % 100, key % 100)


def month_of(day: date) -> int:
    """The calendar month: 202603."""
    return day.year * 100 + day.month


def quarter_of(day: date) -> int:
    """The quarter: 20261 is January to March of 2026."""
    return day.year * 10 + (day.month - 1) // 3 + 1


def day_in_month(year: int, month: int, day: int) -> date:
    """A day of a month; the 29th to 31st mean the last day where the month is shorter."""
    return date(year, month, min(day, months.monthrange(year, month)[1]))


def month_period(day: date, last_day: int | None = None) -> Period:
    """The month a day lies in; with `last_day` 25 months run from the 26th to the 25th.

    A month is named for the calendar month it ends in: 26 January to 25 February is 202602.
    """
    if last_day is None:
        return month_by_key(month_of(day))
    year, month = day.year, day.month
    if day.day > last_day:
        year, month = _next_month(year, month)
    last = date(year, month, last_day)
    first = date(*_month_before(year, month), last_day) + _DAY
    return Period(year * 100 + month, first, last)


def month_by_key(key: int) -> Period:
    """A calendar month by its number: 202602 is 1 to 28 February 2026."""
    year, month = divmod(key, 100)
    return Period(key, date(year, month, 1), day_in_month(year, month, 31))


def quarter_period(day: date) -> Period:
    """The quarter a day lies in."""
    first_month = (day.month - 1) // 3 * 3 + 1
    last = day_in_month(day.year, first_month + 2, 31)
    return Period(quarter_of(day), date(day.year, first_month, 1), last)


def year_period(day: date) -> Period:
    """The calendar year a day lies in."""
    return Period(day.year, date(day.year, 1, 1), date(day.year, 12, 31))


def scheme_month(scheme: Scheme, day: date) -> Period:
    """The month by the scheme's own calendar, which sums up or publishes 26_to_25 in some."""
    for rule in (scheme.calendar.summarise, scheme.calendar.publish):
        if rule is not None and rule.covers is not None and "_to_" in rule.covers:
            return month_period(day, last_day_of(rule.covers))
    return month_period(day)


def last_day_of(covers: str) -> int:
    """The last day of an odd month: 25 for 26_to_25."""
    return int(covers.split("_to_")[1])


def _next_month(year: int, month: int) -> tuple[int, int]:
    return (year, month + 1) if month < _MONTHS else (year + 1, 1)


def _month_before(year: int, month: int) -> tuple[int, int]:
    return (year, month - 1) if month > 1 else (year - 1, _MONTHS)
