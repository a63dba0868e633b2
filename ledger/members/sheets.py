"""A table somebody sent, CSV or XLSX, as rows of text; nothing in it is ever computed."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple

from python_calamine import CalamineError, CalamineWorkbook

from ledger.errors import Refusal
from ledger.members.files import check_size

MOST_ROWS: Final = 20_000
MOST_COLUMNS: Final = 40
LONGEST_CELL: Final = 300

_ZIP: Final = b"PK\x03\x04"
_MOST_UNPACKED: Final = 100 * 1024 * 1024
_MOST_PARTS: Final = 1_000
_FORMULA: Final = re.compile(rb"<f[ >/]")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class Line(NamedTuple):
    """One row below the headings; `number` counts as the person's own program shows it."""

    number: int
    cells: tuple[str, ...]


class Sheet(NamedTuple):
    """Headings and rows, every cell as trimmed text."""

    columns: tuple[str, ...]
    lines: tuple[Line, ...]


def read_sheet(raw: bytes) -> Sheet:
    """Read the bytes of a CSV (UTF-8 or GBK) or XLSX file.

    Refusals: file_empty, file_too_large, import_not_a_table, import_encoding, import_formula,
    import_rows, import_cell, import_column_twice.
    """
    check_size(raw)
    rows = _xlsx_rows(raw) if raw.startswith(_ZIP) else _csv_rows(raw)
    numbered = [Line(number, _checked(number, cells)) for number, cells in _bounded(rows)]
    filled = [line for line in numbered if any(line.cells)]
    if not filled:
        raise Refusal("file_empty")
    return Sheet(_columns(filled[0].cells), tuple(filled[1:]))


def workbook_rows(raw: bytes) -> list[list[str]]:
    """Every row of an XLSX file's first sheet as text, headings wherever they stand.

    Refusals: import_not_a_table, import_formula, import_rows.
    """
    return list(_xlsx_rows(raw))


def _bounded(rows: Iterable[list[str]]) -> Iterator[tuple[int, list[str]]]:
    for number, cells in enumerate(rows, 1):
        if number > MOST_ROWS + 1:
            raise Refusal("import_rows", limit=MOST_ROWS)
        yield number, cells


def _checked(number: int, cells: list[str]) -> tuple[str, ...]:
    trimmed = tuple(cell.strip() for cell in cells)
    if len(trimmed) > MOST_COLUMNS and any(trimmed[MOST_COLUMNS:]):
        raise Refusal("import_not_a_table")
    if any(len(cell) > LONGEST_CELL for cell in trimmed):
        raise Refusal("import_cell", row=number, limit=LONGEST_CELL)
    return trimmed[:MOST_COLUMNS]


def _columns(cells: tuple[str, ...]) -> tuple[str, ...]:
    names = list(cells)
    while names and not names[-1]:
        names.pop()
    for name in names:
        if names.count(name) > 1:
            raise Refusal("import_column_twice", column=name[:LONGEST_CELL])
    return tuple(names)


# --- CSV


def _csv_rows(raw: bytes) -> Iterator[list[str]]:
    text = _decoded(raw)
    if _UNPRINTABLE.search(text):
        raise Refusal("import_not_a_table")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise Refusal("import_not_a_table") from error


def _decoded(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Refusal("import_encoding")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refusal("import_encoding")


# --- XLSX


def _xlsx_rows(raw: bytes) -> Iterator[list[str]]:
    _check_parts(raw)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(raw)) as book:
            sheet = book.get_sheet_by_index(0)
            if sheet.total_height > MOST_ROWS + 1:
                raise Refusal("import_rows", limit=MOST_ROWS)
            rows = sheet.to_python(skip_empty_area=False)
    except CalamineError as error:
        raise Refusal("import_not_a_table") from error
    for cells in rows:
        yield [_text(cell) for cell in cells]


def _check_parts(raw: bytes) -> None:
    """Look into the packed file before anything unpacks it: its true size, and formulas in its sheets."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
            if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _MOST_UNPACKED:
                raise Refusal("import_rows", limit=MOST_ROWS)
            sheets = [part for part in parts if part.filename.startswith("xl/worksheets/")]
            if not sheets:
                raise Refusal("import_not_a_table")
            if any(_FORMULA.search(archive.read(part)) for part in sheets):
                raise Refusal("import_formula")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise Refusal("import_not_a_table") from error


def _text(cell: object) -> str:
    """A cell as a person would type it; a whole number loses the .0 that XLSX gives every number."""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, datetime):
        is_day = cell.time() == time(0)
        return cell.date().isoformat() if is_day else cell.isoformat(sep=" ")
    if isinstance(cell, date | time | timedelta):
        return str(cell)
    if isinstance(cell, int | str):
        return str(cell)
    text = repr(cell)
    return text.removesuffix(".0")
