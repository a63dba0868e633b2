"""When the goods counter is open: the scheme's windows on the clock of the community, and the next one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from ledger.earning.calendar import local_time
from ledger.earning.due_dates import next_window_day, window_at, windows_on
from ledger.earning.scheme_frame import RedemptionWindow
from ledger.earning.working_days import WorkingDays

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_DAY: Final = timedelta(days=1)


class Opening(NamedTuple):
    """An open counter: from a moment to a moment (microseconds UTC, the last one no longer open), and its name."""

    from_us: int
    to_us: int
    name: str


def opening_at(
    windows: Iterable[RedemptionWindow],
    at_us: int,
    timezone: str,
    working: WorkingDays | None = None,
) -> Opening | None:
    """The opening a moment lies in; None while the counter is closed."""
    window = window_at(windows, at_us, timezone, working)
    if window is None:
        return None
    return _opening(window, local_time(at_us, timezone).date(), timezone)


def next_opening(
    windows: Iterable[RedemptionWindow],
    at_us: int,
    timezone: str,
    working: WorkingDays | None = None,
) -> Opening | None:
    """The first opening that begins after a moment; None for a scheme without windows."""
    several = tuple(windows)
    day: date | None = local_time(at_us, timezone).date()
    while day is not None:
        day = next_window_day(several, day, working)
        if day is None:
            return None
        found = [_opening(one, day, timezone) for one in windows_on(several, day, working)]
        later = [one for one in found if one.from_us > at_us]
        if later:
            return min(later)
        day += _DAY
    return None


def _opening(window: RedemptionWindow, day: date, timezone: str) -> Opening:
    return Opening(
        _moment(day, window.opens, timezone),
        _moment(day, window.closes, timezone),
        window.name or "",
    )


def _moment(day: date, clock: time, timezone: str) -> int:
    local = datetime.combine(day, clock, ZoneInfo(timezone))
    return (local - _EPOCH) // _MICROSECOND
