"""What an item allows: how many points, how often, and what becomes of a deduction the wallet cannot pay."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from ledger.earning.calendar import quarter_of, scheme_month
from ledger.earning.scheme import Scheme
from ledger.earning.scheme_parts import Item, PointType
from ledger.errors import Refusal


class Taking(NamedTuple):
    """Where a deduction is taken from, in units: the wallet, a debt, and what is let go."""

    taken: int
    owed: int
    dropped: int


def find_item(scheme: Scheme, code: str) -> Item:
    """The item of that code, in use and worth points.

    Refuses award_item_unknown, award_item_closed.
    """
    try:
        item = scheme.get_item(code)
    except LookupError as error:
        raise Refusal("award_item_unknown", item=code[:20]) from error
    if not item.active or item.honour_only:
        raise Refusal("award_item_closed", item=code)
    return item


def check_units(item: Item, units: int) -> None:
    """Refuse a number of units (below zero: a deduction) the item does not name.

    Refuses award_units_wrong.
    """
    if units == 0 or not _names(item, units):
        raise Refusal("award_units_wrong", item=item.code)


def _names(item: Item, units: int) -> bool:
    if item.mode == "range":
        return _bound(item, item.min) <= units <= _bound(item, item.max)
    if item.mode == "formula":
        return units > 0
    named = {item.units(points) for points in (item.points, item.deduct) if points is not None}
    return units in named


def _bound(item: Item, points: Decimal | None) -> int:
    return 0 if points is None else item.units(points)


def deductions_of(scheme: Scheme) -> list[tuple[Item, int]]:
    """Every item in use that takes points, with how many units (below zero)."""
    found = []
    for item in scheme.active_items():
        points = item.deduct if item.deduct is not None else item.points
        if points is not None and points < 0 and not item.honour_only:
            found.append((item, item.units(points)))
    return found


def once_key(scheme: Scheme, item: Item, day: date) -> int | None:
    """The period in which a periodic item is scored once: 202603, 20261 or 2026; None for other items."""
    if item.per is None:
        return None
    return {
        "month": scheme_month(scheme, day).key,
        "quarter": quarter_of(day),
        "year": day.year,
    }[item.per]


def take(point_type: PointType, units: int, available: int) -> Taking:
    """Split a deduction of `units` (above zero) over a wallet that holds `available`.

    A wallet is never below zero. What it lacks is refused, owed, or let go, as the point type's `negative_balance`
    says (ruling C34). Refuses award_over_balance.
    """
    taken = min(units, max(available, 0))
    rest = units - taken
    match point_type.negative_balance:
        case "forbid":
            if rest:
                raise Refusal("award_over_balance", available_units=available, asked_units=units)
            return Taking(taken, 0, 0)
        case "debt":
            return Taking(taken, rest, 0)
        case "floor_zero":
            return Taking(taken, 0, rest)
