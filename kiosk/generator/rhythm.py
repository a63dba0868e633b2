"""How busy a day is: month, weekday, feasts and rain, with a mean of one over the year."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from kiosk.generator.streams import Streams

_MONTHS: Final = (1.08, 1.02, 0.95, 0.96, 1.02, 1.00, 0.98, 0.98, 1.03, 1.04, 0.97, 1.02)
_WEEKDAYS: Final = (0.95, 0.93, 0.94, 0.96, 1.03, 1.12, 1.07)
_NEW_YEARS: Final = (
    date(2025, 1, 29), date(2026, 2, 17), date(2027, 2, 6), date(2028, 1, 26), date(2029, 2, 13),
)  # fmt: skip
_MID_AUTUMNS: Final = (
    date(2025, 10, 6), date(2026, 9, 25), date(2027, 9, 15), date(2028, 10, 3), date(2029, 9, 22),
)  # fmt: skip
_RAIN_CHANCE, _RAIN_FACTOR = 0.12, 0.8
_AROUND_NEW_YEAR: Final = ((-14, -1, 1.5), (0, 3, 0.35), (4, 7, 0.7))
_HOLIDAYS: Final = ((5, 5, 1.15), (10, 7, 1.10))
_GIFT_DAYS: Final = 7


def days(since: date, until: date) -> Iterator[date]:
    """Each day from the first to the last, both counted in."""
    for number in range((until - since).days + 1):
        yield since + timedelta(days=number)


def busyness(streams: Streams, since: date, until: date) -> dict[date, float]:
    """How many times the mean each day brings."""
    year = [_plain(until - timedelta(days=n)) for n in range(365)]
    mean = math.fsum(year) / len(year) * (1 - _RAIN_CHANCE * (1 - _RAIN_FACTOR))
    return {
        day: _plain(day) * (_RAIN_FACTOR if _rains(streams, day) else 1.0) / mean
        for day in days(since, until)
    }


def _rains(streams: Streams, day: date) -> bool:
    return streams.stream("weather", day.isoformat()).random() < _RAIN_CHANCE


def _plain(day: date) -> float:
    return _MONTHS[day.month - 1] * _WEEKDAYS[day.weekday()] * _feast(day)


def _feast(day: date) -> float:
    for new_year in _NEW_YEARS:
        after = (day - new_year).days
        for first, last, factor in _AROUND_NEW_YEAR:
            if first <= after <= last:
                return factor
    if any(0 < (feast - day).days <= _GIFT_DAYS for feast in _MID_AUTUMNS):
        return 1.25
    return next((f for month, last, f in _HOLIDAYS if day.month == month and day.day <= last), 1.0)
