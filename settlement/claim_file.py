"""Reads a shop's claim file: any usual encoding, quoting and number style, every bad line named."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from settlement.claim_headings import NEEDED, Head, guess, heading
from settlement.claim_rows import Rows, UnreadableError, open_rows
from settlement.daybook import ClaimLine

MOST_BYTES: Final = 100 * 1024 * 1024
MOST_ROWS: Final = 1_000_000
MOST_FAULTS: Final = 1_000
"""Bad lines named in the answer; a file with more is bad from end to end."""

_FORM: Final = Path(__file__).parent / "forms" / "claim_file.toml"
_HEAD_ROWS: Final = 20
_REF: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z_./-]{1,39}")
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
_HOUR_CHARACTERS: Final = 13
_FULL_TIME: Final = 19
_MOST_DIGITS: Final = 30
_SECONDS: Final = {
    f":{minute:02d}:{second:02d}": (minute * 60 + second) * 1_000_000
    for minute in range(60)
    for second in range(60)
}


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
        return self.stated_units in {None, self.counted_units} and self.stated_fen in {
            None,
            self.counted_fen,
        }


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
        self._hours: dict[str, tuple[int, int, str]] = {}

    def quick_reader(self) -> Callable[[int, Sequence[str]], ClaimLine | None]:
        """A reader for the plainest style, as most lines of most files are; None for any other.

        Everything it looks up is bound once: it runs a million times for the largest file.
        """
        columns, hours, code = self.columns, self._hours, self.merchant_code
        i_ref, i_time = columns["ref"], columns["time"]
        i_yuan, i_points = columns["yuan"], columns["points"]
        i_merchant, i_month = columns.get("merchant", -1), columns.get("month", -1)
        least, is_ref, seconds_of = max(columns.values()) + 1, _REF.fullmatch, _SECONDS.get
        two_decimals = self.precision == 2  # noqa: PLR2004 - the usual 10.00

        def quick(number: int, row: Sequence[str]) -> ClaimLine | None:
            if len(row) < least or (i_merchant >= 0 and row[i_merchant] != code):
                return None
            time, yuan, points = row[i_time], row[i_yuan], row[i_points]
            hour, rest = hours.get(time[:_HOUR_CHARACTERS]), seconds_of(time[_HOUR_CHARACTERS:])
            if hour is None or rest is None or yuan[-3:-2] != "." or points[-3:-2] != ".":
                return None
            if i_month >= 0 and row[i_month] != hour[2]:
                return None
            fen, units = yuan[:-3] + yuan[-2:], points[:-3] + points[-2:]
            digits = fen + units
            if not (digits.isdecimal() and digits.isascii() and len(digits) < _MOST_DIGITS):
                return None
            whole, ref = int(fen), row[i_ref]
            if not whole or not two_decimals or is_ref(ref) is None:
                return None
            return ClaimLine(number, ref, "sale", int(units), whole, hour[0] + rest, hour[1])

        return quick

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
        us = (at - _EPOCH) // _MICROSECOND
        date = year * 10_000 + month * 100 + day
        if len(text) == _FULL_TIME:
            # Whole hours are the same for every line in them, also where clocks change.
            hour_us = us - (minutes * 60 + seconds) * 1_000_000
            self._hours[text[:_HOUR_CHARACTERS]] = (hour_us, date, str(date // 100))
        return us, date

    def _from_serial(self, text: str) -> str:
        """The number Excel keeps for a date where the cell has lost its look: days since the end of 1899."""
        if self.counts_from_1904:
            raise _BadLineError("time", "serial")
        seconds = (Decimal(text) * 86_400).quantize(Decimal(1), ROUND_HALF_UP)
        moment = datetime(1899, 12, 30) + timedelta(seconds=int(seconds))  # noqa: DTZ001 - a wall clock's time
        return f"{moment:%Y-%m-%d %H:%M:%S}"


def _read_rows(rows: Rows, found: ClaimFile, cells: _Cells) -> None:
    if not _find_head(rows, found, cells):
        return
    total_seen, quick, lines = False, cells.quick_reader(), found.lines
    for row in rows:
        line_of = rows.line_num
        line = None if total_seen else quick(line_of, row)
        if line is not None and found.row_count < MOST_ROWS:
            found.row_count += 1
            lines.append(line)
            continue
        if not any(row):
            continue
        if _is_total(row):
            _read_total(row, found, cells, line_of)
            total_seen = True
            continue
        found.row_count += 1
        if found.row_count > MOST_ROWS:
            found.faults.append(Fault(line_of, "", "too_many"))
            return
        try:
            line = cells.line(line_of, row)
        except _BadLineError as bad:
            if not total_seen:
                _add(found, Fault(line_of, bad.column, bad.fault))
            continue
        if total_seen:
            _add(found, Fault(line_of, "", "after_total"))
            continue
        found.lines.append(line)


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
