"""The shelf's rules as sums: the period a limit counts in, when to order how much, how far the goods reach."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from ledger.earning.calendar import day_from_key, day_key

OBSERVED_DAYS: Final = 28
"""How far back demand is looked at: one round of purchases (one every four weeks)."""
SPARE_DAYS: Final = 7
"""What stays on the shelf for a delivery that is late."""
WHOLE: Final = 1_000
_MONTHS_A_QUARTER: Final = 3


def period_key(period: str, day: int) -> int:
    """The period a business date (yyyymmdd) lies in: the day, its Monday, yyyymm, the quarter's first month, yyyy.

    A window counts as the period it lies in: one a quarter is the quarter's, one a week the week's.
    """
    match period:
        case "day":
            return day
        case "week":
            date = day_from_key(day)
            return day_key(date - timedelta(days=date.weekday()))
        case "month":
            return day // 100
        case "quarter":
            month = day // 100 % 100
            return day // 10_000 * 100 + month - (month - 1) % _MONTHS_A_QUARTER
        case "year":
            return day // 10_000
        case _:
            raise ValueError(period)


def to_order(*, free: int, gone: int, lead_days: int) -> int:
    """How many pieces to order now, 0 where there is time: `gone` left in OBSERVED_DAYS, `free` are on the shelf.

    Ordered once what is free would not last until a delivery ordered today is a week late; then up to the next round.
    14 eggs in four weeks and three days of delivery: ordered at 5 or fewer, up to 19.
    """
    until_here = -(-gone * (lead_days + SPARE_DAYS) // OBSERVED_DAYS)
    if free > until_here or gone <= 0:
        return 0
    return until_here + gone - max(free, 0)


def reach_permille(stock_fen: int, value_fen: int) -> int | None:
    """How far the goods at cost reach for the points outstanding at face value, in thousandths, rounded down."""
    return None if value_fen <= 0 else max(stock_fen, 0) * WHOLE // value_fen
