"""When each step is due: midnight by the community's clock, ends of months, missed times, rests."""

from __future__ import annotations

import pytest

from kiosk.clockwork.rules import (
    Due,
    due_times,
    is_overdue,
    next_due,
    read_timetable,
    rest_minutes,
)
from kiosk.clockwork.steps import WORK
from tests.support.town import moment

ZONE = "Asia/Shanghai"
STEPS = {step.name: step for step in read_timetable()}


def periods(name: str, at: str, after: int | None, first: int = 0) -> list[int]:
    found = due_times(STEPS[name], after=after, first=first, now=moment(at), zone=ZONE)
    return [due.period for due in found]


def test_every_step_of_the_timetable_has_its_work() -> None:
    assert set(STEPS) == set(WORK)


def test_a_night_is_due_at_two_for_the_day_before() -> None:
    assert periods("night", "2026-03-03 01:59", 20260301) == []
    assert periods("night", "2026-03-03 02:00", 20260301) == [20260302]
    assert next_due(STEPS["night"], moment("2026-03-03 02:00"), ZONE) == Due(
        "night", 20260303, moment("2026-03-04 02:00")
    )


def test_each_missed_night_is_due_and_the_newest_of_the_notices() -> None:
    assert periods("night", "2026-03-05 15:00", 20260302) == [20260303, 20260304]
    assert periods("notices", "2026-03-05 15:00", 20260302) == [20260305]


def test_where_nothing_was_ever_done_the_newest_is_due_and_nothing_before_the_opening() -> None:
    assert periods("night", "2026-03-05 15:00", None) == [20260304]
    assert periods("night", "2026-03-05 15:00", None, first=20260305) == []


def test_a_month_is_due_on_the_first_over_the_turn_of_a_year_too() -> None:
    assert periods("month", "2026-03-31 23:00", 202602) == []
    assert periods("month", "2026-04-01 04:00", 202602) == [202603]
    assert periods("month", "2027-02-10 09:00", 202611) == [202612, 202701]
    assert next_due(STEPS["month"], moment("2026-12-31 12:00"), ZONE).due_at == moment(
        "2027-01-01 04:00"
    )


def test_an_hour_that_a_clock_skips_is_due_all_the_same() -> None:
    # Berlin has no 02:30 on that night; the run is due within the hour, once.
    timetable = read_timetable(
        '[[step]]\nname = "night"\nat = "02:30"\ncovers = "day_before"\nmissed = "each"\nlate_minutes = 5\n'
    )
    late = moment("2026-03-30 00:00")
    found = due_times(timetable[0], after=20260327, first=0, now=late, zone="Europe/Berlin")
    assert [due.period for due in found] == [20260328]


def test_rests_double_up_to_an_hour() -> None:
    assert [rest_minutes(tries) for tries in range(1, 10)] == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_overdue_is_after_its_minutes_and_not_before() -> None:
    due = moment("2026-03-03 02:00")
    assert not is_overdue(STEPS["night"], due, moment("2026-03-03 05:00"))
    assert is_overdue(STEPS["night"], due, moment("2026-03-03 05:00") + 1)


@pytest.mark.parametrize("wrong", ['covers = "week"', 'missed = "none"', 'after = ["later"]'])
def test_a_wrong_timetable_is_not_read(wrong: str) -> None:
    good = {"covers": '"day"', "missed": '"each"', "after": "[]"}
    name, value = wrong.split(" = ")
    lines = [f"{key} = {text}" for key, text in {**good, name: value}.items()]
    text = '[[step]]\nname = "a"\nat = "01:00"\nlate_minutes = 5\n' + "\n".join(lines)
    with pytest.raises(ValueError, match="a"):
        read_timetable(text)
