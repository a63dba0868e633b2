"""How much of a fee bill points may pay: the scheme's rule, the bill's ceiling, the month, the balance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, NamedTuple

from ledger.earning.caps import Cap, caps_for_offset
from ledger.earning.rates import Limit, offset_fen, units_for_fen, units_per_fen
from ledger.earning.scheme import Scheme
from ledger.earning.scheme_parts import Offset
from ledger.errors import Refusal
from ledger.units import FIRST_POINT_COMMODITY

FeeKind = Literal["property_fee", "refuse_fee"]
KINDS: Final[tuple[FeeKind, ...]] = ("property_fee", "refuse_fee")
"""Fees a household is billed for, by the names the schemes give them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeRules:
    """One scheme version's rule for a kind of fee on one business date."""

    offset: Offset
    version: str
    commodity: int
    has_pool: bool
    units_per_fen: int
    month: Cap | None

    @property
    def step_units(self) -> int:
        """The smallest amount points are used in."""
        return self.offset.units(self.offset.step_points)


class Room(NamedTuple):
    """The most that may still be taken off a bill, in whole steps, and what keeps it from being more."""

    units: int
    fen: int
    limited_by: Limit


def fee_rules(scheme: Scheme, kind: FeeKind, day: date) -> FeeRules | None:
    """The rule for a kind of fee, None where the scheme lets no points pay it.

    Seed S0: 20 points take 1 yuan off property and refuse fees; our default at most half of a bill and 2,000 a month.
    """
    offset = scheme.find_offset(kind)
    if offset is None:
        return None
    codes = [known.code for known in scheme.point_types]
    point_type = scheme.get_point_type(offset.point_type)
    caps = caps_for_offset(scheme, offset, day)
    return FeeRules(
        offset=offset,
        version=f"{scheme.id}/{scheme.version}",
        commodity=FIRST_POINT_COMMODITY + 1 + codes.index(offset.point_type),
        has_pool=point_type.household_pool or point_type.subject == "household",
        units_per_fen=units_per_fen(offset),
        month=next((cap for cap in caps if cap.period_key), None),
    )


def ceiling_fen(rules: FeeRules | None, amount_fen: int) -> int:
    """The most of a bill that points may pay: 30,000 fen at 50 % are 15,000."""
    return 0 if rules is None else amount_fen * rules.offset.cap_percent_of_bill // 100


def room(
    rules: FeeRules, *, ceiling: int, offset_so_far: int, available: int, month_used: int
) -> Room:
    """What a bill, the month and the balance leave; amounts of the bill in fen, the others in units.

    300.00 yuan: half is 150.00 or 3,000 points; 2,000 a month; so 2,000 points are 100.00 yuan.
    """
    limits = _limits(rules, ceiling, offset_so_far, month_used)
    limits[Limit.BALANCE] = max(available, 0)
    tightest = min(limits, key=lambda limit: limits[limit])
    units = limits[tightest] // rules.step_units * rules.step_units
    if units < least_units(rules):
        units = 0
    return Room(units, offset_fen(rules.offset, units), tightest)


def check_wish(
    rules: FeeRules,
    units: int,
    *,
    ceiling: int,
    offset_so_far: int,
    month_used: int,
) -> None:
    """Let an asked offset pass, or refuse it; the balance is checked where it is held.

    Refusals: offset_below_minimum, offset_not_in_steps, offset_over_bill_share, fee_over_sale_cap,
    fee_over_month_cap.
    """
    least, step = least_units(rules), rules.step_units
    if units < least:
        raise Refusal("offset_below_minimum", asked_units=units, min_units=least)
    if units % step != 0:
        raise Refusal("offset_not_in_steps", asked_units=units, step_units=step)
    limits = _limits(rules, ceiling, offset_so_far, month_used)
    allowed = min(limits.values()) // step * step
    if units > limits[Limit.BILL_SHARE]:
        percent = rules.offset.cap_percent_of_bill
        raise Refusal("offset_over_bill_share", percent=percent, allowed_units=allowed)
    if units > limits.get(Limit.SALE_CAP, units):
        raise Refusal(
            "offset_over_sale_cap", cap_units=limits[Limit.SALE_CAP], allowed_units=allowed
        )
    if units > limits.get(Limit.MONTH_CAP, units):
        raise Refusal(
            "fee_over_month_cap", left_units=limits[Limit.MONTH_CAP], allowed_units=allowed
        )


def kept_units(rules_step: int, rules_least: int, units: int, ceiling_units: int) -> int:
    """What stays of an offset of `units` under a lower ceiling: whole steps, or nothing below the smallest offset."""
    left = min(units, ceiling_units // rules_step * rules_step)
    return left if left >= rules_least else 0


def least_units(rules: FeeRules) -> int:
    """The smallest offset the rule allows."""
    return max(rules.offset.units(rules.offset.min_points), rules.step_units, 1)


def _limits(rules: FeeRules, ceiling: int, offset_so_far: int, month_used: int) -> dict[Limit, int]:
    left = units_for_fen(rules.offset, max(ceiling - offset_so_far, 0))
    limits = {Limit.BILL_SHARE: left}
    if rules.offset.cap_txn_points is not None:
        limits[Limit.SALE_CAP] = rules.offset.units(rules.offset.cap_txn_points)
    if rules.month is not None:
        limits[Limit.MONTH_CAP] = max(rules.month.units - month_used, 0)
    return limits
