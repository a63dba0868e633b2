"""How much of an award still fits: the caps of a rule, each with the period it counts in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledger.earning.calendar import day_key, quarter_of, scheme_month
from ledger.earning.scheme import Scheme
from ledger.earning.scheme_parts import Counted, Item, Offset, SpendRule


@dataclass(frozen=True, slots=True)
class Cap:
    """A limit on units within a period; `code` and `period_key` together name its counter.

    `code` is the rule's code and the span, such as S01.day; `period_key` is yyyymmdd for a day,
    yyyymm for a month by the scheme's calendar, yyyyq for a quarter, and 0 for a single sale, which
    needs no counter.
    """

    code: str
    period_key: int
    units: int


@dataclass(frozen=True, slots=True)
class Fit:
    """What of an award fits, and the cap that cut it; None where nothing was cut."""

    units: int
    limited_by: Cap | None


def caps_for_spend(scheme: Scheme, rule: SpendRule, business_date: date) -> tuple[Cap, ...]:
    """The caps on points earned by spending: per sale, per day, per month."""
    spans = (
        ("txn", 0, rule.cap_txn_points),
        ("day", day_key(business_date), rule.cap_day_points),
        ("month", scheme_month(scheme, business_date).key, rule.cap_month_points),
    )
    return _caps(rule, spans)


def caps_for_offset(scheme: Scheme, offset: Offset, business_date: date) -> tuple[Cap, ...]:
    """The caps on points used against bills: per sale, per month."""
    spans = (
        ("txn", 0, offset.cap_txn_points),
        ("month", scheme_month(scheme, business_date).key, offset.cap_month_points),
    )
    return _caps(offset, spans)


def caps_for_item(scheme: Scheme, item: Item, business_date: date) -> tuple[Cap, ...]:
    """The caps on points earned by a deed: per day, per month, per quarter."""
    spans = (
        ("day", day_key(business_date), item.cap_day),
        ("month", scheme_month(scheme, business_date).key, item.cap_month),
        ("quarter", quarter_of(business_date), item.cap_quarter),
    )
    return _caps(item, spans)


def fit(asked_units: int, caps: Iterable[Cap], used: Mapping[str, int]) -> Fit:
    """The part of `asked_units` that fits under every cap, given the units used by cap code.

    A code missing in `used` counts as unused. A counter that is over its cap leaves nothing.
    """
    if asked_units < 0:
        raise ValueError(f"asked_units is {asked_units}")
    units, limited_by = asked_units, None
    for cap in caps:
        left = max(cap.units - used.get(cap.code, 0), 0)
        if left < units:
            units, limited_by = left, cap
    return Fit(units, limited_by)


def _caps(rule: Counted, spans: Iterable[tuple[str, int, Decimal | None]]) -> tuple[Cap, ...]:
    return tuple(
        Cap(f"{rule.code}.{span}", period_key, rule.units(points))
        for span, period_key, points in spans
        if points is not None
    )
