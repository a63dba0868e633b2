"""When each step is due, which missed ones are made up for, how long a failed one rests: times come as arguments.

The timetable itself is data (`timetable.toml`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from ledger.earning.calendar import day_from_key, day_key, local_time, month_by_key, month_of

Covers = Literal["day", "day_before", "month_before"]

MINUTE_US: Final = 60_000_000
FIRST_REST_MINUTES: Final = 1
LONGEST_REST_MINUTES: Final = 60

_FILE: Final = Path(__file__).with_name("timetable.toml")


class Step(NamedTuple):
    """One line of the timetable; `at` is wall-clock time of the community."""

    name: str
    at: time
    covers: Covers
    makes_up_each: bool
    after: tuple[str, ...]
    late_minutes: int


class Due(NamedTuple):
    """One time a step has to run: for `period` (yyyymmdd or yyyymm) from `due_at` (microseconds UTC) on."""

    step: str
    period: int
    due_at: int


@cache
def read_timetable(text: str | None = None) -> tuple[Step, ...]:
    """The steps in the order of the file; ValueError or KeyError where the file is wrong."""
    rows = tomllib.loads(_FILE.read_text(encoding="utf-8") if text is None else text)["step"]
    steps = tuple(_step(row) for row in rows)
    names = [step.name for step in steps]
    for position, step in enumerate(steps):
        if strange := set(step.after) - set(names[:position]):
            message = f"{step.name} comes after {min(strange)}, which is no earlier step"
            raise ValueError(message)
    return steps


def _step(row: Mapping[str, Any]) -> Step:
    covers, missed = row["covers"], row["missed"]
    if covers not in {"day", "day_before", "month_before"} or missed not in {"each", "latest"}:
        message = f"{row['name']}: covers {covers}, missed {missed}"
        raise ValueError(message)
    return Step(
        row["name"],
        time.fromisoformat(row["at"]),
        covers,
        missed == "each",
        tuple(row.get("after", ())),
        int(row["late_minutes"]),
    )


def due_times(
    step: Step, *, after: int | None, first: int, now: int, zone: str, since: int = 0
) -> list[Due]:
    """The runs of a step that were due by `now` (microseconds UTC), oldest first.

    `after`: the newest period that is done, None where none ever was. No period before `first` is looked at, nor one
    due before `since` (microseconds UTC). Where nothing is done yet only the newest run is due: what lay before began
    without a clockwork. Of a step that makes up for the latest alone only the newest run is given.
    """
    found: list[Due] = []
    due = _newest(step, now, zone)
    while due.period >= first and due.due_at >= since and (after is None or due.period > after):
        found.append(due)
        if after is None or not step.makes_up_each:
            break
        due = _before(step, due, zone)
    return found[::-1]


def next_due(step: Step, now: int, zone: str) -> Due:
    """The first run of a step after `now`."""
    newest = _newest(step, now, zone)
    if step.covers != "month_before":
        return _on(step, _run_date(step, newest.period) + timedelta(days=1), zone)
    month = month_by_key(newest.period)
    following = month_by_key(month_of(month.last + timedelta(days=1)))
    return _on(step, following.last + timedelta(days=1), zone)


def rest_minutes(tries: int) -> int:
    """How long a step that failed `tries` times in a row is left alone: 1, 2, 4 ... minutes, an hour at most."""
    return min(LONGEST_REST_MINUTES, FIRST_REST_MINUTES << min(tries - 1, 10))


def is_overdue(step: Step, due_at: int, now: int) -> bool:
    """Whether a run that has not ended should have ended long ago."""
    return now > due_at + step.late_minutes * MINUTE_US


def _newest(step: Step, now: int, zone: str) -> Due:
    """The run that was due last, at `now` or before."""
    today = local_time(now, zone).date()
    day = today.replace(day=1) if step.covers == "month_before" else today
    due = _on(step, day, zone)
    return due if due.due_at <= now else _before(step, due, zone)


def _before(step: Step, due: Due, zone: str) -> Due:
    day = _run_date(step, due.period)
    if step.covers == "month_before":
        return _on(step, (day - timedelta(days=1)).replace(day=1), zone)
    return _on(step, day - timedelta(days=1), zone)


def _run_date(step: Step, period: int) -> date:
    """The day on which the run for a period is due."""
    if step.covers == "month_before":
        return month_by_key(period).last + timedelta(days=1)
    return day_from_key(period) + timedelta(days=1 if step.covers == "day_before" else 0)


def _on(step: Step, day: date, zone: str) -> Due:
    """The run that is due on a day."""
    moment = datetime.combine(day, step.at, ZoneInfo(zone))
    due_at = int(moment.timestamp()) * 1_000_000
    eve = day - timedelta(days=1)
    if step.covers == "month_before":
        return Due(step.name, month_of(eve), due_at)
    return Due(step.name, day_key(eve if step.covers == "day_before" else day), due_at)
