"""Fen and points as whole numbers in their smallest unit, and how people read them."""

from __future__ import annotations

import re
from typing import Final, NewType

Fen = NewType("Fen", int)
"""Yuan in hundredths."""

Units = NewType("Units", int)
"""Points in the smallest unit of their point type (civic points: hundredths)."""

CNY: Final = 156
"""Commodity number of yuan, counted in fen (ISO 4217 numeric code)."""

FIRST_POINT_COMMODITY: Final = 1000
"""Point type n of a community's scheme is commodity 1000 + n, so that types can never be added together."""

MOST_FEN: Final = 10**12
"""No single amount is larger: ten thousand million yuan is a typing mistake."""

_HUNDRED: Final = 100
_TYPED: Final = re.compile(r"(\d{1,10})(?:[.\uff0e\u3002](\d{1,2}))?")


def yuan_text(fen: int) -> str:
    """Print fen as yuan with two decimals: 1050 -> '10.50', -5 -> '-0.05'."""
    sign = "-" if fen < 0 else ""
    whole, rest = divmod(abs(fen), _HUNDRED)
    return f"{sign}{whole}.{rest:02d}"


def points_text(units: int, precision: int = 2) -> str:
    """Print units as points with the type's decimals: 1280 -> '12.80' at precision 2."""
    if precision == 0:
        return str(units)
    sign = "-" if units < 0 else ""
    whole, rest = divmod(abs(units), 10**precision)
    return f"{sign}{whole}.{rest:0{precision}d}"


def units_from(typed: str, precision: int = 2) -> int | None:
    """Points as somebody types them in units: '12.5' -> 1250 at precision 2, '12' -> 12 at precision 0; else None.

    Full-width digits and points are read too; more decimals than the type has are no amount.
    """
    match = _TYPED.fullmatch(typed.strip().replace(",", ""))
    if match is None:
        return None
    decimals = match[2] or ""
    if len(decimals) > precision:
        return None
    return int(match[1] + decimals.ljust(precision, "0"))
