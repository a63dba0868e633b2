"""Working days: public holidays, the weekend days worked for them, and years nobody has published."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ledger.earning.calendar import day_from_key
from ledger.earning.working_days import (
    Due,
    Reckoned,
    WorkingDays,
    due_day,
    last_day_to_answer,
    parse_working_days,
    value_day,
    working_days_cn,
)

CHINA = working_days_cn()
YEAR = """
schema = "working-days/1"
[[year]]
year = 2026
notice = "n"
issued_on = 2025-11-04
work = [{work}]
rest = [{{ name = "r", first = {first}, last = {last} }}]
"""


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 2, 14), date(2026, 2, 28), date(2026, 1, 4), date(2026, 10, 10),
        date(2025, 1, 26), date(2025, 9, 28), date(2026, 3, 2),
    ],
)  # fmt: skip
def test_ordinary_days_and_exchanged_weekend_days_are_worked(day: date) -> None:
    assert CHINA.is_working_day(day)


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 1, 2), date(2026, 2, 16), date(2026, 2, 23), date(2026, 4, 6), date(2026, 6, 19),
        date(2026, 9, 25), date(2026, 10, 7), date(2025, 10, 8), date(2026, 3, 1), date(2026, 3, 7),
    ],
)  # fmt: skip
def test_holidays_and_plain_weekends_are_not(day: date) -> None:
    assert not CHINA.is_working_day(day)


def test_the_years_have_the_working_days_their_notices_leave() -> None:
    counts = {
        year: CHINA.working_days_between(date(year - 1, 12, 31), date(year, 12, 31))
        for year in (2025, 2026)
    }

    assert counts == {2025: 248, 2026: 248}


def test_three_working_days_over_the_spring_festival() -> None:
    assert CHINA.add_working_days(date(2026, 2, 13), 3) == Reckoned(date(2026, 2, 25), sure=True)


def test_the_next_working_day_may_be_a_saturday() -> None:
    assert CHINA.next_working_day(date(2026, 2, 13)).day == date(2026, 2, 14)


def test_no_days_on_is_the_day_itself() -> None:
    assert CHINA.add_working_days(date(2026, 2, 15), 0).day == date(2026, 2, 15)


def test_a_year_without_a_notice_has_weekends_only_and_says_so() -> None:
    assert CHINA.is_working_day(date(2031, 10, 1))
    assert not CHINA.knows(date(2031, 10, 1))
    assert CHINA.add_working_days(date(2031, 9, 30), 1) == Reckoned(date(2031, 10, 1), sure=False)


def test_counting_into_a_year_without_a_notice_is_not_sure() -> None:
    last_known = max(CHINA.years)

    assert CHINA.add_working_days(date(last_known, 12, 1), 1).sure
    assert not CHINA.add_working_days(date(last_known, 12, 31), 1).sure


def test_counting_on_and_counting_between_agree() -> None:
    first = date(2026, 1, 1)
    for count in range(1, 40):
        last = CHINA.add_working_days(first, count).day
        assert CHINA.working_days_between(first, last) == count


def test_every_week_without_a_holiday_has_five_working_days() -> None:
    monday = date(2026, 3, 2)
    week = [monday + timedelta(days=ahead) for ahead in range(7)]

    assert [CHINA.is_working_day(day) for day in week] == [True] * 5 + [False] * 2
    assert WorkingDays().working_days_between(week[0], week[-1]) == 4


@pytest.mark.parametrize(
    ("work", "first", "last", "why"),
    [
        ("2026-01-05", "2026-01-01", "2026-01-03", "no weekend day"),
        ("2026-01-03", "2026-01-01", "2026-01-03", "both"),
        ("", "2026-01-03", "2026-01-01", "ends before"),
        ('"2026-01-04"', "2026-01-01", "2026-01-03", "date"),
    ],
)
def test_a_calendar_that_contradicts_itself_is_refused(
    work: str, first: str, last: str, why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        parse_working_days(YEAR.format(work=work, first=first, last=last))


def test_a_due_day_is_counted_in_business_dates_and_says_when_it_is_not_sure() -> None:
    assert due_day(20260213, 3) == Due(20260225, sure=True)
    assert due_day(20310930, 3) == Due(20311003, sure=False)


def test_where_holidays_are_not_known_nobodys_term_turns_out_shorter() -> None:
    known, unknown = last_day_to_answer(20260213, 3), last_day_to_answer(20310930, 3)

    assert known == due_day(20260213, 3).day
    assert CHINA.longest_rest() >= 8
    late = day_from_key(due_day(20310930, 3).day) + timedelta(days=CHINA.longest_rest())
    assert day_from_key(unknown) == late
    assert WorkingDays().longest_rest() == 0


def test_money_is_sent_on_a_day_the_bank_works() -> None:
    assert value_day(20260214) == Due(20260214, sure=True)
    assert value_day(20260215) == Due(20260224, sure=True)
    assert not value_day(20310101).sure


def test_a_year_without_a_notice_is_missed_six_weeks_before_it_begins() -> None:
    after = max(CHINA.years) + 1

    assert CHINA.missing_year(date(after - 1, 11, 1)) is None
    assert CHINA.missing_year(date(after - 1, 11, 20)) == after
    assert CHINA.missing_year(date(after, 3, 1)) == after
