"""What a sale costs: total, wish, balance and limits in; offset, payable and points earned out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ledger.earning.caps import fit
from ledger.earning.rates import (
    OffsetProposal,
    channel_approved,
    check_offset,
    offset_fen,
    propose_offset,
    units_for_spend,
)
from ledger.errors import Refusal
from pos.sale_rules import SaleRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What the book says of the holder: units available and owed, and what the limits' counters show by cap code."""

    available: int
    owed: int
    used: Mapping[str, int]
    last_visit_at: int

    def offset_month(self, rules: SaleRules) -> int:
        """Units offset this month so far."""
        cap = rules.offset_cap("month")
        return 0 if cap is None else self.used.get(cap.code, 0)


class Shop(NamedTuple):
    """What the agreement in force allows this shop; `why_not` says why it gives no points where it does not."""

    earns: bool
    offsets: bool
    why_not: str = "merchant_not_earning"


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


def quote(
    rules: SaleRules,
    member: Member,
    shop: Shop,
    *,
    total_fen: int,
    offset_units: int,
    channel: str,
    at: int,
) -> Quote:
    """Decide a sale of `total_fen` of which the holder wants `offset_units` taken in points.

    Seed S0: 1 yuan really paid earns 1 point, 20 points offset 1 yuan. Refuses: merchant_not_offsetting, points_owed,
    insufficient_points and the refusals of `ledger.earning.rates.check_offset`.
    """
    if offset_units:
        check_wish(rules, member, shop, total_fen=total_fen, offset_units=offset_units)
    off = offset_fen(rules.offset, offset_units)
    return Quote(
        offset_units,
        off,
        total_fen - off,
        earned_for(rules, member, shop, total_fen - off, channel, at),
    )


def check_wish(
    rules: SaleRules, member: Member, shop: Shop, *, total_fen: int, offset_units: int
) -> None:
    """Refuse an offset the agreement, the scheme or the balance does not allow (see `quote`)."""
    if not shop.offsets:
        raise Refusal("merchant_not_offsetting")
    check_offset(
        rules.offset,
        bill_fen=total_fen,
        units=offset_units,
        month_used_units=member.offset_month(rules),
    )
    if member.owed > 0:
        raise Refusal("points_owed", owed_units=member.owed)
    if offset_units > member.available:
        raise Refusal(
            "insufficient_points", available_units=member.available, asked_units=offset_units
        )


def earned_for(
    rules: SaleRules, member: Member, shop: Shop, paid_fen: int, channel: str, at: int
) -> Earned:
    """Points for what was really paid, cut down to what the caps leave; points never breed points."""
    if not shop.earns:
        return Earned(0, shop.why_not)
    if not channel_approved(rules.spend, channel):
        return Earned(0, "channel_not_approved")
    if member.last_visit_at and at - member.last_visit_at < rules.gap_us:
        return Earned(0, "too_soon_same_shop")
    fitting = fit(units_for_spend(rules.spend, paid_fen), rules.earn_caps, member.used)
    return Earned(
        fitting.units,
        "" if fitting.limited_by is None else "earn_cap_" + _span(fitting.limited_by.code),
    )


def _span(cap_code: str) -> str:
    return cap_code.rpartition(".")[2]


class Proposal(NamedTuple):
    """The most that may be offset now, the word for what limits it, and the share of a bill that points may pay."""

    units: int
    fen: int
    limited_by: str
    percent: int


def propose(
    rules: SaleRules,
    member: Member,
    shop: Shop,
    *,
    total_fen: int,
    spends: bool,
    whole: bool = True,
) -> Proposal:
    """The largest offset allowed for this bill, in whole steps, and which limit decided.

    `spends`: the code shown may take points; one for earning only may not. `whole`: nothing acknowledged is missing
    from the book.
    """
    percent = rules.offset.cap_percent_of_bill
    barred = _barred(member, shop, spends=spends, whole=whole)
    if barred:
        return Proposal(0, 0, barred, percent)
    best: OffsetProposal = propose_offset(
        rules.offset,
        bill_fen=total_fen,
        available_units=member.available,
        month_used_units=member.offset_month(rules),
    )
    return Proposal(best.units, best.fen, best.limited_by.value, percent)


def _barred(member: Member, shop: Shop, *, spends: bool, whole: bool) -> str:
    """Why no points may be used at all; '' where they may."""
    if not whole:
        return "recovering"
    if not shop.offsets:
        return "merchant_not_offsetting"
    if not spends:
        return "earn_only"
    return "points_owed" if member.owed > 0 else ""
