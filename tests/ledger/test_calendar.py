"""Which day it is: cut-offs, zones with summer time, odd months, due dates and open counters."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.earning.calendar import (
    MIDNIGHT,
    business_date,
    day_bounds,
    day_from_key,
    day_in_month,
    day_key,
    month_period,
    quarter_period,
    scheme_month,
)
from ledger.earning.due_dates import (
    covered_period,
    falls_on,
    next_due,
    next_window_day,
    window_at,
)
from ledger.earning.scheme_file import shipped_scheme
from ledger.earning.scheme_frame import CalendarRule
from ledger.earning.working_days import working_days_cn

SHANGHAI = "Asia/Shanghai"
NEW_YORK = "America/New_York"
TWO = time(2)
HALF_PAST_ONE = time(1, 30)
CHANGAN = shipped_scheme("changan")
ARCADIA = shipped_scheme("arcadia")


def us(local: datetime, timezone: str = SHANGHAI) -> int:
    aware = local.replace(tzinfo=ZoneInfo(timezone))
    return int((aware - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))


def test_a_day_in_shanghai_begins_at_sixteen_hours_utc_the_day_before() -> None:
    midnight = us(datetime(2026, 3, 2))  # noqa: DTZ001 - the zone is given beside it

    assert business_date(midnight, SHANGHAI) == date(2026, 3, 2)
    assert business_date(midnight - 1, SHANGHAI) == date(2026, 3, 1)


def test_before_the_cut_off_it_is_still_the_day_before() -> None:
    two = us(datetime(2026, 3, 2, 2))  # noqa: DTZ001 - the zone is given beside it

    assert business_date(two - 1, SHANGHAI, TWO) == date(2026, 3, 1)
    assert business_date(two, SHANGHAI, TWO) == date(2026, 3, 2)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 7, 1), 24)]
)
def test_summer_time_makes_days_of_23_and_25_hours(day: date, hours: int) -> None:
    start, end = day_bounds(day, NEW_YORK)

    assert end - start == hours * 3_600 * 1_000_000


def test_the_hour_the_clock_shows_twice_falls_back_to_no_day() -> None:
    start, _ = day_bounds(date(2026, 11, 1), NEW_YORK, HALF_PAST_ONE)
    minutes = [start + minute * 60_000_000 for minute in range(-60, 180)]

    days = [business_date(at, NEW_YORK, HALF_PAST_ONE) for at in minutes]

    assert days == [date(2026, 10, 31)] * 60 + [date(2026, 11, 1)] * 180


@given(
    at_us=st.integers(0, 4 * 10**15),
    timezone=st.sampled_from([SHANGHAI, NEW_YORK, "Australia/Lord_Howe", "America/Sao_Paulo"]),
    cutoff=st.sampled_from([MIDNIGHT, HALF_PAST_ONE, TWO, time(23, 59)]),
)
def test_every_instant_lies_in_the_bounds_of_its_day(
    at_us: int, timezone: str, cutoff: time
) -> None:
    day = business_date(at_us, timezone, cutoff)
    start, end = day_bounds(day, timezone, cutoff)

    assert start <= at_us < end
    assert day_bounds(day + timedelta(days=1), timezone, cutoff)[0] == end


def test_a_day_is_kept_as_a_number_and_read_back() -> None:
    assert day_key(date(2026, 3, 2)) == 20260302
    assert day_from_key(20260302) == date(2026, 3, 2)
    with pytest.raises(ValueError, match="day"):
        day_from_key(20260230)


def test_the_31st_means_the_last_day_of_a_short_month() -> None:
    assert day_in_month(2026, 2, 31) == date(2026, 2, 28)
    assert day_in_month(2028, 2, 30) == date(2028, 2, 29)
    assert day_in_month(2026, 4, 31) == date(2026, 4, 30)
    assert day_in_month(2026, 5, 31) == date(2026, 5, 31)


def test_an_odd_month_is_named_for_the_month_it_ends_in() -> None:
    period = month_period(date(2026, 1, 26), last_day=25)

    assert (period.key, period.first, period.last) == (
        202602,
        date(2026, 1, 26),
        date(2026, 2, 25),
    )
    assert month_period(date(2025, 12, 26), last_day=25).key == 202601
    assert month_period(date(2026, 1, 25), last_day=25).first == date(2025, 12, 26)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.one_of(st.none(), st.integers(1, 27)))
def test_months_hold_their_day_and_follow_without_a_gap(day: date, last_day: int | None) -> None:
    period = month_period(day, last_day)
    after = month_period(period.last + timedelta(days=1), last_day)

    assert period.holds(day)
    assert after.first == period.last + timedelta(days=1)
    assert after.key > period.key


def test_a_scheme_counts_months_by_its_own_calendar() -> None:
    assert scheme_month(ARCADIA, date(2026, 2, 26)).key == 202603
    assert scheme_month(CHANGAN, date(2026, 2, 26)).key == 202602


def test_a_quarter_has_three_whole_months() -> None:
    period = quarter_period(date(2026, 5, 9))

    assert (period.key, period.first, period.last) == (20262, date(2026, 4, 1), date(2026, 6, 30))


@pytest.mark.parametrize(
    ("scheme_id", "act", "after", "due", "first", "last"),
    [
        ("changan", "publish", date(2026, 3, 2), date(2026, 4, 5), date(2026, 1, 1), date(2026, 3, 31)),
        ("changan", "statement", date(2026, 3, 2), date(2026, 3, 5), date(2026, 2, 1), date(2026, 2, 28)),
        ("changan", "appraise", date(2026, 3, 2), date(2027, 1, 20), date(2026, 1, 1), date(2026, 12, 31)),
        ("changan", "settle", date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 2), date(2026, 3, 2)),
        ("arcadia", "publish", date(2026, 2, 26), date(2026, 3, 26), date(2026, 2, 26), date(2026, 3, 25)),
        ("arcadia", "summarise", date(2026, 3, 2), date(2026, 3, 25), date(2026, 2, 26), date(2026, 3, 25)),
        ("arcadia", "appraise", date(2026, 3, 2), date(2026, 12, 26), date(2026, 1, 1), date(2026, 12, 31)),
    ],
)  # fmt: skip
def test_an_act_falls_due_and_covers_what_its_rule_says(
    scheme_id: str, act: str, after: date, due: date, first: date, last: date
) -> None:
    rule: CalendarRule = getattr(shipped_scheme(scheme_id).calendar, act)

    period = covered_period(rule, due)

    assert next_due(rule, after) == due
    assert period is not None
    assert (period.first, period.last) == (first, last)


def test_a_monthly_act_on_the_31st_falls_on_the_last_day_of_february() -> None:
    rule = CalendarRule(rule="monthly", day=31)

    assert falls_on(rule, date(2026, 2, 28))
    assert not falls_on(rule, date(2026, 3, 28))


def test_what_happens_per_event_never_falls_due() -> None:
    assert CHANGAN.calendar.record is not None
    assert next_due(CHANGAN.calendar.record, date(2026, 3, 2)) is None


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        (datetime(2026, 3, 3, 9, 0), True),  # noqa: DTZ001 - a Tuesday on the shop's own clock
        (datetime(2026, 3, 3, 11, 29), True),  # noqa: DTZ001 - the same
        (datetime(2026, 3, 3, 11, 30), False),  # noqa: DTZ001 - the same
        (datetime(2026, 3, 3, 8, 59), False),  # noqa: DTZ001 - the same
        (datetime(2026, 3, 4, 9, 0), False),  # noqa: DTZ001 - a Wednesday
    ],
)
def test_the_counter_is_open_tuesday_and_friday_mornings(at: datetime, is_open: bool) -> None:  # noqa: FBT001 - a table
    assert (window_at(CHANGAN.windows, us(at), SHANGHAI) is not None) is is_open


def test_a_window_of_three_days_runs_over_the_end_of_the_month() -> None:
    at = us(datetime(2026, 3, 30, 10))  # noqa: DTZ001 - the zone is given beside it

    assert window_at(ARCADIA.windows, at, SHANGHAI) is ARCADIA.windows[0]


def test_a_counter_day_on_a_public_holiday_moves_to_the_next_working_day() -> None:
    new_year = date(2026, 2, 17)  # a Tuesday within the festival of 15 to 23 February

    assert next_window_day(CHANGAN.windows, new_year) == new_year
    assert next_window_day(CHANGAN.windows, new_year, working_days_cn()) == date(2026, 2, 24)


def test_a_scheme_without_windows_has_no_counter_day() -> None:
    assert next_window_day((), date(2026, 3, 2)) is None
