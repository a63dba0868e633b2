"""Cells of channels' bills: yuan to fen exactly, times of China's clock, and what spreadsheets put around them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ledger.channel_bills.layouts import words
from ledger.units import MOST_FEN

CHINA: Final = ZoneInfo("Asia/Shanghai")
"""The clock of every channel whose layout we know."""

_YUAN: Final = re.compile(r"([-+]?)(\d{1,10})(?:\.(\d{1,5}))?", re.ASCII)
_TIME: Final = re.compile(
    r"(\d{4})(?:(\d{2})(\d{2})|\D(\d{1,2})\D(\d{1,2}))\D{0,2}(\d{1,2}):?(\d{2})(?::?(\d{2}))?",
    re.ASCII,
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class BadCellError(Exception):
    """A cell that is not what its column holds."""


def plain(cell: str) -> str:
    """A cell without back-quotes, tabs and blanks."""
    return cell.strip().strip("`\t \u00a0").strip()


def fen_of(cell: str) -> int:
    """Yuan as fen, signed; BadCellError where it is no amount, or finer than a fen."""
    match = _YUAN.fullmatch(plain(cell).replace(",", "").lstrip(words()["signs"]))
    if match is None:
        raise BadCellError
    part = match[3] or ""
    if part[2:].strip("0"):
        raise BadCellError
    fen = int(match[2]) * 100 + int(part[:2].ljust(2, "0"))
    if fen > MOST_FEN:
        raise BadCellError
    return -fen if match[1] == "-" else fen


def moment_of(cell: str) -> int:
    """A time of the channel's clock in microseconds UTC; BadCellError where it is none."""
    match = _TIME.fullmatch(plain(cell))
    if match is None:
        raise BadCellError
    year, month, day, other_month, other_day, hour, minute, second = match.groups()
    parts = (year, month or other_month, day or other_day, hour, minute, second or 0)
    try:
        return micros(datetime(*map(int, parts), tzinfo=CHINA))  # type: ignore[arg-type,misc]
    except ValueError:
        raise BadCellError from None


def micros(moment: datetime) -> int:
    """A moment in microseconds UTC."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def day_of(at: int) -> int:
    """The channel's calendar day (yyyymmdd) of a moment."""
    local = (_EPOCH + timedelta(microseconds=at)).astimezone(CHINA)
    return local.year * 10_000 + local.month * 100 + local.day


def days_span(first: int, last: int) -> tuple[int, int]:
    """The time from the first moment of one calendar day to the end of another; BadCellError for no days."""
    try:
        start, end = (
            datetime(day // 10_000, day // 100 % 100, day % 100, tzinfo=CHINA)
            for day in (first, last)
        )
    except ValueError:
        raise BadCellError from None
    return micros(start), micros(end + timedelta(days=1))
