"""A form as XLSX or CSV: the headings in the first row, so that it can be filled and come back as it is."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

import xlsxwriter

from kiosk.formbook.filled import Filled, cell
from ledger.earning.calendar import day_from_key
from settlement.sheet import Cell, Row

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV: Final = "text/csv; charset=utf-8"

_HUNDRED: Final = 100
_FORMATS: Final = {"yuan": "0.00", "points": "0.00", "count": "0", "date": "yyyy-mm-dd"}
_LEAST_WIDTH: Final = 8
_MOST_WIDTH: Final = 40
_LANDSCAPE_FROM: Final = 8
_A4: Final = 9


def to_csv(filled: Filled) -> bytes:
    """CSV as spreadsheets in China open it: UTF-8 with a byte order mark, lines end in CRLF."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([column.heading for column in filled.form.columns])
    writer.writerows([cell.text for cell in row] for row in _rows(filled))
    return out.getvalue().encode("utf-8-sig")


def to_xlsx(filled: Filled, *, made_on: int) -> bytes:
    """A workbook: what names something is text, money, points and counts can be added up, dates are dates.

    The sums are numbers and no formulas: what comes back is read, never computed. The same form gives the same bytes;
    `made_on` is the day it is made (yyyymmdd).
    """
    out = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(out, options)
    made = datetime.combine(day_from_key(made_on), datetime.min.time(), UTC).replace(tzinfo=None)
    book.set_properties({"title": filled.form.zh, "created": made})
    page = book.add_worksheet(filled.form.zh.replace("/", "")[:31])
    head = book.add_format({"bold": True, "text_wrap": True, "border": 1, "valign": "vcenter"})
    styles = {
        kind: book.add_format({"num_format": number, "border": 1})
        for kind, number in _FORMATS.items()
    }
    words = book.add_format({"num_format": "@", "border": 1, "text_wrap": True})
    columns = filled.form.columns
    for place, column in enumerate(columns):
        page.write_string(0, place, column.heading, head)
        width = max(_width(column.heading), *(_width(row[place].text) for row in filled.rows), 0)
        # A column is formatted as a whole, so that what people add below keeps its zeros and its decimals.
        page.set_column(
            place,
            place,
            min(max(width + 2, _LEAST_WIDTH), _MOST_WIDTH),
            book.add_format({"num_format": _FORMATS.get(column.kind, "@")}),
        )
    for number, row in enumerate(_rows(filled), 1):
        for place, one in enumerate(row):
            _write(page, number, place, one, styles.get(one.kind, words))
    page.freeze_panes(1, 0)
    page.repeat_rows(0)
    page.set_paper(_A4)
    if len(columns) >= _LANDSCAPE_FROM:
        page.set_landscape()
    page.fit_to_pages(1, 0)
    page.set_header(f"&C&14{filled.form.zh}  {filled.about}")
    book.close()
    return out.getvalue()


def _rows(filled: Filled) -> list[Row]:
    if filled.nothing:
        return [
            (cell("text", filled.nothing), *(cell("text", None) for _ in filled.form.columns[1:]))
        ]
    return [*filled.rows, *([filled.sums] if filled.sums else [])]


def _write(
    page: xlsxwriter.worksheet.Worksheet, row: int, place: int, one: Cell, style: object
) -> None:
    if one.value is None:
        page.write_blank(row, place, None, style)
    elif one.kind == "date" and isinstance(one.value, int):
        page.write_datetime(row, place, day_from_key(one.value), style)
    elif one.is_number and isinstance(one.value, int):
        hundredths = one.kind in {"yuan", "points"}
        page.write_number(
            row, place, Decimal(one.value) / _HUNDRED if hundredths else one.value, style
        )
    else:
        page.write_string(row, place, one.text, style)


def _width(text: str) -> int:
    """How wide a text is in a column, a Chinese character counting two."""
    return sum(1 + (not sign.isascii()) for sign in text)
