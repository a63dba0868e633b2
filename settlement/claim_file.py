"""Reads a shop's claim file: any usual encoding, quoting and number style, every bad line named."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from settlement.claim_headings import NEEDED, Head, guess, heading
from settlement.claim_plain import REF_LETTERS, Hour, Plain, by_many
from settlement.claim_rows import Rows, UnreadableError, open_rows
from settlement.daybook import ClaimLine

MOST_BYTES: Final = 100 * 1024 * 1024
MOST_ROWS: Final = 1_000_000
MOST_FAULTS: Final = 1_000
"""Bad lines named in the answer; a file with more is bad from end to end."""

_FORM: Final = Path(__file__).parent / "forms" / "claim_file.toml"
_HEAD_ROWS: Final = 20
_REF: Final = re.compile(REF_LETTERS)
_NUMBER: Final = re.compile(r"(-?)(\d{1,13})(?:\.(\d{1,4}))?", re.ASCII)
_TIME: Final = re.compile(
    r"(\d{4})\D?(\d{1,2})\D(\d{1,2})(?:\D{1,3}(\d{1,2}):(\d{2})(?::(\d{2}))?)?\D?", re.ASCII
)
_MONTH: Final = re.compile(r"(\d{4})\D?(\d{1,2})\D?", re.ASCII)
_WRAPPED: Final = re.compile(r'="([^"=+@]*)"')
_FORMULA: Final = ("=", "+", "@")
_SERIAL: Final = re.compile(r"[345]\d{4}(?:\.\d{1,15})?", re.ASCII)
_ROUNDED: Final = re.compile(r"\d(?:\.\d+)?[Ee]\+?\d{1,3}", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_FEW: Final = 16
"""So many rows are read one by one where one of them is not plain."""


class Fault(NamedTuple):
    """What is wrong with one line: its number in the file, the column, a word for the fault."""

    line_no: int
    column: str
    fault: str


@dataclass(slots=True)
class ClaimFile:
    """A file as read. `stated_*`: what its totals row says, None where it has none."""

    lines: list[ClaimLine] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    encoding: str = ""
    row_count: int = 0
    stated_units: int | None = None
    stated_fen: int | None = None
    first_date: int = 0
    last_date: int = 0
    other_month: int = 0
    """Lines that name another month than their own day's: they count by their day, and it is said."""

    @property
    def counted_units(self) -> int:
        """Units of all lines, signed."""
        return sum(line.units for line in self.lines)

    @property
    def counted_fen(self) -> int:
        """Fen of all lines, signed."""
        return sum(line.fen for line in self.lines)

    @property
    def totals_agree(self) -> bool:
        """Whether the totals row, if there is one, says what the lines add up to."""
        # Each line is looked at only where there is a sum to hold against: a list may have a million.
        return (self.stated_units is None or self.stated_units == self.counted_units) and (
            self.stated_fen is None or self.stated_fen == self.counted_fen
        )


class _Form(NamedTuple):
    totals: tuple[str, ...]
    dropped: dict[int, None]


@cache
def _form() -> _Form:
    data = tomllib.loads(_FORM.read_text(encoding="utf-8"))
    signs = [*data["words"]["money_signs"], *data["words"]["thousands"], " ", "\u00a0"]
    return _Form(tuple(data["words"]["total"]), {ord(sign): None for sign in signs})


class _BadLineError(Exception):
    """One cell cannot be read."""

    def __init__(self, column: str, fault: str) -> None:
        super().__init__(fault)
        self.column = column
        self.fault = fault


def read_claim_file(
    body: bytes,
    *,
    merchant_code: str,
    timezone: str,
    precision: int = 2,
    head: Head | None = None,
) -> ClaimFile:
    """Read a file (CSV or XLSX) of one shop; points have `precision` decimals. Nothing is guessed: see `faults`.

    `head`: the headings and where each column stands, as a person confirmed it; without it, by the names of the form.
    Lines are numbered as a text editor, or Excel, shows them. A line with a fault is in no total.
    """
    found = ClaimFile()
    try:
        opened = open_rows(body, _is_total)
    except UnreadableError as bad:
        found.faults.append(Fault(0, "", bad.fault))
        return found
    found.encoding = opened.encoding
    cells = _Cells(merchant_code, ZoneInfo(timezone), precision)
    cells.counts_from_1904 = opened.counts_from_1904
    cells.given = head
    try:
        _read_rows(opened.rows, found, cells)
    except csv.Error:
        found.faults.append(Fault(opened.rows.line_num, "", "csv"))
    found.other_month = cells.other_month
    if found.lines:
        found.first_date = min(line.business_date for line in found.lines)
        found.last_date = max(line.business_date for line in found.lines)
    return found


