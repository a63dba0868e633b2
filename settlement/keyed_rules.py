"""A paper list of claims typed in twice: each typing as rows, and cell by cell where the two differ."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Final, NamedTuple

from ledger.earning.calendar import day_from_key
from ledger.refs import read_reference

MOST_ROWS: Final = 500

_CELLS: Final = 4
_REF: Final = re.compile(r"[0-9A-Z][0-9A-Z_./-]{1,39}")
_NUMBER: Final = re.compile(r"(-?)(\d{1,9})(?:\.(\d{1,2}))?", re.ASCII)
_TIME: Final = re.compile(r"([01]?\d|2[0-3])[:.]?([0-5]\d)", re.ASCII)


class Row(NamedTuple):
    """One line of the paper as typed: units and fen below 0 for a return, minute of the day."""

    ref: str
    units: int
    fen: int
    minute: int


class RowFault(NamedTuple):
    """A typed line that is none: its number, the column and what is wrong."""

    line_no: int
    column: str
    fault: str


class Pair(NamedTuple):
    """What each typing has in one place of the paper; None where it has nothing."""

    first: Row | None
    second: Row | None

    @property
    def agrees(self) -> bool:
        """Whether every cell of both is the same."""
        return self.first is not None and self.first == self.second

    def differs_in(self) -> tuple[str, ...]:
        """The columns in which the two differ; all of them where one has nothing."""
        if self.first is None or self.second is None:
            return Row._fields
        return tuple(
            name
            for name, one, other in zip(Row._fields, self.first, self.second, strict=True)
            if one != other
        )


def read_rows(text: str) -> tuple[list[Row], list[RowFault]]:
    """Lines of number, points, yuan and time (`M01T1-260302-00457-I 200 10.00 9:30`), and every line that is none."""
    rows: list[Row] = []
    faults: list[RowFault] = []
    for line_no, typed in enumerate(text.splitlines(), 1):
        cells = unicodedata.normalize("NFKC", typed).replace("\t", " ").split()
        if not cells:
            continue
        if len(rows) + len(faults) >= MOST_ROWS:
            faults.append(RowFault(line_no, "", "too_many"))
            break
        row = _row(cells, line_no)
        if isinstance(row, Row):
            rows.append(row)
        else:
            faults.append(row)
    return rows, faults


def compare(first: Sequence[Row], second: Sequence[Row]) -> list[Pair]:
    """Both typings beside each other in the order of the paper; a line left out by one moves no other."""
    one, other = ([row.ref for row in rows] for rows in (first, second))
    pairs: list[Pair] = []
    for _, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        pairs += [Pair(*both) for both in zip_longest(first[a:b], second[c:d])]
    return pairs


def settle(pairs: Iterable[Pair], again: Iterable[Row]) -> list[Pair]:
    """The pairs after the paper was looked at once more: where that agrees with one typing, both say so now."""
    left = list(again)
    settled = []
    for pair in pairs:
        said = next((row for row in left if not pair.agrees and row in pair), None)
        if said is not None:
            left.remove(said)
        settled.append(pair if said is None else Pair(said, said))
    return settled


def agreed(pairs: Iterable[Pair]) -> list[Row]:
    """The rows of which every cell was typed twice alike."""
    return [pair.first for pair in pairs if pair.first is not None and pair.agrees]


def day_of(row: Row, day: int) -> int:
    """The day (yyyymmdd) in the row's number, else the list's own."""
    read = read_reference(row.ref)
    return day if read is None else 20_000_000 + int(read.yymmdd)


def _row(cells: list[str], line_no: int) -> Row | RowFault:
    if len(cells) != _CELLS:
        return RowFault(line_no, "", "columns")
    ref, time = cells[0].upper(), _TIME.fullmatch(cells[3])
    units, fen = _whole(cells[1]), _whole(cells[2])
    fault = _fault(ref, units, fen)
    if fault is not None or time is None or units is None or fen is None:
        return RowFault(line_no, *(fault or ("time", "time")))
    return Row(ref, units, fen, int(time[1]) * 60 + int(time[2]))


def _fault(ref: str, units: int | None, fen: int | None) -> tuple[str, str] | None:
    """The first cell that is wrong, and what is wrong with it."""
    if _REF.fullmatch(ref) is None or not _has_day(ref):
        return "ref", "ref"
    if units is None or fen is None:
        return ("points" if units is None else "yuan"), "number"
    if fen == 0:
        return "yuan", "zero"
    return ("points", "sign") if (units > 0) != (fen > 0) else None


def _has_day(ref: str) -> bool:
    """Whether the day in a whole number is one: the check character does not look at the calendar."""
    read = read_reference(ref)
    try:
        return read is None or bool(day_from_key(20_000_000 + int(read.yymmdd)))
    except ValueError:
        return False


def _whole(typed: str) -> int | None:
    match = _NUMBER.fullmatch(typed.replace(",", ""))
    if match is None:
        return None
    value = int(match[2]) * 100 + int((match[3] or "0").ljust(2, "0"))
    return -value if match[1] else value
