"""Which months a report covers: a month, a quarter or a year, as people write them."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from ledger.errors import Refusal

_WRITTEN: Final = re.compile(r"(\d{4})(?:-(?:(\d{2})|[Qq]([1-4])))?")
_MONTHS: Final = 12
_QUARTER: Final = 3


class Span(NamedTuple):
    """First and last month (yyyymm), both counted in, and how the span is written: 2026-03, 2026-Q1, 2026."""

    written: str
    first_month: int
    last_month: int

    def months(self) -> list[int]:
        """Every month of the span, in order; a span lies within one year."""
        return list(range(self.first_month, self.last_month + 1))


def span_of(written: str) -> Span:
    """Read `2026-03`, `2026-Q1` or `2026`.

    Refuses: report_period_bad.
    """
    match = _WRITTEN.fullmatch(written.strip())
    if match is None:
        raise Refusal("report_period_bad", period=written[:20])
    year, month, quarter = int(match[1]) * 100, match[2], match[3]
    if month is not None:
        if not 1 <= int(month) <= _MONTHS:
            raise Refusal("report_period_bad", period=written[:20])
        return Span(f"{match[1]}-{month}", year + int(month), year + int(month))
    if quarter is not None:
        last = int(quarter) * _QUARTER
        return Span(f"{match[1]}-Q{quarter}", year + last - _QUARTER + 1, year + last)
    return Span(match[1], year + 1, year + _MONTHS)


def spans_before(month: int, *, quarters: int = 4, years: int = 2) -> list[Span]:
    """The quarters and years that are wholly over once `month` (yyyymm) is, the latest first; years come last."""
    year, number = divmod(month, 100)
    over = year * 4 + number // _QUARTER  # quarters over since the year 0
    found = [
        span_of(f"{(over - n - 1) // 4:04d}-Q{(over - n - 1) % 4 + 1}") for n in range(quarters)
    ]
    whole = year + (number == _MONTHS)
    return found + [span_of(f"{whole - n - 1:04d}") for n in range(years)]