class _Cells:
    """Reads the cells of one file: remembers what repeats, so that a line costs microseconds."""

    def __init__(self, merchant_code: str, zone: ZoneInfo, precision: int) -> None:
        self.merchant_code = merchant_code
        self.zone = zone
        self.precision = precision
        self.columns: dict[str, int] = {}
        self.given: Head | None = None
        self.counts_from_1904 = False
        self.other_month = 0

    def plain(self) -> Plain | None:
        """A reader for the plainest style; None where points are not written with two decimals."""
        if self.precision != 2:  # noqa: PLR2004 - the usual 10.00
            return None
        at = self.columns
        return Plain(
            at["ref"],
            at["time"],
            at["yuan"],
            at["points"],
            at.get("merchant", -1),
            at.get("month", -1),
            self.merchant_code,
            {},
            self._hour,
        )

    def line(self, number: int, row: Sequence[str]) -> ClaimLine:
        """One claim, or _BadLineError."""
        columns = self.columns
        try:
            ref = _plain(row[columns["ref"]])
            fen = _whole(row[columns["yuan"]], 2, "yuan")
            units = _whole(row[columns["points"]], self.precision, "points")
            at, date = self._time(row[columns["time"]])
            if "merchant" in columns and _plain(row[columns["merchant"]]) != self.merchant_code:
                raise _BadLineError("merchant", "other_merchant")
        except IndexError:
            raise _BadLineError("", "columns") from None
        if _REF.fullmatch(ref) is None:
            fault = "rounded" if _ROUNDED.fullmatch(ref) else "ref"
            raise _BadLineError("ref", "formula" if ref[:1] in _FORMULA else fault)
        if fen == 0:
            raise _BadLineError("yuan", "zero")
        if fen > 0 > units:
            raise _BadLineError("points", "sign")
        self.other_month += self._names_other_month(row, date)
        kind = "sale" if fen > 0 else "refund"
        return ClaimLine(number, ref, kind, units if fen > 0 else -abs(units), fen, at, date)

    def _names_other_month(self, row: Sequence[str], date: int) -> bool:
        """Whether the line says it is of another month than its day; a cell that names none says nothing."""
        place = self.columns.get("month", len(row))
        said = _MONTH.fullmatch(_plain(row[place])) if place < len(row) else None
        return said is not None and int(said[1]) * 100 + int(said[2]) != date // 100

    def _time(self, cell: str) -> tuple[int, int]:
        text = _plain(cell)
        if _SERIAL.fullmatch(text):
            text = self._from_serial(text)
        match = _TIME.fullmatch(text)
        if match is None:
            raise _BadLineError("time", "formula" if text[:1] in _FORMULA else "time")
        year, month, day, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        try:
            at = datetime(year, month, day, hours, minutes, seconds, tzinfo=self.zone)
        except ValueError:
            raise _BadLineError("time", "time") from None
        return (at - _EPOCH) // _MICROSECOND, year * 10_000 + month * 100 + day

    def _hour(self, cell: str) -> Hour | None:
        """When a full hour begins: the same for every line in it, also where clocks change."""
        try:
            return self._time(cell) if _plain(cell) == cell else None
        except _BadLineError:
            return None

    def _from_serial(self, text: str) -> str:
        """The number Excel keeps for a date where the cell has lost its look: days since the end of 1899."""
        if self.counts_from_1904:
            raise _BadLineError("time", "serial")
        seconds = (Decimal(text) * 86_400).quantize(Decimal(1), ROUND_HALF_UP)
        moment = datetime(1899, 12, 30) + timedelta(seconds=int(seconds))  # noqa: DTZ001 - a wall clock's time
        return f"{moment:%Y-%m-%d %H:%M:%S}"


