"""One scheme version's rules for a shop counter on one business date, read once and used for every sale of the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from ledger.earning.caps import Cap, caps_for_offset, caps_for_spend
from ledger.earning.rates import units_per_fen
from ledger.earning.scheme import Scheme
from ledger.earning.scheme_parts import Offset, SpendRule
from ledger.units import FIRST_POINT_COMMODITY

TARGET: Final = "merchant_purchase"


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleRules:
    """The spend rule and the offset rule in force, with the caps whose counters a sale must keep."""

    scheme: Scheme
    spend: SpendRule
    offset: Offset
    version: str
    commodity: int
    units_per_fen: int
    earn_caps: tuple[Cap, ...]
    offset_caps: tuple[Cap, ...]

    @property
    def gap_us(self) -> int:
        """The pause between two earning purchases of one person in one shop, in microseconds."""
        return self.spend.min_gap_seconds_same_shop * 1_000_000

    def earn_cap(self, span: str) -> Cap | None:
        """The cap on earning per `day`, `month` or `txn`, where the scheme sets one."""
        return _named(self.earn_caps, span)

    def offset_cap(self, span: str) -> Cap | None:
        """The cap on offsets per `month` or `txn`, where the scheme sets one."""
        return _named(self.offset_caps, span)


def sale_rules(scheme: Scheme, day: date) -> SaleRules:
    """Read the counter's rules out of a scheme.

    Raises LookupError for a scheme without an offset rule for purchases (a village scheme sells nothing at shops).
    """
    offset = scheme.find_offset(TARGET)
    if offset is None or not scheme.spend_rules:
        raise LookupError(f"scheme {scheme.id} has no rules for a shop counter")
    spend = scheme.spend_rules[0]
    return SaleRules(
        scheme=scheme,
        spend=spend,
        offset=offset,
        version=f"{scheme.id}/{scheme.version}",
        commodity=commodity_of(scheme, offset.point_type),
        units_per_fen=units_per_fen(offset),
        earn_caps=caps_for_spend(scheme, spend, day),
        offset_caps=caps_for_offset(scheme, offset, day),
    )


def commodity_of(scheme: Scheme, point_type: str) -> int:
    """The number of a point type in the book: 1000 and its place in the scheme, counted from 1."""
    codes = [known.code for known in scheme.point_types]
    return FIRST_POINT_COMMODITY + 1 + codes.index(point_type)


def _named(caps: tuple[Cap, ...], span: str) -> Cap | None:
    return next((cap for cap in caps if cap.code.endswith(f".{span}")), None)
