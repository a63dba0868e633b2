"""Caps: which counters a purchase meets on its day, and how much of it still fits."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from ledger.earning.caps import Cap, caps_for_item, caps_for_offset, caps_for_spend, fit
from ledger.earning.scheme_file import shipped_scheme

CHANGAN = shipped_scheme("changan")
ARCADIA = shipped_scheme("arcadia")
QINZAO = shipped_scheme("qinzao")
DAY = date(2026, 3, 2)
SPEND_CAPS = caps_for_spend(CHANGAN, CHANGAN.get_spend_rule("S01"), DAY)


def test_a_purchase_meets_the_caps_of_sale_day_and_month() -> None:
    assert (
        Cap("S01.txn", 0, 500_00),
        Cap("S01.day", 20260302, 800_00),
        Cap("S01.month", 202603, 3_000_00),
    ) == SPEND_CAPS


def test_an_offset_meets_the_caps_of_sale_and_month() -> None:
    assert caps_for_offset(CHANGAN, CHANGAN.get_offset("O02"), DAY) == (
        Cap("O02.txn", 0, 400_00),
        Cap("O02.month", 202603, 1_200_00),
    )


def test_a_month_from_the_26th_is_counted_as_the_month_it_ends_in() -> None:
    item = ARCADIA.get_item("Z01")

    day, month = caps_for_item(ARCADIA, item, date(2026, 2, 26))
    _, month_before = caps_for_item(ARCADIA, item, date(2026, 2, 25))

    assert day == Cap("Z01.day", 20260226, 60)
    assert month == Cap("Z01.month", 202603, 600)
    assert month_before.period_key == 202602


def test_a_quarter_cap_counts_in_the_quarter() -> None:
    caps = caps_for_item(QINZAO, QINZAO.get_item("Q02"), date(2026, 6, 30))

    assert caps[-1] == Cap("Q02.quarter", 20262, 60)


def test_six_hundred_yuan_earn_five_hundred_points_and_say_why() -> None:
    result = fit(600_00, SPEND_CAPS, {})

    assert (result.units, result.limited_by) == (500_00, SPEND_CAPS[0])


def test_what_is_left_of_the_day_is_what_fits() -> None:
    result = fit(400_00, SPEND_CAPS, {"S01.day": 700_00, "S01.month": 2_000_00})

    assert (result.units, result.limited_by) == (100_00, SPEND_CAPS[1])


def test_within_every_cap_nothing_is_cut() -> None:
    result = fit(40_00, SPEND_CAPS, {"S01.day": 0})

    assert (result.units, result.limited_by) == (40_00, None)


def test_a_counter_over_its_cap_leaves_nothing_and_not_less() -> None:
    assert fit(40_00, SPEND_CAPS, {"S01.month": 4_000_00}).units == 0


@given(
    asked=st.integers(0, 10**6),
    used_day=st.integers(0, 10**5),
    used_month=st.integers(0, 4 * 10**5),
)
def test_what_fits_never_lifts_a_counter_over_its_cap(
    asked: int, used_day: int, used_month: int
) -> None:
    used = {"S01.day": used_day, "S01.month": used_month}

    result = fit(asked, SPEND_CAPS, used)

    assert 0 <= result.units <= asked
    for cap in SPEND_CAPS:
        assert result.units == 0 or used.get(cap.code, 0) + result.units <= cap.units
    assert (result.limited_by is None) == (result.units == asked)