class _Lines:
    """Takes rows into what is found, in order, many at once where all of them are plain."""

    def __init__(self, found: ClaimFile, cells: _Cells) -> None:
        self._found = found
        self._cells = cells
        self._plain = cells.plain()
        self._total_seen = False

    def take(self, numbers: Sequence[int], rows: Sequence[Sequence[str]]) -> bool:
        """Take some rows; False where the list is too long to go on."""
        found, plain = self._found, None
        if self._plain and not self._total_seen and found.row_count + len(rows) <= MOST_ROWS:
            plain = self._plain.read(numbers, rows)
            if plain is None and len(rows) > _FEW:
                half = len(rows) // 2
                return self.take(numbers[:half], rows[:half]) and self.take(
                    numbers[half:], rows[half:]
                )
        if plain is None:
            return all(self._take_one(n, row) for n, row in zip(numbers, rows, strict=True))
        found.row_count += len(plain)
        found.lines.extend(plain)
        return True

    def _take_one(self, number: int, row: Sequence[str]) -> bool:
        found = self._found
        if not any(row):
            return True
        if _is_total(row):
            _read_total(row, found, self._cells, number)
            self._total_seen = True
            return True
        found.row_count += 1
        if found.row_count > MOST_ROWS:
            found.faults.append(Fault(number, "", "too_many"))
            return False
        try:
            line = self._cells.line(number, row)
        except _BadLineError as bad:
            if not self._total_seen:
                _add(found, Fault(number, bad.column, bad.fault))
            return True
        if self._total_seen:
            _add(found, Fault(number, "", "after_total"))
        else:
            found.lines.append(line)
        return True


def _read_rows(rows: Rows, found: ClaimFile, cells: _Cells) -> None:
    if not _find_head(rows, found, cells):
        return
    lines = _Lines(found, cells)
    for numbers, some in by_many(rows):
        if not lines.take(numbers, some):
            return


def _find_head(rows: Rows, found: ClaimFile, cells: _Cells) -> bool:
    """Find the row of headings; a file without any row is empty, one without headings unreadable."""
    seen_text = False
    for _, row in zip(range(_HEAD_ROWS), rows, strict=False):
        seen_text = seen_text or any(cell.strip() for cell in row)
        if cells.given is None:
            cells.columns = guess([heading(cell) for cell in row])
            if all(name in cells.columns for name in NEEDED):
                return True
        elif cells.given.is_row(row):
            cells.columns = dict(cells.given.columns)
            return True
    if seen_text:
        missing = [name for name in NEEDED if name not in cells.columns]
        found.faults.append(Fault(1, missing[0] if missing else "", "heading"))
    return False


def _is_total(row: Sequence[str]) -> bool:
    first = _plain(next((cell for cell in row if cell.strip(" `\t")), ""))
    return first.casefold().startswith(_form().totals)


def _read_total(row: Sequence[str], found: ClaimFile, cells: _Cells, line_no: int) -> None:
    try:
        for name, decimals in (("points", cells.precision), ("yuan", 2)):
            position = cells.columns[name]
            if position >= len(row) or not _plain(row[position]):
                continue
            value = _whole(row[position], decimals, name)
            if name == "points":
                found.stated_units = value
            else:
                found.stated_fen = value
    except _BadLineError as bad:
        _add(found, Fault(line_no, bad.column, bad.fault))


def _add(found: ClaimFile, fault: Fault) -> None:
    if len(found.faults) < MOST_FAULTS:
        found.faults.append(fault)


def _plain(cell: str) -> str:
    """A cell without what spreadsheets and payment channels put around it."""
    text = cell.strip().lstrip("`").strip()
    if text.startswith("="):
        wrapped = _WRAPPED.fullmatch(text)
        return wrapped[1].strip() if wrapped else text
    return text


def _whole(cell: str, decimals: int, column: str) -> int:
    """A number with at most `decimals` decimals, in its smallest unit."""
    text = _plain(cell).translate(_form().dropped)
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise _BadLineError(column, "formula" if text[:1] in _FORMULA else "number")
    sign, whole, part = match[1], match[2], match[3] or ""
    if part[decimals:].strip("0"):
        raise _BadLineError(column, "too_fine")
    value = int(whole + part[:decimals].ljust(decimals, "0"))
    return -value if sign else value
