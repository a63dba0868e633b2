"""Goods come back: offset, points, cash and earned points return in step, and exactly in the end."""

from __future__ import annotations

from dataclasses import astuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.earning.calendar import day_from_key
from ledger.earning.caps import caps_for_spend, fit
from ledger.earning.rates import RefundSplit, refund_split, units_for_spend
from ledger.earning.scheme_file import shipped_scheme
from ledger.errors import Refusal

SCHEME = shipped_scheme("changan")
SPEND = SCHEME.get_spend_rule("S01")


def test_half_of_a_hundred_yuan_bill_brings_back_half_of_everything() -> None:
    split = refund_split(
        total_fen=100_00,
        offset_fen=20_00,
        offset_units=400_00,
        earned_units=80_00,
        refunded_before_fen=0,
        refund_fen=50_00,
    )

    assert split == RefundSplit(
        offset_fen=10_00, units_back=200_00, cash_fen=40_00, earned_reversed_units=40_00
    )


def test_of_fifty_yuan_with_two_hundred_points_a_third_is_floored_in_fen_and_made_up_later() -> (
    None
):
    sale = {"total_fen": 50_00, "offset_fen": 10_00, "offset_units": 200_00, "earned_units": 40_00}

    first = refund_split(**sale, refunded_before_fen=0, refund_fen=16_67)
    second = refund_split(**sale, refunded_before_fen=16_67, refund_fen=16_67)
    third = refund_split(**sale, refunded_before_fen=33_34, refund_fen=16_66)

    assert (first.offset_fen, first.units_back, first.cash_fen) == (3_33, 66_60, 13_34)
    assert (second.offset_fen, second.units_back, second.cash_fen) == (3_33, 66_60, 13_34)
    assert (third.offset_fen, third.units_back, third.cash_fen) == (3_34, 66_80, 13_32)


@pytest.mark.parametrize(
    ("refund_fen", "code"),
    [(0, "amount_wrong"), (-1, "amount_wrong"), (30_01, "refund_over_sale")],
)
def test_no_more_comes_back_than_was_sold(refund_fen: int, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        refund_split(
            total_fen=50_00,
            offset_fen=10_00,
            offset_units=200_00,
            earned_units=40_00,
            refunded_before_fen=20_00,
            refund_fen=refund_fen,
        )

    assert caught.value.code == code


@st.composite
def sales_with_refunds(draw: st.DrawFn) -> tuple[int, int, int, list[int]]:
    """Total and offset in fen, what was earned (capped for large sales), and cuts of the total."""
    total_fen = draw(st.integers(1, 2_000_00))
    offset = draw(st.integers(0, total_fen))
    day = day_from_key(20260302)
    caps = caps_for_spend(SCHEME, SPEND, day)
    used = {"S01.day": draw(st.integers(0, 800_00))}
    earned = fit(units_for_spend(SPEND, total_fen - offset), caps, used).units
    cuts = draw(st.lists(st.integers(1, total_fen), max_size=6, unique=True).map(sorted))
    return total_fen, offset, earned, [*(cut for cut in cuts if cut < total_fen), total_fen]


@given(sales_with_refunds())
def test_any_split_of_refunds_returns_exactly_everything(
    sale: tuple[int, int, int, list[int]],
) -> None:
    total_fen, offset_fen, earned_units, cuts = sale
    before = 0
    splits = []
    for cut in cuts:
        split = refund_split(
            total_fen=total_fen,
            offset_fen=offset_fen,
            offset_units=offset_fen * 20,
            earned_units=earned_units,
            refunded_before_fen=before,
            refund_fen=cut - before,
        )
        assert split.offset_fen + split.cash_fen == cut - before
        assert split.units_back == split.offset_fen * 20
        assert min(split.offset_fen, split.cash_fen, split.earned_reversed_units) >= 0
        splits.append(split)
        before = cut

    assert sum(split.offset_fen for split in splits) == offset_fen
    assert sum(split.units_back for split in splits) == offset_fen * 20
    assert sum(split.cash_fen for split in splits) == total_fen - offset_fen
    assert sum(split.earned_reversed_units for split in splits) == earned_units


@given(sales_with_refunds())
def test_uncapped_earning_goes_back_fen_for_fen(sale: tuple[int, int, int, list[int]]) -> None:
    total_fen, offset_fen, _, cuts = sale
    split = refund_split(
        total_fen=total_fen,
        offset_fen=offset_fen,
        offset_units=offset_fen * 20,
        earned_units=total_fen - offset_fen,
        refunded_before_fen=0,
        refund_fen=cuts[0],
    )

    assert split.earned_reversed_units == split.cash_fen


def test_a_thousand_buy_and_refund_rounds_leave_nothing_behind() -> None:
    net_units = 0
    for round_no in range(1_000):
        total_fen = 50_00 + round_no
        earned = units_for_spend(SPEND, total_fen - 10_00)
        split = refund_split(
            total_fen=total_fen,
            offset_fen=10_00,
            offset_units=200_00,
            earned_units=earned,
            refunded_before_fen=0,
            refund_fen=total_fen,
        )
        net_units += earned - 200_00 + split.units_back - split.earned_reversed_units

    assert net_units == 0


def split_of(**changes: int) -> RefundSplit:
    sale = {
        "total_fen": 50_00,
        "offset_fen": 10_00,
        "offset_units": 200_00,
        "earned_units": 40_00,
        "refunded_before_fen": 0,
        "refund_fen": 50_00,
    }
    return refund_split(**(sale | changes))


def test_a_refund_is_refused_with_its_figures() -> None:
    with pytest.raises(Refusal) as none:
        split_of(refund_fen=0)
    with pytest.raises(Refusal) as over:
        split_of(refunded_before_fen=20_00, refund_fen=30_01)

    assert (none.value.code, none.value.facts) == ("amount_wrong", {"refund_fen": 0})
    assert (over.value.code, over.value.facts) == (
        "refund_over_sale",
        {"refund_fen": 30_01, "left_fen": 30_00},
    )
    with pytest.raises(Refusal, match="refund_over_sale"):
        split_of(refunded_before_fen=50_00, refund_fen=1)
    last = split_of(refunded_before_fen=20_00, refund_fen=30_00)
    assert last.cash_fen == 24_00
    assert {type(amount) for amount in astuple(last)} == {int}
    assert split_of(refund_fen=1) == RefundSplit(0, 0, 1, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"offset_fen": -1},
        {"offset_fen": 50_01},
        {"refunded_before_fen": -1},
        {"refunded_before_fen": 50_01},
    ],
)
def test_what_is_no_sale_is_a_bug(changes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="no sale"):
        split_of(**changes)


def test_bills_paid_by_points_alone_or_by_none_come_back_as_they_were() -> None:
    points = split_of(offset_fen=50_00, offset_units=1_000_00, earned_units=0)
    cash = split_of(offset_fen=0, offset_units=0, earned_units=50_00, refund_fen=12_34)

    assert points == RefundSplit(50_00, 1_000_00, 0, 0)
    assert cash == RefundSplit(0, 0, 12_34, 12_34)


def test_capped_earning_goes_back_in_the_share_of_the_cash() -> None:
    # Of 40.00 in cash only 10.00 earned; a quarter of the goods takes a quarter of that back, down to a unit.
    assert split_of(earned_units=10_03, refund_fen=12_50) == RefundSplit(2_50, 50_00, 10_00, 2_50)
    assert split_of(earned_units=10_03, refunded_before_fen=12_50, refund_fen=37_50) == RefundSplit(
        7_50, 150_00, 30_00, 7_53
    )
