"""What a sale costs, to the fen and unit: the wish checked, the points earned, what is proposed, why not more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.earning.calendar import day_from_key
from ledger.earning.scheme_file import shipped_scheme
from ledger.errors import Refusal
from pos.pricing import Earned, Member, Proposal, Quote, Shop, earned_for, propose, quote
from pos.sale_rules import sale_rules

RULES = sale_rules(shipped_scheme("changan"), day_from_key(20260302))
RICH = Member(available=1_000_00, owed=0, used={}, last_visit_at=0)
OPEN = Shop(earns=True, offsets=True)
SECOND = 1_000_000


def price(member: Member = RICH, shop: Shop = OPEN, *, total_fen: int = 50_00, units: int = 200_00,
          channel: str = "scan", at: int = 0) -> Quote:  # fmt: skip
    return quote(
        RULES, member, shop, total_fen=total_fen, offset_units=units, channel=channel, at=at
    )


def refusal(member: Member = RICH, shop: Shop = OPEN, *, units: int = 200_00) -> Refusal:
    with pytest.raises(Refusal) as said:
        price(member, shop, units=units)
    return said.value


def test_fifty_yuan_with_two_hundred_points_cost_forty_and_earn_forty() -> None:
    assert price() == Quote(200_00, 10_00, 40_00, Earned(40_00, ""))


def test_without_points_the_whole_bill_is_paid_and_earns() -> None:
    nobody = replace(RICH, available=0, owed=5)

    assert price(nobody, Shop(earns=True, offsets=False), units=0) == Quote(
        0, 0, 50_00, Earned(50_00, "")
    )


def test_a_wish_is_refused_for_the_first_of_its_reasons() -> None:
    assert refusal(shop=Shop(earns=True, offsets=False)).code == "merchant_not_offsetting"
    assert refusal(units=320_00).code == "offset_over_bill_share"
    owing = refusal(replace(RICH, owed=7))
    assert (owing.code, owing.facts) == ("points_owed", {"owed_units": 7})
    assert refusal(replace(RICH, owed=1)).code == "points_owed"


def test_a_wallet_pays_what_is_in_it_and_not_a_unit_more() -> None:
    assert price(replace(RICH, available=200_00)).offset_units == 200_00

    short = refusal(replace(RICH, available=199_99))
    assert short.code == "insufficient_points"
    assert short.facts == {"available_units": 199_99, "asked_units": 200_00}


def test_what_was_used_this_month_counts_against_the_months_limit() -> None:
    used = replace(RICH, used={"O02.month": 1_001_00, "O02.txn": 5, "S01.month": 1_200_00})

    assert used.offset_month(RULES) == 1_001_00
    assert RICH.offset_month(RULES) == 0
    assert RICH.offset_month(replace(RULES, offset_caps=())) == 0
    assert refusal(used).code == "offset_over_month_cap"


@pytest.mark.parametrize(
    ("shop", "channel", "last", "at", "earned"),
    [
        (Shop(earns=False, offsets=True), "scan", 0, 0, Earned(0, "merchant_not_earning")),
        (Shop(earns=False, offsets=True, why_not="no_file"), "cash", 0, 0, Earned(0, "no_file")),
        (OPEN, "cash", 0, 0, Earned(0, "channel_not_approved")),
        (OPEN, "scan", SECOND, 121 * SECOND - 1, Earned(0, "too_soon_same_shop")),
        (OPEN, "scan", SECOND, 121 * SECOND, Earned(1_000, "")),
        # Who was never here has no visit to wait for.
        (OPEN, "scan", 0, 60 * SECOND, Earned(1_000, "")),
    ],
)
def test_points_are_earned_where_shop_channel_and_pause_allow(
    shop: Shop, channel: str, last: int, at: int, earned: Earned
) -> None:
    assert earned_for(RULES, replace(RICH, last_visit_at=last), shop, 1_000, channel, at) == earned


def test_a_sale_too_soon_after_the_last_earns_nothing_and_costs_the_same() -> None:
    soon = replace(RICH, last_visit_at=SECOND)

    assert price(soon, at=120 * SECOND) == Quote(
        200_00, 10_00, 40_00, Earned(0, "too_soon_same_shop")
    )


@pytest.mark.parametrize(
    ("used", "paid_fen", "earned"),
    [
        ({}, 600_00, Earned(500_00, "earn_cap_txn")),
        ({"S01.day": 790_00}, 100_00, Earned(10_00, "earn_cap_day")),
        ({"S01.month": 3_000_00}, 100_00, Earned(0, "earn_cap_month")),
    ],
)
def test_a_limit_cuts_and_is_named(used: dict[str, int], paid_fen: int, earned: Earned) -> None:
    assert earned_for(RULES, replace(RICH, used=used), OPEN, paid_fen, "scan", 0) == earned


def test_a_rule_whose_code_has_dots_names_its_limit_all_the_same() -> None:
    dotted = tuple(replace(cap, code=f"village.{cap.code}") for cap in RULES.earn_caps)

    earned = earned_for(replace(RULES, earn_caps=dotted), RICH, OPEN, 600_00, "scan", 0)
    assert earned == Earned(500_00, "earn_cap_txn")


def proposal(
    member: Member = RICH, shop: Shop = OPEN, *, spends: bool = True, whole: bool = True
) -> Proposal:
    return propose(RULES, member, shop, total_fen=50_00, spends=spends, whole=whole)


def test_the_most_is_proposed_with_the_limit_that_bound_it() -> None:
    assert proposal() == Proposal(300_00, 15_00, "bill_share", 30)
    assert proposal(replace(RICH, available=70_00)) == Proposal(60_00, 3_00, "balance", 30)
    assert proposal(replace(RICH, used={"O02.month": 1_150_00})) == Proposal(
        40_00, 2_00, "month_cap", 30
    )
    assert propose(RULES, RICH, OPEN, total_fen=50_00, spends=True) == proposal()


def test_nothing_is_proposed_where_something_bars_it_and_the_first_bar_is_told() -> None:
    closed, owing = Shop(earns=True, offsets=False), replace(RICH, owed=1)

    assert proposal(owing, closed, spends=False, whole=False) == Proposal(0, 0, "recovering", 30)
    assert proposal(owing, closed, spends=False) == Proposal(0, 0, "merchant_not_offsetting", 30)
    assert proposal(owing, spends=False) == Proposal(0, 0, "earn_only", 30)
    assert proposal(owing) == Proposal(0, 0, "points_owed", 30)
