"""One scheme version's rules for a shop counter, as whole numbers ready for the hot path."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ledger.earning.scheme import Scheme
from ledger.units import FIRST_POINT_COMMODITY

NO_CAP = 2**62
"""Stands where a scheme sets no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleRules:
    """Amounts in units (smallest part of a point) and fen. `earn_units_per_yuan` units for 100 fen really paid."""

    scheme_version: str
    commodity: int
    precision: int
    units_per_fen: int
    step_units: int
    min_units: int
    share_percent: int
    offset_sale_cap: int
    offset_month_cap: int
    earn_units_per_yuan: int
    earn_sale_cap: int
    earn_day_cap: int
    earn_month_cap: int
    gap_us: int
    channels: frozenset[str]
    categories: frozenset[str]


def sale_rules(scheme: Scheme) -> SaleRules:
    """Read the counter's rules out of a scheme: its spend rule and its offset rule for shop bills.

    Raises LookupError for a scheme without an offset rule for purchases (a village scheme sells nothing at shops).
    """
    offset = scheme.find_offset("merchant_purchase")
    if offset is None or not scheme.spend_rules:
        raise LookupError(f"scheme {scheme.id} has no rules for a shop counter")
    spend = scheme.spend_rules[0]
    code = offset.point_type

    def units(points: Decimal | None) -> int:
        return NO_CAP if points is None else scheme.units(code, points)

    types = [point_type.code for point_type in scheme.point_types]
    return SaleRules(
        scheme_version=f"{scheme.id}/{scheme.version}",
        commodity=FIRST_POINT_COMMODITY + 1 + types.index(code),
        precision=scheme.get_point_type(code).precision,
        units_per_fen=_whole(Decimal(scheme.units(code, offset.points_per_yuan)) / 100),
        step_units=scheme.units(code, offset.step_points),
        min_units=scheme.units(code, offset.min_points),
        share_percent=100 if offset.cap_percent_of_bill is None else int(offset.cap_percent_of_bill),
        offset_sale_cap=units(offset.cap_txn_points),
        offset_month_cap=units(offset.cap_month_points),
        earn_units_per_yuan=scheme.units(code, spend.points_per_yuan),
        earn_sale_cap=units(spend.cap_txn_points),
        earn_day_cap=units(spend.cap_day_points),
        earn_month_cap=units(spend.cap_month_points),
        gap_us=spend.min_gap_seconds_same_shop * 1_000_000,
        channels=frozenset(spend.payment_channels),
        categories=_with_children(scheme, spend.merchant_categories),
    )


def _whole(value: Decimal) -> int:
    if value != int(value):
        raise ValueError("one fen must be a whole number of units, or refunds could not be exact")
    return int(value)


def _with_children(scheme: Scheme, categories: tuple[str, ...]) -> frozenset[str]:
    tree = scheme.merchants.category_tree if scheme.merchants is not None else {}
    return frozenset(categories).union(*(tree.get(category, ()) for category in categories))
