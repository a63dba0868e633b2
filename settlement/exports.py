"""A sheet as CSV, XLSX, PDF and JSON: four files, the same cells."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any, Final

import typst
import xlsxwriter

from settlement.sheet import Block, Cell, Sheet

FORMATS: Final = ("csv", "xlsx", "pdf", "json")
MEDIA_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "json": "application/json",
}

_HUNDRED: Final = 100
_FONT: Final = "Noto Sans CJK SC"
_FONT_PACKAGE: Final = "manimgx_fonts_cjk"
_PRINTS: Final = Path(__file__).parent / "prints"
_ONE_AT_A_TIME: Final = Lock()
_WIDTHS: Final = {"text": 16, "id": 24, "yuan": 12, "points": 12, "count": 8, "date": 12}


def export(sheet: Sheet, file_format: str) -> bytes:
    """The sheet as one of FORMATS; the same sheet gives the same bytes. KeyError for another."""
    writers: dict[str, Callable[[Sheet], bytes]] = {
        "csv": to_csv,
        "xlsx": to_xlsx,
        "pdf": to_pdf,
        "json": to_json,
    }
    return writers[file_format](sheet)


def to_csv(sheet: Sheet) -> bytes:
    """CSV as spreadsheets in China open it: UTF-8 with a byte order mark, lines end in CRLF."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([cell.text for cell in row] for row in sheet.grid())
    return out.getvalue().encode("utf-8-sig")


def to_json(sheet: Sheet) -> bytes:
    """JSON for programs: each cell with its kind, its exact value and the text people see."""
    blocks = [
        {
            "heading": block.heading,
            "shape": block.shape,
            "header": [cell.text for cell in block.header],
            "rows": [[_json_cell(cell) for cell in row] for row in block.rows],
        }
        for block in sheet.blocks
    ]
    document: dict[str, Any] = {
        "title": sheet.title,
        "made_on": sheet.made_on,
        "blocks": blocks,
    }
    if sheet.proof is not None:
        proof = sheet.proof._asdict()
        document["proof"] = {name: proof[name] for name in ("heading", "words", "text")}
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _json_cell(cell: Cell) -> dict[str, Any]:
    unit = {"yuan": "fen", "points": "units"}.get(cell.kind, "value")
    return {"kind": cell.kind, unit: cell.value, "text": cell.text}


