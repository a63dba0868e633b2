"""Reads the plainest lines of a claim file, as most lines of most files are, column by column and many at once."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from typing import Final, NamedTuple

from settlement.claim_rows import Rows
from settlement.daybook import ClaimLine

AT_ONCE: Final = 256
"""Rows looked at together: many enough to be quick, few enough that one odd row holds up few others."""

REF_LETTERS: Final = "[0-9A-Za-z][0-9A-Za-z_./-]{1,39}"
"""What a reference is written in."""

_REFS: Final = re.compile(rf"(?:{REF_LETTERS}\n)*")
_AMOUNTS: Final = re.compile(r"(?:-?\d{1,13}\.\d\d\n)*", re.ASCII)
_PLACES: Final = 6
_HOUR_CHARACTERS: Final = 13
_SECONDS: Final = {
    f":{minute:02d}:{second:02d}": (minute * 60 + second) * 1_000_000
    for minute in range(60)
    for second in range(60)
}

Hour = tuple[int, int]
"""When an hour of the file's clock begins, in microseconds, and its date (yyyymmdd)."""


class Plain(NamedTuple):
    """Where each column stands (`merchant`, `month` below 0: nowhere), whose list it is, and what a full hour is.

    `hour_of` reads a time of exactly `2026-03-02 14:00:00`'s length, or gives None; points and yuan have two decimals.
    """

    ref: int
    time: int
    yuan: int
    points: int
    merchant: int
    month: int
    merchant_code: str
    hours: dict[str, Hour]
    hour_of: Callable[[str], Hour | None]

    def read(self, numbers: Sequence[int], rows: Sequence[Sequence[str]]) -> list[ClaimLine] | None:
        """The claims of these rows; None where any of them is written otherwise, or is no claim."""
        last = max(self[:_PLACES])
        if min(map(len, rows)) <= last:
            return None
        columns = list(zip(*rows, strict=False))
        if self.merchant >= 0 and columns[self.merchant].count(self.merchant_code) != len(rows):
            return None
        refs = columns[self.ref]
        amounts = self._amounts(columns[self.points], columns[self.yuan])
        if amounts is None or _all_like(_REFS, refs) is None:
            return None
        times = self._times(columns[self.time])
        if times is None or (self.month >= 0 and not _own_month(columns[self.month], times[1])):
            return None
        return list(map(ClaimLine._make, zip(numbers, refs, *amounts, *times, strict=False)))

    def _amounts(
        self, points: Sequence[str], yuan: Sequence[str]
    ) -> tuple[Sequence[str] | repeat[str], list[int], list[int]] | None:
        """Kind, units and fen of each row; a refund's are below nothing."""
        units, fen = _hundredths(points), _hundredths(yuan)
        if units is None or fen is None or 0 in fen:
            return None
        if min(fen) > 0:
            return None if min(units) < 0 else (repeat("sale"), units, fen)
        if any(f > 0 > u for f, u in zip(fen, units, strict=True)):
            return None
        kinds = ["sale" if f > 0 else "refund" for f in fen]
        return kinds, [u if f > 0 else -abs(u) for f, u in zip(fen, units, strict=True)], fen

    def _times(self, cells: Sequence[str]) -> tuple[list[int], list[int]] | None:
        """Microseconds and date of each row."""
        known, within = self.hours, [_SECONDS.get(cell[_HOUR_CHARACTERS:]) for cell in cells]
        hours = [cell[:_HOUR_CHARACTERS] for cell in cells]
        for new in set(hours) - known.keys():
            hour = self.hour_of(f"{new}:00:00")
            if hour is None:
                return None
            known[new] = hour
        starts = [known[hour] for hour in hours]
        at = [hour[0] + rest for hour, rest in zip(starts, within, strict=True) if rest is not None]
        return (at, [hour[1] for hour in starts]) if len(at) == len(cells) else None


def _own_month(said: Sequence[str], dates: Sequence[int]) -> bool:
    """Whether every line names the month of its day, as 202603."""
    return all(month == str(date // 100) for month, date in set(zip(said, dates, strict=True)))


def _all_like(pattern: re.Pattern[str], cells: Sequence[str]) -> str | None:
    """The cells a line each where every one of them fits, else None; no cell may bring a line end of its own."""
    text = "\n".join(cells)
    fits = pattern.fullmatch(f"{text}\n") is not None and text.count("\n") == len(cells) - 1
    return text if fits else None


def _hundredths(cells: Sequence[str]) -> list[int] | None:
    text = _all_like(_AMOUNTS, cells)
    return None if text is None else list(map(int, text.replace(".", "").split("\n")))


def by_many(rows: Rows) -> Iterator[tuple[list[int], list[list[str]]]]:
    """Rows, some at once, with the line of the file each of them ended on; those before a csv.Error come first."""
    numbers: list[int] = []
    some: list[list[str]] = []
    try:
        for row in rows:
            numbers.append(rows.line_num)
            some.append(row)
            if len(some) == AT_ONCE:
                yield numbers, some
                numbers, some = [], []
    except csv.Error:
        if some:
            yield numbers, some
        raise
    if some:
        yield numbers, some
