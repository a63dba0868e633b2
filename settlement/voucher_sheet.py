"""Vouchers as the workbooks bookkeeping programs import: a template a program, kept as data."""

from __future__ import annotations

import io
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple

import xlsxwriter
from pydantic import Field, TypeAdapter

from ledger.earning.calendar import day_from_key
from ledger.earning.scheme_values import Part, Text

_FILE: Final = Path(__file__).with_name("voucher_templates.toml")
_FIXED: Final = "="
_HUNDRED: Final = 100
_MONEY: Final = frozenset({"debit", "credit", "amount"})
_COUNTS: Final = frozenset({"year", "period", "number", "attachments", "line_no", "entry_no"})
_VALUES: Final = _MONEY | _COUNTS | {"date", "word", "text", "code", "account", "preparer", ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading(Part):
    """One column: its heading and what stands under it."""

    name: Text
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Program(Part):
    """One bookkeeping program's form."""

    code: Annotated[str, Field(strict=True, pattern=r"^[a-z0-9]{1,12}$")]
    name: Text
    sources: tuple[Text, ...]
    sheet: Text
    date: Text
    columns: tuple[Heading, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _ProgramFile(Part):
    schema: Literal["voucher-template/1"]
    program: tuple[Program, ...]


class EntryLine(NamedTuple):
    """One line of a voucher: the program's account code, our name of it, fen on exactly one side."""

    code: str
    account: str
    text: str
    debit_fen: int
    credit_fen: int


class Voucher(NamedTuple):
    """One voucher: a business date (yyyymmdd), its number in the month, how many papers belong to it, its lines."""

    day: int
    number: int
    attachments: int
    lines: tuple[EntryLine, ...]


@cache
def programs() -> dict[str, Program]:
    """The programs there is a form for, by code."""
    read = TypeAdapter(_ProgramFile).validate_python(
        tomllib.loads(_FILE.read_text(encoding="utf-8"))
    )
    for program in read.program:
        for column in program.columns:
            if not column.value.startswith(_FIXED) and column.value not in _VALUES:
                raise ValueError(f"{program.code} asks for {column.value}")
    return {program.code: program for program in read.program}


def voucher_workbook(
    program: Program, vouchers: Sequence[Voucher], *, word: str, preparer: str
) -> bytes:
    """The vouchers as a workbook; the same vouchers give the same bytes. `word`: the kind of voucher."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"created": datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)})
    page = book.add_worksheet(program.sheet)
    money = book.add_format({"num_format": "0.00"})
    plain = book.add_format({"num_format": "@"})
    for place, column in enumerate(program.columns):
        page.write_string(0, place, column.name, plain)
    row = 0
    for voucher in vouchers:
        for line_no, line in enumerate(voucher.lines, 1):
            row += 1
            values = _values(program, voucher, line, line_no) | {"word": word, "preparer": preparer}
            for place, column in enumerate(program.columns):
                value = values.get(column.value, column.value.removeprefix(_FIXED))
                if column.value in _MONEY:
                    page.write_number(row, place, Decimal(value) / _HUNDRED, money)
                elif column.value in _COUNTS or (
                    str(value).isdigit() and column.value not in values
                ):
                    page.write_number(row, place, int(value))
                else:
                    page.write_string(row, place, str(value), plain)
    book.close()
    return out.getvalue()


def _values(program: Program, voucher: Voucher, line: EntryLine, line_no: int) -> dict[str, Any]:
    day = day_from_key(voucher.day)
    return {
        "date": day.strftime(program.date),
        "year": day.year,
        "period": day.month,
        "number": voucher.number,
        "attachments": voucher.attachments,
        "text": line.text,
        "code": line.code,
        "account": line.account,
        "debit": line.debit_fen,
        "credit": line.credit_fen,
        "amount": line.debit_fen + line.credit_fen,
        "line_no": line_no,
        "entry_no": line_no - 1,
        "": "",
    }
