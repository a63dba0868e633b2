"""Dividing points: exact to the unit, no age preferred, nobody left with less than was promised."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.households.rules import (
    Aged,
    by_heads,
    by_period,
    limit_from,
    of_every_age,
    own_shares,
)

LOTS = st.lists(st.integers(1, 10_000), min_size=1, max_size=30).map(
    lambda sizes: [Aged(20_260_101 + n, size) for n, size in enumerate(sizes)]
)


@given(LOTS, st.integers(0, 100))
def test_a_part_of_every_age_is_exact_and_in_proportion(lots: list[Aged], percent: int) -> None:
    total = sum(lot.units for lot in lots)
    units = total * percent // 100

    parts = {part.earned_on: part.units for part in of_every_age(lots, units)}

    assert sum(parts.values()) == units
    for lot in lots:
        exact = units * lot.units / total
        assert exact - 1 <= parts.get(lot.earned_on, 0) <= min(lot.units, exact + 1)


def test_more_than_there_is_is_not_divided() -> None:
    with pytest.raises(ValueError, match="more is divided"):
        of_every_age([Aged(20_260_101, 5)], 6)


def test_points_of_a_month_go_as_one_under_its_latest_day() -> None:
    lots = [Aged(20_260_103, 5), Aged(20_260_120, 7), Aged(20_260_201, 1)]

    assert by_period(lots) == [Aged(20_260_120, 12), Aged(20_260_201, 1)]


def test_a_year_that_ends_within_a_month_divides_it() -> None:
    lots = [Aged(20_260_615, 5), Aged(20_260_616, 7)]

    assert by_period(lots, [(6, 15)]) == lots


@given(st.integers(0, 10_000), st.dictionaries(st.integers(1, 6), st.integers(-500, 5_000)))
def test_own_shares_never_come_to_more_than_there_is(free: int, nets: dict[int, int]) -> None:
    shares = own_shares(free, nets)

    assert sum(shares.values()) <= free
    assert all(0 <= shares[person] <= max(0, nets[person]) for person in nets)


def test_each_takes_what_they_brought_and_a_shortage_is_borne_in_proportion() -> None:
    assert own_shares(1_000, {1: 300, 2: -50}) == {1: 300, 2: 0}
    assert own_shares(100, {1: 300, 2: 100}) == {1: 75, 2: 25}


def test_heads_are_rounded_down_for_those_who_go() -> None:
    assert by_heads(100, 1, 2) == 33
    assert by_heads(100, 0, 2) == 0


@pytest.mark.parametrize(
    ("asked", "known", "month"),
    [
        (500, None, 202_604),  # a first limit takes nothing of what was promised
        (500, 800, 202_604),
        (800, 500, 202_603),  # more counts at once
        (None, 500, 202_603),
        (500, 500, 202_603),
    ],
)
def test_a_limit_is_never_less_than_was_promised(
    asked: int | None, known: int | None, month: int
) -> None:
    assert limit_from(202_603, asked, known) == month


def test_after_december_comes_january() -> None:
    assert limit_from(202_612, 5, None) == 202_701