def to_xlsx(sheet: Sheet) -> bytes:
    """A workbook: numbers that name something are text, money and points can be added up."""
    out = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(out, options)
    day = sheet.made_on
    made = datetime(day // 10_000, day // 100 % 100, day % 100, tzinfo=UTC).replace(tzinfo=None)
    book.set_properties({"title": sheet.title, "created": made})
    page = book.add_worksheet()
    styles = {
        "yuan": book.add_format({"num_format": "0.00"}),
        "points": book.add_format({"num_format": "0.00"}),
        "count": book.add_format({"num_format": "0"}),
        "text": book.add_format({"num_format": "@"}),
    }
    widths: dict[int, int] = {}
    for row_no, row in enumerate(sheet.grid()):
        for column, cell in enumerate(row):
            widths[column] = max(widths.get(column, 10), _WIDTHS[cell.kind])
            if cell.is_number and isinstance(cell.value, int):
                hundredths = cell.kind in {"yuan", "points"}
                value = Decimal(cell.value) / _HUNDRED if hundredths else cell.value
                page.write_number(row_no, column, value, styles[cell.kind])
            else:
                page.write_string(row_no, column, cell.text, styles["text"])
    for column, width in widths.items():
        page.set_column(column, column, width)
    _draw(book, page, sheet, beside=max(widths, default=0) + 1)
    book.close()
    return out.getvalue()


def _draw(
    book: xlsxwriter.Workbook, page: xlsxwriter.worksheet.Worksheet, sheet: Sheet, *, beside: int
) -> None:
    """Charts to the right of the cells they are drawn from, each at the height of its table."""
    name, row_no = page.get_name(), 1
    for block in sheet.blocks:
        first = row_no + 2 + bool(block.header)  # an empty row, the heading, the header
        last = first + len(block.rows) - 1
        if block.chart:
            chart = book.add_chart({"type": "column"})
            for column in block.chart:
                chart.add_series(
                    {
                        "name": [name, first - 1, column],
                        "categories": [name, first, 0, last, 0],
                        "values": [name, first, column, last, column],
                    }
                )
            chart.set_title({"name": block.heading})
            page.insert_chart(first - 1, beside, chart)
        row_no = last + 1


def to_pdf(sheet: Sheet) -> bytes:
    """A4 pages, Chinese type embedded, from `prints/statement.typ`."""
    data = {
        "title": sheet.title,
        "year": sheet.made_on // 10_000,
        "month": sheet.made_on // 100 % 100,
        "day": sheet.made_on % 100,
        "font": _FONT,
        "wide": any(len(block.header) > _NARROW for block in sheet.blocks),
        "blocks": [
            {
                "heading": block.heading,
                "shape": block.shape,
                "header": [cell.text for cell in block.header],
                "numbers": _number_columns(block.rows),
                "widths": _widths((block.header, *block.rows)),
                "rows": [[cell.text for cell in row] for row in block.rows],
                "bars": _bars(block),
                "columns": [block.header[column].text for column in block.chart],
            }
            for block in sheet.blocks
        ],
        "proof": None if sheet.proof is None else sheet.proof._asdict(),
    }
    inputs = {"data": json.dumps(data, ensure_ascii=False)}
    with _ONE_AT_A_TIME:
        pdf = _compiler("statement.typ").compile(format="pdf", sys_inputs=inputs)
    if not isinstance(pdf, bytes):
        raise TypeError("the template gave no single document")
    return pdf


def _bars(block: Block) -> list[dict[str, Any]]:
    """What a chart draws: for each row its name, and for each charted column a text and its length in thousandths."""
    values = [abs(_number(row[column])) for row in block.rows for column in block.chart]
    longest = max([1, *values])
    return [
        {
            "name": row[0].text,
            "bars": [
                {
                    "text": row[column].text,
                    "length": abs(_number(row[column])) * 1000 // longest,
                }
                for column in block.chart
            ],
        }
        for row in block.rows
        if block.chart
    ]


def _number(cell: Cell) -> int:
    return cell.value if isinstance(cell.value, int) else 0


_NARROW: Final = 10
"""A table with more columns than this needs the page lying on its side."""

_LEAST_WIDTH: Final = 5
_MOST_WIDTH: Final = 26


def _widths(rows: tuple[tuple[Cell, ...], ...]) -> list[int]:
    """How wide each column wants to be: its longest text, a Chinese character counting two."""
    columns = max((len(row) for row in rows), default=0)
    wanted = [
        max(
            (sum(1 + (not c.isascii()) for c in row[n].text) for row in rows if len(row) > n),
            default=0,
        )
        for n in range(columns)
    ]
    return [min(max(width, _LEAST_WIDTH), _MOST_WIDTH) for width in wanted]


_NUMBERS: Final = frozenset({"yuan", "points", "count"})


def _number_columns(rows: tuple[tuple[Cell, ...], ...]) -> list[bool]:
    width = max((len(row) for row in rows), default=0)
    return [
        any(len(row) > column and row[column].kind in _NUMBERS for row in rows)
        for column in range(width)
    ]


@lru_cache
def _compiler(template: str) -> typst.Compiler:
    package = find_spec(_FONT_PACKAGE)
    folders = list(package.submodule_search_locations or ()) if package else []
    # Without the package the system's fonts must do; with it, none of them may change the page.
    return typst.Compiler(
        str(_PRINTS / template),
        root=str(_PRINTS),
        font_paths=folders,
        ignore_system_fonts=bool(folders),
    )
