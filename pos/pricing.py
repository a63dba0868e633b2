"""What a sale costs: total, wish, balance and limits in; offset, payable and points earned out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ledger.errors import Refusal
from pos.sale_rules import SaleRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What the book says of the holder: units available and owed, and what the limits have used up so far."""

    available: int
    owed: int
    earned_day: int
    earned_month: int
    offset_month: int
    last_visit_at: int


class Shop(NamedTuple):
    """What the agreement in force allows this shop."""

    earns: bool
    offsets: bool


class Earned(NamedTuple):
    """Units earned, and the word for why they are fewer than one might expect ('' where nothing was cut)."""

    units: int
    cut_by: str


class Quote(NamedTuple):
    """A decided price: `offset_fen + paid_fen` is the total."""

    offset_units: int
    offset_fen: int
    paid_fen: int
    earned: Earned


class Proposal(NamedTuple):
    """The most that may be offset now and the word for what limits it."""

    units: int
    fen: int
    limited_by: str


def quote(
    rules: SaleRules, member: Member, shop: Shop, *, total_fen: int, offset_units: int, channel: str, at: int
) -> Quote:
    """Decide a sale of `total_fen` of which the holder wants `offset_units` taken in points.

    Refuses: offset_not_in_steps, offset_below_minimum, offset_over_bill_share, offset_over_sale_cap,
    offset_over_month_cap, insufficient_points, points_owed, merchant_not_offsetting.
    """
    if offset_units:
        check_offset(rules, member, shop, total_fen=total_fen, offset_units=offset_units)
    offset_fen = offset_units // rules.units_per_fen
    paid_fen = total_fen - offset_fen
    return Quote(offset_units, offset_fen, paid_fen, earned_for(rules, member, shop, paid_fen, channel, at))


def check_offset(rules: SaleRules, member: Member, shop: Shop, *, total_fen: int, offset_units: int) -> None:
    """Refuse an offset the scheme or the balance does not allow (see `quote`)."""
    if not shop.offsets:
        raise Refusal("merchant_not_offsetting")
    if offset_units % rules.step_units:
        raise Refusal("offset_not_in_steps", step_units=rules.step_units)
    if offset_units < rules.min_units:
        raise Refusal("offset_below_minimum", min_units=rules.min_units)
    if offset_units > rules.offset_sale_cap:
        raise Refusal("offset_over_sale_cap", cap_units=rules.offset_sale_cap)
    if offset_units // rules.units_per_fen * 100 > total_fen * rules.share_percent:
        raise Refusal("offset_over_bill_share", percent=rules.share_percent)
    if member.owed > 0:
        raise Refusal("points_owed", owed_units=member.owed)
    if offset_units > member.available:
        raise Refusal("insufficient_points", available_units=member.available, asked_units=offset_units)
    if member.offset_month + offset_units > rules.offset_month_cap:
        left = max(0, rules.offset_month_cap - member.offset_month)
        raise Refusal("offset_over_month_cap", left_units=left)


def earned_for(rules: SaleRules, member: Member, shop: Shop, paid_fen: int, channel: str, at: int) -> Earned:
    """Points for what was really paid (seed S0: 1 yuan, 1 point), cut down to what the caps leave."""
    if not shop.earns:
        return Earned(0, "merchant_not_earning")
    if channel not in rules.channels:
        return Earned(0, "channel_not_approved")
    if member.last_visit_at and at - member.last_visit_at < rules.gap_us:
        return Earned(0, "too_soon_same_shop")
    asked = paid_fen * rules.earn_units_per_yuan // 100
    limits = (
        (asked, ""),
        (rules.earn_sale_cap, "earn_sale_cap"),
        (max(0, rules.earn_day_cap - member.earned_day), "earn_day_cap"),
        (max(0, rules.earn_month_cap - member.earned_month), "earn_month_cap"),
    )
    return Earned(*min(limits, key=lambda limit: limit[0]))


def propose(rules: SaleRules, member: Member, shop: Shop, *, total_fen: int) -> Proposal:
    """The largest offset allowed for this bill, in whole steps, and which limit decided."""
    if not shop.offsets:
        return Proposal(0, 0, "merchant_not_offsetting")
    if member.owed > 0:
        return Proposal(0, 0, "points_owed")
    limits = (
        (total_fen * rules.share_percent // 100 * rules.units_per_fen, "bill_share"),
        (rules.offset_sale_cap, "sale_cap"),
        (max(0, rules.offset_month_cap - member.offset_month), "month_cap"),
        (member.available, "balance"),
    )
    most, limited_by = min(limits, key=lambda limit: limit[0])
    units = most // rules.step_units * rules.step_units
    if units < rules.min_units:
        units = 0
    return Proposal(units, units // rules.units_per_fen, limited_by)
