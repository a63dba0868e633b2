"""A filled form that comes back from a spreadsheet: every cell read exactly, or named with what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Final, NamedTuple

from kiosk.formbook.filled import Filled, Value, fill
from kiosk.formbook.registry import Column, Form, nothing_word, sum_word
from ledger.earning.calendar import day_key
from ledger.errors import Refusal
from ledger.members.import_rows import Fault
from ledger.members.sheets import Line, read_sheet
from ledger.units import MOST_FEN

_FORMULA_STARTS: Final = ("=", "+", "-", "@")
_QUOTED: Final = tuple(f"'{sign}" for sign in (*_FORMULA_STARTS, "\t", "\r"))
_NUMBER: Final = re.compile(r"(-?)(\d{1,12})(?:\.(\d{1,10}))?", re.ASCII)
_DAY: Final = re.compile(r"(\d{4})[-/.\u5e74](\d{1,2})[-/.\u6708](\d{1,2})\u65e5?", re.ASCII)
_NUMBERS: Final = {"count": 0, "points": 2, "yuan": 2}


class Read(NamedTuple):
    """A form as it came back: its cells in full, and every cell that is wrong (then no cells)."""

    filled: Filled
    faults: tuple[Fault, ...]


def read_form(form: Form, raw: bytes) -> Read:
    """Read an XLSX or CSV file of this form. A row of sums must say what the rows above it add up to.

    Refuses what `read_sheet` refuses, import_columns, import_column_unknown, file_empty.
    """
    sheet = read_sheet(raw)
    places = _places(form, sheet.columns)
    rows: list[list[Value]] = []
    faults: list[Fault] = []
    stated: Line | None = None
    for line in sheet.lines:
        if not any(line.cells) or _says_nothing(line):
            continue
        if line.cells[0] == sum_word() and line is sheet.lines[-1]:
            stated = line
            continue
        cells: list[Value] = []
        for column in form.columns:
            try:
                cells.append(_value(column, line.cells[places[column.heading]]))
            except Refusal as refusal:
                faults.append(Fault(line.number, column.heading, refusal.code, refusal.facts))
        rows.append(cells)
    if not rows:
        raise Refusal("file_empty")
    if faults:
        return Read(Filled(form, ()), tuple(faults))
    filled = fill(form, rows, in_full=True)
    return Read(filled, tuple(_wrong_sums(filled, stated, places)))


def _says_nothing(line: Line) -> bool:
    """The line that our own files have where the book has no rows."""
    known = {nothing_word(), nothing_word("ever")}
    return line.cells[0] in known and not any(line.cells[1:])


def _places(form: Form, headings: tuple[str, ...]) -> Mapping[str, int]:
    known = {column.heading for column in form.columns}
    for heading in headings:
        if heading not in known:
            raise Refusal("import_column_unknown", column=heading)
    for column in form.columns:
        if column.heading not in headings:
            raise Refusal("import_columns", column=column.heading)
    return {heading: place for place, heading in enumerate(headings)}


def _wrong_sums(filled: Filled, stated: Line | None, places: Mapping[str, int]) -> list[Fault]:
    faults: list[Fault] = []
    for column, counted in zip(filled.form.columns, filled.sums or (), strict=False):
        if stated is None or not column.is_summed:
            continue
        try:
            said = _value(column._replace(is_needed=False), stated.cells[places[column.heading]])
        except Refusal as refusal:
            faults.append(Fault(stated.number, column.heading, refusal.code, refusal.facts))
            continue
        if said is not None and said != counted.value:
            facts = {"counted": counted.text}
            faults.append(Fault(stated.number, column.heading, "form_sum_wrong", facts))
    return faults


def _value(column: Column, cell: str) -> Value:
    if not cell:
        if column.is_needed:
            raise Refusal("import_missing")
        return None
    if column.kind in _NUMBERS:
        return _number(cell, _NUMBERS[column.kind])
    if column.kind == "date":
        return _day(cell)
    # The apostrophe that our own files put before what a spreadsheet could take for a formula.
    if cell.startswith(_QUOTED):
        return cell[1:]
    if cell.startswith(("=", "@")):
        raise Refusal("import_formula")
    return cell


def _number(cell: str, decimals: int) -> int:
    match = _NUMBER.fullmatch(cell.replace(",", ""))
    if match is None:
        raise Refusal("import_number")
    rest = (match[3] or "").rstrip("0")
    if len(rest) > decimals:
        raise Refusal("import_number")
    value = int(match[2] + rest.ljust(decimals, "0"))
    if value > MOST_FEN:
        raise Refusal("import_number")
    return -value if match[1] else value


def _day(cell: str) -> int:
    match = _DAY.fullmatch(cell)
    try:
        if match is not None:
            return day_key(date(int(match[1]), int(match[2]), int(match[3])))
    except ValueError:
        pass
    raise Refusal("import_day")
