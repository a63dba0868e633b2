"""A claim file as rows of text: CSV in any usual letters, or the first sheet of an Excel workbook as Excel shows it."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple, Protocol

from python_calamine import CalamineError, CalamineWorkbook

ZIP: Final = b"PK\x03\x04"
MOST_BOOK_ROWS: Final = 200_000
"""Rows of a workbook: it is held in memory as a whole; a longer list comes as CSV."""

FORMULA: Final = "="
"""Stands for a cell that Excel works out itself, outside the line of sums."""

_MOST_UNPACKED: Final = 400 * 1024 * 1024
_MOST_PARTS: Final = 1_000
_SHOWN_DIGITS: Final = 10**15
"""From here on Excel no longer knows the digits of a number."""
_FORMULA_CELL: Final = re.compile(rb'<c\b[^>]*\br="([A-Z]{1,3})(\d{1,7})"[^>]*>\s*<f[ >/]')
_SHEET: Final = re.compile(rb'<(?:\w+:)?sheet\b[^>]*\br:id="([^"]+)"')
_RELATION: Final = re.compile(rb"<Relationship\b[^>]*>")
_ATTRIBUTE: Final = re.compile(rb'\b(Id|Target)="([^"]+)"')
_BROKEN: Final = (
    CalamineError,
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    EOFError,
    KeyError,
)
_FROM_1904: Final = re.compile(rb'\bdate1904="(?:1|true)"')


class Rows(Protocol):
    """Rows of text, and the line of the file the last one ended on."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...  # noqa: D105
    def __next__(self) -> list[str]: ...  # noqa: D105


class Opened(NamedTuple):
    """A file's rows. `counts_from_1904`: whether a bare number in a date's place counts from that year."""

    rows: Rows
    encoding: str
    counts_from_1904: bool = False


class UnreadableError(Exception):
    """A file without rows; `fault` is the word for why."""

    def __init__(self, fault: str) -> None:
        """Keep `fault`."""
        super().__init__(fault)
        self.fault = fault


def open_rows(body: bytes, is_total: Callable[[Sequence[str]], bool]) -> Opened:
    """The rows of a file, unread. Raises UnreadableError (`encoding`, `workbook`, `too_many`)."""
    return _open_book(body, is_total) if body.startswith(ZIP) else _open_csv(body)


def _open_csv(body: bytes) -> Opened:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        head = text[:2000]
        delimiter = max(",", "\t", ";", key=head.count)
        return Opened(csv.reader(io.StringIO(text), delimiter=delimiter), encoding)
    raise UnreadableError("encoding")


class _BookRows:
    """A sheet's rows as Excel shows them."""

    def __init__(
        self,
        rows: Iterable[Sequence[object]],
        formulas: dict[int, set[int]],
        is_total: Callable[[Sequence[str]], bool],
    ) -> None:
        self.line_num = 0
        self._rows = iter(rows)
        self._formulas = formulas
        self._is_total = is_total

    def __iter__(self) -> Iterator[list[str]]:
        return self

    def __next__(self) -> list[str]:
        cells = [_text(cell) for cell in next(self._rows)]
        self.line_num += 1
        worked_out = self._formulas.get(self.line_num)
        if worked_out and not self._is_total(cells):
            cells = [FORMULA if n in worked_out else cell for n, cell in enumerate(cells)]
        return cells


def _open_book(body: bytes, is_total: Callable[[Sequence[str]], bool]) -> Opened:
    try:
        formulas, from_1904 = _look_inside(body)
        with CalamineWorkbook.from_filelike(io.BytesIO(body)) as book:
            sheet = book.get_sheet_by_index(0)
            if sheet.total_height > MOST_BOOK_ROWS:
                raise UnreadableError("too_many")
            rows = sheet.to_python(skip_empty_area=False)
    except _BROKEN as bad:
        raise UnreadableError("workbook") from bad
    return Opened(_BookRows(rows, formulas, is_total), "xlsx", from_1904)


def _look_inside(body: bytes) -> tuple[dict[int, set[int]], bool]:
    """Which cells of the first sheet are worked out, by row, and from which year dates count."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        parts = archive.infolist()
        if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _MOST_UNPACKED:
            raise UnreadableError("too_many")
        book = archive.read("xl/workbook.xml")
        sheet = archive.read(_first_sheet(archive, book))
    formulas: dict[int, set[int]] = {}
    for letters, number in _FORMULA_CELL.findall(sheet):
        formulas.setdefault(int(number), set()).add(_column(letters))
    return formulas, _FROM_1904.search(book) is not None


def _first_sheet(archive: zipfile.ZipFile, book: bytes) -> str:
    first = _SHEET.search(book)
    for found in _RELATION.findall(archive.read("xl/_rels/workbook.xml.rels")):
        named = dict(_ATTRIBUTE.findall(found))
        if first is not None and named.get(b"Id") == first[1]:
            target = named[b"Target"].decode()
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    raise KeyError("sheet")


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1


def _text(cell: object) -> str:
    """A cell as Excel shows it: fifteen digits, whole numbers without a point, dates with all their parts."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(cell, date | time | timedelta) or not isinstance(cell, int | float):
        return str(cell)
    if abs(cell) >= _SHOWN_DIGITS:
        return f"{cell:.5E}"
    shown = f"{cell:.15g}"
    return shown if "e" not in shown else f"{cell:.10f}".rstrip("0").rstrip(".")
