"""Formulas of points: exact, rounded once, and closed to everything but a few words."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.earning.formula import Facts, FormulaError, half_up, points_units, read_expression
from ledger.earning.scheme_file import shipped_scheme
from ledger.earning.scheme_parts import Formula
from ledger.errors import Refusal

SERVICE = shipped_scheme("changan").formulas["service"]


def plain(expr: str) -> Formula:
    return Formula(expr=expr, round="half_up")


def test_two_hours_of_hard_mediation_rated_five_are_7_7_points() -> None:
    units = points_units(SERVICE, 1, Facts(hours=2, difficulty="hard", rating="5"))

    assert units == 77  # 2 x 2 x 1.6 x 1.2 = 7.68


def test_hours_beyond_four_earn_nothing_more() -> None:
    four = points_units(SERVICE, 1, Facts(hours=4, difficulty="easy", rating="3"))
    nine = points_units(SERVICE, 1, Facts(hours=9, difficulty="easy", rating="3"))

    assert four == nine == 80


def test_minutes_are_exact_parts_of_an_hour() -> None:
    facts = Facts(hours=Fraction(50, 60), difficulty="easy", rating="3")

    assert points_units(SERVICE, 1, facts) == 17  # 1.6666…


def test_a_tenth_is_a_tenth_and_not_the_binary_number_beside_it() -> None:
    facts = Facts(hours=3)

    assert points_units(Formula(expr="0.1 * hours - 0.3", round="floor"), 2, facts) == 0


@pytest.mark.parametrize(("round_as", "units"), [("half_up", 13), ("floor", 12)])
def test_a_half_goes_up_or_down_as_the_scheme_says(round_as: str, units: int) -> None:
    formula = Formula(expr="hours / 4", round="floor" if round_as == "floor" else "half_up")

    assert points_units(formula, 1, Facts(hours=5)) == units  # 1.25


@pytest.mark.parametrize(
    ("expr", "hours", "points"),
    [
        ("max(hours, 2) + 1", 1, 3),
        ("min(hours, 3, 2)", 5, 2),
        ("floor(hours / 2)", 5, 2),
        ("ceil(hours / 2)", 5, 3),
        ("round(hours / 2)", 5, 3),
        ("-(-hours)", 5, 5),
        ("(hours + 1) * 2 - 3", 5, 9),
    ],
)
def test_sums_and_functions_do_what_they_say(expr: str, hours: int, points: int) -> None:
    assert points_units(plain(expr), 0, Facts(hours=hours)) == points


@pytest.mark.parametrize(
    ("expr", "facts", "code"),
    [
        ("hours * count", Facts(hours=1), "formula_input_missing"),
        ("hours", Facts(hours=-1), "formula_input_negative"),
        ("hours / (count - 1)", Facts(hours=1, count=1), "formula_no_result"),
        ("hours - 5", Facts(hours=1), "formula_no_result"),
    ],
)
def test_a_deed_the_formula_cannot_price_is_refused(expr: str, facts: Facts, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        points_units(plain(expr), 0, facts)

    assert caught.value.code == code


def test_a_mark_the_table_does_not_hold_is_refused() -> None:
    with pytest.raises(Refusal) as caught:
        points_units(SERVICE, 1, Facts(hours=1, difficulty="hard", rating="6"))

    assert caught.value.code == "formula_input_unknown"
    assert caught.value.facts == {"name": "rating", "value": "6"}


@pytest.mark.parametrize(
    "expr",
    [
        "__import__('os').system('true')",
        "hours ** 9",
        "hours // 2",
        "hours if count else 1",
        "hours.real",
        "hours[0]",
        "(lambda: 1)()",
        "[1][0]",
        "'a'",
        "True",
        "1e9",
        "0x10",
        "1_000",
        "salary",
        "min(hours)",
        "round(hours, 2)",
        "max(*hours)",
        "pow(hours, 2)",
        "hours := 3",
        "hours < 3",
        "",
        "hours hours",
        "(" * 200 + "1" + ")" * 200,
        "-" * 50 + "1",
        "1 + " * 100 + "1",
    ],
)
def test_anything_but_sums_of_known_words_is_refused_unread(expr: str) -> None:
    with pytest.raises(FormulaError):
        read_expression(expr)


@given(st.fractions(max_denominator=1000))
def test_half_up_is_at_most_half_away_and_the_same_on_both_sides_of_zero(number: Fraction) -> None:
    assert abs(half_up(number) - number) <= Fraction(1, 2)
    assert half_up(-number) == -half_up(number)


@given(
    hours=st.decimals(0, 24, places=2),
    difficulty=st.sampled_from(["easy", "normal", "hard"]),
    rating=st.sampled_from(["1", "2", "3", "4", "5"]),
)
def test_points_are_the_exact_product_rounded_once(
    hours: Decimal, difficulty: str, rating: str
) -> None:
    table = SERVICE.table
    exact = min(hours, Decimal(4)) * 2 * table["difficulty"][difficulty] * table["rating"][rating]

    units = points_units(SERVICE, 1, Facts(hours=hours, difficulty=difficulty, rating=rating))

    assert abs(Decimal(units) / 10 - exact) <= Decimal("0.05")
