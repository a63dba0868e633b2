"""Points for spending and money for points: rates, limits of an offset, and the way back by refund.

All amounts are whole numbers: fen, and units of the rule's point type. An offset is never rounded,
since the loader lets only rates stand under which a fen is whole units and a step is whole fen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from ledger.earning.scheme import Scheme
from ledger.earning.scheme_parts import Offset, SpendRule
from ledger.errors import Refusal


class Limit(StrEnum):
    """What kept an offset from being larger."""

    BILL_SHARE = "bill_share"
    SALE_CAP = "sale_cap"
    MONTH_CAP = "month_cap"
    BALANCE = "balance"


@dataclass(frozen=True, slots=True)
class OffsetProposal:
    """The largest offset a bill allows; both are 0 where not even the smallest one fits.

    `limited_by` is the tightest limit and `limits` holds each in units, before steps are taken.
    """

    units: int
    fen: int
    limited_by: Limit
    limits: dict[Limit, int]


@dataclass(frozen=True, slots=True)
class RefundSplit:
    """What comes back with goods: offset and its points, cash; and earned points taken back."""

    offset_fen: int
    units_back: int
    cash_fen: int
    earned_reversed_units: int


def units_for_spend(rule: SpendRule, net_paid_fen: int) -> int:
    """Points earned by what was really paid, before caps: 1,280 fen earn 1,280 civic units.

    Down to whole units where a type counts more coarsely than the fen.
    """
    if net_paid_fen < 0:
        raise ValueError(f"net_paid_fen is {net_paid_fen}")
    units_per_yuan = Fraction(rule.points_per_yuan.scaleb(rule.precision))
    return math.floor(units_per_yuan * net_paid_fen / 100)


def units_per_fen(offset: Offset) -> int:
    """Units that take one fen off a bill: 20 civic units."""
    return int(offset.points_per_yuan.scaleb(offset.precision - 2))


def offset_fen(offset: Offset, units: int) -> int:
    """What points take off a bill, whole fen: 20,000 civic units are 1,000 fen."""
    return units // units_per_fen(offset)


def units_for_fen(offset: Offset, fen: int) -> int:
    """The points behind an offset of so many fen: 1,000 fen are 20,000 civic units."""
    return fen * units_per_fen(offset)


def propose_offset(
    offset: Offset, *, bill_fen: int, available_units: int, month_used_units: int
) -> OffsetProposal:
    """The largest offset this bill, rule, month and balance allow, and which of them bound it.

    50.00 yuan and a large balance: 30 % is 15.00, so 300 points in steps of 20. Where two limits
    are equal the one named first in `Limit` is told.
    """
    limits = dict(_limits(offset, bill_fen, month_used_units))
    limits[Limit.BALANCE] = max(available_units, 0)
    limited_by = min(limits, key=lambda limit: limits[limit])
    step = offset.units(offset.step_points)
    units = limits[limited_by] // step * step
    if units < offset.units(offset.min_points):
        units = 0
    return OffsetProposal(units, offset_fen(offset, units), limited_by, limits)


def check_offset(offset: Offset, *, bill_fen: int, units: int, month_used_units: int) -> None:
    """Let an asked offset of `units` pass, or refuse it; the balance is checked where it is held.

    Refusals: `offset_below_minimum`, `offset_not_in_steps`, `offset_over_bill_share`,
    `offset_over_sale_cap`, `offset_over_month_cap`; the last three say the most that would pass.
    """
    least, step = max(offset.units(offset.min_points), 1), offset.units(offset.step_points)
    if units < least:
        raise Refusal("offset_below_minimum", asked_units=units, min_units=least)
    if units % step != 0:
        raise Refusal("offset_not_in_steps", asked_units=units, step_units=step)
    limits = dict(_limits(offset, bill_fen, month_used_units))
    allowed = min(limits.values()) // step * step
    if units > limits[Limit.BILL_SHARE]:
        percent = offset.cap_percent_of_bill
        raise Refusal("offset_over_bill_share", percent=percent, allowed_units=allowed)
    if units > limits.get(Limit.SALE_CAP, units):
        cap = limits[Limit.SALE_CAP]
        raise Refusal("offset_over_sale_cap", cap_units=cap, allowed_units=allowed)
    if units > limits.get(Limit.MONTH_CAP, units):
        left = limits[Limit.MONTH_CAP]
        raise Refusal("offset_over_month_cap", left_units=left, allowed_units=allowed)


def _limits(offset: Offset, bill_fen: int, month_used_units: int) -> Iterator[tuple[Limit, int]]:
    if bill_fen < 0:
        raise ValueError(f"bill_fen is {bill_fen}")
    percent = offset.cap_percent_of_bill
    yield Limit.BILL_SHARE, units_for_fen(offset, bill_fen * percent // 100)
    if offset.cap_txn_points is not None:
        yield Limit.SALE_CAP, offset.units(offset.cap_txn_points)
    if offset.cap_month_points is not None:
        left = offset.units(offset.cap_month_points) - month_used_units
        yield Limit.MONTH_CAP, max(left, 0)


def category_allowed(scheme: Scheme, rule: SpendRule, merchant_category: str) -> bool:
    """Whether a kind of shop earns under a rule: itself named, or below a named one in the tree.

    A rule that names no category lets every partner shop earn.
    """
    if not rule.merchant_categories:
        return True
    tree = scheme.merchants.category_tree if scheme.merchants else {}
    ahead, seen = list(rule.merchant_categories), set[str]()
    while ahead:
        category = ahead.pop()
        if category == merchant_category:
            return True
        if category not in seen:
            seen.add(category)
            ahead += tree.get(category, ())
    return False


def channel_approved(rule: SpendRule, channel: str) -> bool:
    """Whether a way of paying earns points under a rule."""
    return channel in rule.payment_channels


def check_earning(scheme: Scheme, rule: SpendRule, *, merchant_category: str, channel: str) -> None:
    """Let a purchase earn, or refuse it.

    Refusals: `merchant_not_earning`, `channel_not_approved`.
    """
    if not category_allowed(scheme, rule, merchant_category):
        allowed = ", ".join(rule.merchant_categories)
        raise Refusal("merchant_not_earning", category=merchant_category, allowed=allowed)
    if not channel_approved(rule, channel):
        allowed = ", ".join(rule.payment_channels)
        raise Refusal("channel_not_approved", channel=channel, allowed=allowed)


def refund_split(
    *,
    total_fen: int,
    offset_fen: int,
    offset_units: int,
    earned_units: int,
    refunded_before_fen: int,
    refund_fen: int,
) -> RefundSplit:
    """How goods worth `refund_fen` come back, of a sale whose goods were worth `total_fen`.

    Counted from the start of the sale each time, less what went before, so that any split of
    refunds adds up to the whole. Of the offset its share comes back, down to a fen; its points
    follow from its fen; the rest is cash; earned points go back in the share of the cash, also
    where a cap had cut them. Takes the sale's own figures and no rate, since that may have changed.

    Refusals: `amount_wrong`, `refund_over_sale`.
    """
    if not (0 <= offset_fen <= total_fen and 0 <= refunded_before_fen <= total_fen):
        raise ValueError(f"no sale: {total_fen=} {offset_fen=} {refunded_before_fen=}")
    left_fen = total_fen - refunded_before_fen
    if refund_fen <= 0:
        raise Refusal("amount_wrong", refund_fen=refund_fen)
    if refund_fen > left_fen:
        raise Refusal("refund_over_sale", refund_fen=refund_fen, left_fen=left_fen)
    before = _returned(total_fen, offset_fen, offset_units, earned_units, refunded_before_fen)
    after = _returned(
        total_fen, offset_fen, offset_units, earned_units, refunded_before_fen + refund_fen
    )
    return RefundSplit(
        offset_fen=after.offset_fen - before.offset_fen,
        units_back=after.units_back - before.units_back,
        cash_fen=after.cash_fen - before.cash_fen,
        earned_reversed_units=after.earned_reversed_units - before.earned_reversed_units,
    )


def _returned(
    total_fen: int, offset_fen: int, offset_units: int, earned_units: int, refunded_fen: int
) -> RefundSplit:
    """Everything that has come back once goods worth `refunded_fen` have; of a sale of nothing, nothing can."""
    offset_back = offset_fen * refunded_fen // total_fen
    cash_back = refunded_fen - offset_back
    cash_paid = total_fen - offset_fen
    return RefundSplit(
        offset_fen=offset_back,
        units_back=offset_units * offset_back // offset_fen if offset_fen else 0,
        cash_fen=cash_back,
        earned_reversed_units=earned_units * cash_back // cash_paid if cash_paid else 0,
    )
