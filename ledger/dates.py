"""Business dates as yyyymmdd numbers, and back to days of the calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

_MONTH: Final = 100
_YEAR: Final = 10_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def number_of(day: date) -> int:
    """2026-03-02 -> 20260302."""
    return day.year * _YEAR + day.month * _MONTH + day.day


def day_of(number: int) -> date:
    """20260302 -> 2026-03-02; a number that is no day raises ValueError."""
    return date(number // _YEAR, number // _MONTH % _MONTH, number % _MONTH)


def is_day(number: int) -> bool:
    """Whether the number names a day of the calendar."""
    try:
        day_of(number)
    except ValueError:
        return False
    return True


def day_before(number: int) -> int:
    """The business date before."""
    return number_of(day_of(number) - timedelta(days=1))


def local_day(at: int, zone: tzinfo) -> int:
    """The calendar day of a time (microseconds UTC) on a community's clock."""
    return number_of(local_time(at, zone).date())


def local_time(at: int, zone: tzinfo) -> datetime:
    """A time (microseconds UTC) as a community's clock shows it."""
    return (_EPOCH + timedelta(microseconds=at)).astimezone(zone)


def micros(moment: datetime) -> int:
    """A time with a zone as microseconds UTC; one without a zone is a bug and raises ValueError."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone means nothing")
    return (moment - _EPOCH) // timedelta(microseconds=1)
