"""One yuan, one point; twenty points, one yuan: earning, offsets and who may earn, in Chang'an."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.earning.rates import (
    Limit,
    category_allowed,
    channel_approved,
    check_earning,
    check_offset,
    offset_fen,
    propose_offset,
    units_for_fen,
    units_for_spend,
    units_per_fen,
)
from ledger.earning.scheme_file import shipped_scheme
from ledger.earning.scheme_parts import Offset
from ledger.errors import Refusal

SCHEME = shipped_scheme("changan")
SPEND = SCHEME.get_spend_rule("S01")
FEES = SCHEME.get_offset("O01")
SHOP = SCHEME.get_offset("O02")
PLENTY = 10**7


def test_forty_yuan_paid_earn_forty_points() -> None:
    assert units_for_spend(SPEND, 40_00) == 4_000
    assert units_for_spend(SPEND, 12_80) == 1_280
    assert units_for_spend(SPEND, 0) == 0


def test_a_coarser_point_is_earned_only_whole() -> None:
    whole_points = replace(SPEND, precision=0)

    assert units_for_spend(whole_points, 12_80) == 12
    assert units_for_spend(replace(SPEND, points_per_yuan=Decimal("0.5")), 12_81) == 640


def test_two_hundred_points_take_ten_yuan_off() -> None:
    assert offset_fen(SHOP, 20_000) == 10_00
    assert units_for_fen(SHOP, 10_00) == 20_000


def test_fifty_yuan_with_two_hundred_points_at_hand_propose_all_of_them() -> None:
    proposal = propose_offset(SHOP, bill_fen=50_00, available_units=20_000, month_used_units=0)

    assert (proposal.units, proposal.fen) == (20_000, 10_00)
    assert proposal.limited_by is Limit.BALANCE


def test_a_hundred_yuan_with_four_hundred_points_costs_eighty_and_earns_eighty() -> None:
    check_offset(SHOP, bill_fen=100_00, units=400_00, month_used_units=0)
    paid_fen = 100_00 - offset_fen(SHOP, 400_00)

    assert paid_fen == 80_00
    assert units_for_spend(SPEND, paid_fen) == 80_00


@pytest.mark.parametrize(
    ("bill_fen", "available", "used", "points", "limit"),
    [
        (60_00, PLENTY, 0, 360, Limit.BILL_SHARE),  # 30 % of 60.00 is 18.00
        (50_00, PLENTY, 0, 300, Limit.BILL_SHARE),
        (51_99, PLENTY, 0, 300, Limit.BILL_SHARE),  # 15.597 is no step
        (100_00, PLENTY, 0, 400, Limit.SALE_CAP),
        (100_00, PLENTY, 1_000_00, 200, Limit.MONTH_CAP),
        (100_00, PLENTY, 1_200_00, 0, Limit.MONTH_CAP),
        (100_00, PLENTY, 1_300_00, 0, Limit.MONTH_CAP),
        (100_00, 19_99, 0, 0, Limit.BALANCE),
        (100_00, -5_00, 0, 0, Limit.BALANCE),
        (3_33, PLENTY, 0, 0, Limit.BILL_SHARE),  # 0.999 yuan is under one step
        (0, PLENTY, 0, 0, Limit.BILL_SHARE),
    ],
)
def test_the_proposal_is_the_most_that_fits_and_names_what_bound_it(
    bill_fen: int, available: int, used: int, points: int, limit: Limit
) -> None:
    proposal = propose_offset(
        SHOP, bill_fen=bill_fen, available_units=available, month_used_units=used
    )

    assert proposal.units == points * 100
    assert proposal.fen == points * 5
    assert proposal.limited_by is limit


def test_a_property_fee_of_three_hundred_yuan_takes_the_months_two_thousand_points() -> None:
    proposal = propose_offset(FEES, bill_fen=300_00, available_units=PLENTY, month_used_units=0)

    assert (proposal.units, proposal.fen) == (200_000, 100_00)
    assert proposal.limited_by is Limit.MONTH_CAP
    assert proposal.limits[Limit.BILL_SHARE] == 300_000  # 50 % of it would be 150.00


@pytest.mark.parametrize(
    ("bill_fen", "units", "used", "code"),
    [
        (100_00, 19_99, 0, "offset_below_minimum"),
        (100_00, 0, 0, "offset_below_minimum"),
        (100_00, -20_00, 0, "offset_below_minimum"),
        (100_00, 30_00, 0, "offset_not_in_steps"),
        (50_00, 320_00, 0, "offset_over_bill_share"),
        (1_000_00, 420_00, 0, "offset_over_sale_cap"),
        (1_000_00, 220_00, 1_000_00, "offset_over_month_cap"),
    ],
)
def test_an_offset_outside_the_rule_is_refused(
    bill_fen: int, units: int, used: int, code: str
) -> None:
    with pytest.raises(Refusal) as caught:
        check_offset(SHOP, bill_fen=bill_fen, units=units, month_used_units=used)

    assert caught.value.code == code


def test_the_refusal_says_how_much_would_pass() -> None:
    with pytest.raises(Refusal) as caught:
        check_offset(SHOP, bill_fen=51_99, units=400_00, month_used_units=0)

    assert caught.value.facts == {"percent": 30, "allowed_units": 300_00}


@given(
    bill_fen=st.integers(0, 10**8),
    available=st.integers(0, 10**7),
    used=st.integers(0, 130_000),
    offset=st.sampled_from([SHOP, FEES]),
)
def test_what_is_proposed_passes_and_one_step_more_does_not(
    bill_fen: int, available: int, used: int, offset: Offset
) -> None:
    proposal = propose_offset(
        offset, bill_fen=bill_fen, available_units=available, month_used_units=used
    )

    if proposal.units:
        check_offset(offset, bill_fen=bill_fen, units=proposal.units, month_used_units=used)
    assert proposal.units <= available
    more = proposal.units + 2_000
    if more <= available:
        with pytest.raises(Refusal):
            check_offset(offset, bill_fen=bill_fen, units=more, month_used_units=used)


@pytest.mark.parametrize(
    ("category", "earns"),
    [
        ("超市", True),
        ("粮油店", True),
        ("蔬果店", True),
        ("早餐店", True),
        ("面馆", True),
        ("便利店", True),
        ("药店", False),
        ("理发店", False),
        ("家电维修", False),
        ("", False),
    ],
)
def test_shops_below_a_named_category_earn_and_others_do_not(category: str, earns: bool) -> None:  # noqa: FBT001 - a table
    assert category_allowed(SCHEME, SPEND, category) is earns


def test_without_a_named_category_every_partner_shop_earns() -> None:
    assert category_allowed(SCHEME, replace(SPEND, merchant_categories=()), "药店")


def test_only_approved_channels_earn() -> None:
    assert channel_approved(SPEND, "scan")
    assert not channel_approved(SPEND, "cash_with_receipt")


@pytest.mark.parametrize(
    ("category", "channel", "code"),
    [
        ("药店", "scan", "merchant_not_earning"),
        ("超市", "cash_with_receipt", "channel_not_approved"),
    ],
)
def test_a_purchase_that_may_not_earn_is_refused(category: str, channel: str, code: str) -> None:
    check_earning(SCHEME, SPEND, merchant_category="粮油店", channel="scan")

    with pytest.raises(Refusal) as caught:
        check_earning(SCHEME, SPEND, merchant_category=category, channel=channel)

    assert caught.value.code == code


def facts_of(bill_fen: int, units: int, used: int = 0) -> tuple[str, dict[str, int | str | None]]:
    with pytest.raises(Refusal) as caught:
        check_offset(SHOP, bill_fen=bill_fen, units=units, month_used_units=used)
    return caught.value.code, caught.value.facts


@pytest.mark.parametrize(
    ("said", "code", "facts"),
    [
        ((100_00, 19_99), "offset_below_minimum", {"asked_units": 19_99, "min_units": 20_00}),
        ((100_00, 30_00), "offset_not_in_steps", {"asked_units": 30_00, "step_units": 20_00}),
        ((50_00, 320_00), "offset_over_bill_share", {"percent": 30, "allowed_units": 300_00}),
        (
            (5_000_00, 420_00),
            "offset_over_sale_cap",
            {"cap_units": 400_00, "allowed_units": 400_00},
        ),
        (
            (5_000_00, 420_00, 1_100_00),
            "offset_over_sale_cap",
            {"cap_units": 400_00, "allowed_units": 100_00},
        ),
        (
            (5_000_00, 120_00, 1_090_00),
            "offset_over_month_cap",
            {"left_units": 110_00, "allowed_units": 100_00},
        ),
        (
            (5_000_00, 20_00, 1_300_00),
            "offset_over_month_cap",
            {"left_units": 0, "allowed_units": 0},
        ),
    ],
)
def test_each_refusal_tells_the_figures_it_was_made_of(
    said: tuple[int, ...], code: str, facts: dict[str, int]
) -> None:
    assert facts_of(*said) == (code, facts)


@pytest.mark.parametrize(
    ("bill_fen", "units", "used"),
    [(100_00, 20_00, 0), (50_00, 300_00, 0), (5_000_00, 400_00, 0), (5_000_00, 100_00, 1_100_00)],
)
def test_an_offset_exactly_at_a_limit_passes(bill_fen: int, units: int, used: int) -> None:
    check_offset(SHOP, bill_fen=bill_fen, units=units, month_used_units=used)


def test_a_rule_without_limits_of_its_own_knows_the_bill_alone() -> None:
    free = replace(SHOP, cap_txn_points=None, cap_month_points=None, min_points=Decimal(0))

    check_offset(free, bill_fen=10_000_00, units=60_000_00, month_used_units=10**9)
    proposal = propose_offset(free, bill_fen=50_00, available_units=PLENTY, month_used_units=10**9)
    assert (proposal.units, proposal.limits) == (
        300_00,
        {Limit.BILL_SHARE: 300_00, Limit.BALANCE: PLENTY},
    )
    with pytest.raises(Refusal, match="offset_below_minimum") as caught:
        check_offset(free, bill_fen=50_00, units=0, month_used_units=0)
    assert caught.value.facts == {"asked_units": 0, "min_units": 1}


def test_a_proposal_under_the_minimum_is_none_and_one_at_it_stands() -> None:
    picky = replace(SHOP, min_points=Decimal(100))

    def most(available: int) -> int:
        return propose_offset(
            picky, bill_fen=1_000_00, available_units=available, month_used_units=0
        ).units

    assert (most(99_99), most(100_00), most(120_00)) == (0, 100_00, 120_00)


def test_of_two_equal_limits_the_first_is_told_and_each_is_shown() -> None:
    proposal = propose_offset(SHOP, bill_fen=50_00, available_units=300_00, month_used_units=900_00)

    assert proposal.limited_by is Limit.BILL_SHARE
    assert proposal.limits == {
        Limit.BILL_SHARE: 300_00,
        Limit.SALE_CAP: 400_00,
        Limit.MONTH_CAP: 300_00,
        Limit.BALANCE: 300_00,
    }
    # The share is whole fen before it is points: 15.597 yuan are 15.59.
    odd = propose_offset(SHOP, bill_fen=51_99, available_units=PLENTY, month_used_units=0)
    assert odd.limits[Limit.BILL_SHARE] == 15_59 * 20
    broke = propose_offset(SHOP, bill_fen=50_00, available_units=-1, month_used_units=1_200_01)
    assert (broke.limits[Limit.BALANCE], broke.limits[Limit.MONTH_CAP]) == (0, 0)


def test_a_bill_or_a_payment_below_nought_is_a_bug() -> None:
    with pytest.raises(ValueError, match="bill_fen is -1"):
        check_offset(SHOP, bill_fen=-1, units=20_00, month_used_units=0)
    with pytest.raises(ValueError, match="net_paid_fen is -1"):
        units_for_spend(SPEND, -1)


def test_one_fen_earns_one_unit_and_takes_twenty() -> None:
    assert (units_for_spend(SPEND, 1), units_per_fen(SHOP)) == (1, 20)
    assert (offset_fen(SHOP, 19), offset_fen(SHOP, 20), offset_fen(SHOP, 39)) == (0, 1, 1)
    # Three units for two yuan: down to whole units.
    assert units_for_spend(replace(SPEND, points_per_yuan=Decimal("1.5"), precision=0), 1_99) == 2


def test_a_tree_of_categories_that_bites_its_tail_ends() -> None:
    assert SCHEME.merchants is not None
    tree = {"超市": ("便利店",), "便利店": ("超市", "报亭"), "报亭": ()}
    ring = replace(SCHEME, merchants=replace(SCHEME.merchants, category_tree=tree))

    assert category_allowed(ring, SPEND, "报亭")
    assert not category_allowed(ring, SPEND, "药店")
    alone = replace(SCHEME, merchants=None)
    assert category_allowed(alone, SPEND, "超市")
    assert not category_allowed(alone, SPEND, "报亭")


def test_what_may_not_earn_is_told_what_may() -> None:
    def facts(category: str, channel: str) -> dict[str, int | str | None]:
        with pytest.raises(Refusal) as caught:
            check_earning(SCHEME, SPEND, merchant_category=category, channel=channel)
        return caught.value.facts

    assert facts("药店", "scan") == {"category": "药店", "allowed": "超市, 餐饮店, 便利店"}
    assert facts("超市", "cash") == {"channel": "cash", "allowed": "scan, credit_card"}
