"""When acts of a scheme fall due, which days they cover, and when the counter is open."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final, Protocol

from ledger.earning.calendar import (
    Period,
    day_in_month,
    day_key,
    last_day_of,
    local_time,
    month_period,
    quarter_period,
    year_period,
)
from ledger.earning.scheme_frame import CalendarRule, RedemptionWindow
from ledger.earning.working_days import WorkingDays

_DAY: Final = timedelta(days=1)
_FAR: Final = 366 * 2
"""Days to look ahead for the next due date: every rule falls due within a year."""
_LONGEST_REST: Final = 15
"""Days a window may be moved by a run of rest days; the longest holidays have nine."""
_CHOSEN_WEEKDAY: Final = ("weekly", "daily")


class _Dated(Protocol):
    """What a calendar rule and a redemption window have in common."""

    @property
    def rule(self) -> str: ...
    @property
    def day(self) -> int | None: ...
    @property
    def month(self) -> int | None: ...
    @property
    def month_of_quarter(self) -> int | None: ...
    @property
    def weekdays(self) -> tuple[int, ...]: ...


def covered_period(rule: CalendarRule, due: date) -> Period | None:
    """The days an act on its due date is about; None where the rule covers none.

    An odd month (26_to_25) is the last one complete by the due date, that day counted in.
    """
    covers = rule.covers
    if covers is None:
        return None
    if "_to_" in covers:
        period = month_period(due, last_day_of(covers))
        before = month_period(period.first - _DAY, last_day_of(covers))
        return period if period.last <= due else before
    return _plain_period(covers, due)


def _plain_period(covers: str, due: date) -> Period:
    match covers:
        case "previous_day":
            day = due - _DAY
            return Period(day_key(day), day, day)
        case "previous_month":
            return month_period(month_period(due).first - _DAY)
        case "previous_quarter":
            return quarter_period(quarter_period(due).first - _DAY)
        case "previous_year":
            return year_period(date(due.year - 1, 1, 1))
        case "current_year":
            return year_period(due)
        case _:
            raise AssertionError(f"the loader let {covers} pass")


def falls_on(rule: _Dated, day: date) -> bool:
    """Whether an act falls due, or a window begins, on a day; never for per_event and rolling."""
    match rule.rule:
        case "daily":
            return True
        case "weekly":
            return day.isoweekday() in rule.weekdays
        case "monthly":
            return _is_day(rule, day)
        case "quarterly":
            return (day.month - 1) % 3 + 1 == rule.month_of_quarter and _is_day(rule, day)
        case "yearly":
            return day.month == rule.month and _is_day(rule, day)
        case _:
            return False


def next_due(rule: _Dated, after: date) -> date | None:
    """The first day after `after` on which an act falls due; None for per_event and rolling."""
    days = (after + timedelta(days=ahead) for ahead in range(1, _FAR))
    return next((day for day in days if falls_on(rule, day)), None)


def window_at(
    windows: Iterable[RedemptionWindow],
    at_us: int,
    timezone: str,
    working: WorkingDays | None = None,
) -> RedemptionWindow | None:
    """The redemption window open at a time, if any; it is closed from the minute of `closes` on.

    With a calendar of working days, a window that would begin on a rest day begins on the next
    working day; a weekly one moves only for a public holiday, since its weekday was chosen.
    """
    local = local_time(at_us, timezone)
    for window in windows:
        if window.opens <= local.time() < window.closes and _has_day(window, local.date(), working):
            return window
    return None


def next_window_day(
    windows: Iterable[RedemptionWindow], day: date, working: WorkingDays | None = None
) -> date | None:
    """The first day from `day` on with an open counter; None for a scheme without windows."""
    several = tuple(windows)
    days = (day + timedelta(days=ahead) for ahead in range(_FAR))
    return next(
        (on for on in days if any(_has_day(window, on, working) for window in several)), None
    )


def windows_on(
    windows: Iterable[RedemptionWindow], day: date, working: WorkingDays | None = None
) -> list[RedemptionWindow]:
    """The windows that are open at some hour of a day."""
    return [window for window in windows if _has_day(window, day, working)]


def _has_day(window: RedemptionWindow, day: date, working: WorkingDays | None) -> bool:
    for back in range(window.length_days + (_LONGEST_REST if working else 0)):
        begin = day - timedelta(days=back)
        if falls_on(window, begin):
            begin = _moved(window, begin, working)
            if begin <= day < begin + timedelta(days=window.length_days):
                return True
    return False


def _moved(window: RedemptionWindow, begin: date, working: WorkingDays | None) -> date:
    if working is None or working.is_working_day(begin):
        return begin
    if window.rule in _CHOSEN_WEEKDAY and begin not in working.rest:
        return begin
    return working.next_working_day(begin).day


def _is_day(rule: _Dated, day: date) -> bool:
    return rule.day is not None and day == day_in_month(day.year, day.month, rule.day)
