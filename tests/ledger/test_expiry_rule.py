"""When points lapse, in the five schemes' own words and when a rule changes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ledger.earning.expiry import Cut, cut_to_announce, cuts, kept_day, notices_of
from ledger.earning.scheme import Scheme
from ledger.earning.scheme_file import SCHEMES, parse_scheme, shipped_scheme

CHANGAN = (SCHEMES / "changan.toml").read_text(encoding="utf-8")
NONE = '[expiry]\npolicy = "none"\n'
ROLLING = (
    '[expiry]\npolicy = "rolling_months"\nmonths = 24\nnotice_days = [90, 30]\nunit = "lot_fifo"\n'
)


def changan(version: str, from_day: str, expiry: str = ROLLING) -> Scheme:
    """The Chang'an scheme in a version of its own, with another rule of expiry."""
    text = CHANGAN.replace(ROLLING, expiry)
    assert text.count(expiry) == 1
    text = text.replace('version = "2026.1"', f'version = "{version}"')
    return parse_scheme(text.replace("2026-01-01", from_day, 1), "changan.toml")


def months(count: int) -> str:
    return ROLLING.replace("months = 24", f"months = {count}")


def test_changan_keeps_a_months_points_for_two_years_to_the_months_end() -> None:
    found = cuts([shipped_scheme("changan")], date(2026, 3, 31))

    assert found == [
        Cut(date(2026, 1, 31), date(2028, 1, 31)),
        Cut(date(2026, 2, 28), date(2028, 2, 29)),
        Cut(date(2026, 3, 31), date(2028, 3, 31)),
    ]


def test_arcadia_keeps_a_years_points_to_the_last_day_of_the_year_after_next() -> None:
    arcadia = shipped_scheme("arcadia")
    first = arcadia.effective_from.year

    found = cuts([arcadia], date(first + 1, 12, 31))

    assert found == [
        Cut(date(first, 12, 31), date(first + 2, 12, 31)),
        Cut(date(first + 1, 12, 31), date(first + 3, 12, 31)),
    ]


@pytest.mark.parametrize("scheme_id", ["qinzao", "hebei", "huludao"])
def test_where_nothing_lapses_there_is_no_cut(scheme_id: str) -> None:
    assert cuts([shipped_scheme(scheme_id)], date(2040, 1, 1)) == []


def test_before_the_first_scheme_there_is_no_cut() -> None:
    assert cuts([shipped_scheme("changan")], date(2025, 12, 31)) == []
    assert cuts([], date(2026, 1, 1)) == []


def test_the_first_notice_is_due_ninety_days_before() -> None:
    scheme = shipped_scheme("changan")
    notices = notices_of(scheme)
    first = date(2028, 1, 31) - timedelta(days=90)

    assert notices == (90, 30)
    for day, due in ((first - timedelta(days=1), None), (first, date(2026, 1, 31))):
        cut = cut_to_announce(cuts([scheme], day), notices, day)
        assert (cut and cut.earned_until) == due


def test_after_missed_nights_the_latest_cut_is_announced_for_all() -> None:
    scheme = shipped_scheme("changan")
    today = date(2028, 3, 15)

    cut = cut_to_announce(cuts([scheme], today), notices_of(scheme), today)

    assert cut == Cut(date(2026, 5, 31), date(2028, 5, 31))


def test_a_late_notice_pushes_the_day_on_and_an_early_one_does_not_pull_it() -> None:
    promised = date(2028, 1, 31)

    assert kept_day(promised, date(2027, 11, 2), 90) == promised
    assert kept_day(promised, date(2027, 11, 12), 90) == date(2028, 2, 10)
    assert kept_day(promised, date(2027, 10, 1), 90) == promised


def test_a_shorter_rule_never_takes_what_was_earned_under_the_longer_one() -> None:
    versions = [
        changan("2026.1", "2026-01-01", months(36)),
        changan("2027.1", "2027-01-15", months(12)),
    ]

    found = {cut.earned_until: cut.last_day for cut in cuts(versions, date(2027, 12, 31))}

    assert found[date(2026, 12, 31)] == date(2029, 12, 31)
    # Half of that month was earned under the longer rule; and nothing later lapses before it.
    assert found[date(2027, 1, 31)] == date(2030, 1, 31)
    assert found[date(2027, 2, 28)] == date(2030, 1, 31)


def test_a_longer_rule_counts_for_what_was_earned_before_it_too() -> None:
    versions = [
        changan("2026.1", "2026-01-01", months(12)),
        changan("2026.2", "2026-06-01", months(24)),
    ]

    assert cuts(versions, date(2026, 5, 31))[0].last_day == date(2027, 1, 31)
    assert cuts(versions, date(2026, 6, 1))[0].last_day == date(2028, 1, 31)


def test_points_from_a_time_without_expiry_count_from_the_new_rules_first_month() -> None:
    versions = [
        changan("2026.1", "2026-01-01", NONE),
        changan("2027.1", "2027-01-15", months(24)),
    ]

    assert cuts(versions, date(2027, 1, 14)) == []
    assert cuts(versions, date(2027, 2, 1)) == [Cut(date(2027, 1, 31), date(2029, 1, 31))]


def test_a_rule_taken_back_takes_its_cuts_with_it() -> None:
    versions = [changan("2026.1", "2026-01-01"), changan("2027.1", "2027-01-15", NONE)]

    assert cuts(versions, date(2027, 1, 14)) != []
    assert cuts(versions, date(2027, 1, 15)) == []
