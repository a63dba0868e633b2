"""The form a bank wants its batch payments in, kept as a template a bank, and the file written by it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import Field, TypeAdapter

from ledger.earning.calendar import day_from_key
from ledger.earning.scheme_values import Part, Text
from ledger.errors import Refusal
from ledger.units import yuan_text

_FILE: Final = Path(__file__).with_name("bank_templates.toml")
_FIXED: Final = "="
_LINE_ENDS: Final = ("\r", "\n", "\t", '"')
_VALUES: Final = frozenset(
    {f"payer_{part}" for part in ("account", "name", "bank")}
    | {"account_no", "holder", "bank_name", "amount", "reference", "purpose", "line_no"}
    | {"value_date", "count", "total", "batch_no"}
)
REFERENCE: Final = re.compile(r"JF\d{1,9}-\d{1,5}-\d{4}", re.ASCII)
"""What a payment's reference looks like wherever the bank prints it; see `reference_of`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted(Part):
    """One column: its heading and the value under it (see the file of templates)."""

    name: Text
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerForm(Part):
    """What the columns and the words of a bank's return file are called."""

    reference: Text
    account_no: Text
    amount: Text
    state: Text
    reason: Text
    fee: Text
    paid: tuple[Text, ...]
    failed: tuple[Text, ...]
    waiting: tuple[Text, ...]

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns a return file has to have; the reason and the fee may be left out."""
        return (self.reference, self.account_no, self.amount, self.state)


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementForm(Part):
    """What the columns of a bank's account statement are called."""

    debit: Text
    credit: Text
    account_no: Text
    memo: Text
    fee_words: tuple[Text, ...]

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns an account statement has to have."""
        return (self.debit, self.credit, self.account_no, self.memo)


@dataclass(frozen=True, slots=True, kw_only=True)
class BankForm(Part):
    """One bank's template."""

    code: Annotated[str, Field(strict=True, pattern=r"^[a-z0-9-]{2,20}$")]
    name: Text
    source: Text
    encoding: Literal["gb18030", "utf-8", "utf-8-sig"]
    separator: Annotated[str, Field(strict=True, min_length=1, max_length=1)]
    amount: Literal["yuan", "fen"]
    date: Text
    file_name: Text
    purpose: Text
    most_lines: Annotated[int, Field(strict=True, ge=1, le=20_000)]
    header: tuple[tuple[str, ...], ...]
    show_names: bool
    columns: tuple[Wanted, ...]
    trailer: tuple[tuple[str, ...], ...]
    answer: AnswerForm
    movement: MovementForm


@dataclass(frozen=True, slots=True, kw_only=True)
class _FormFile(Part):
    schema: Literal["bank-template/1"]
    bank: tuple[BankForm, ...]


class Payer(NamedTuple):
    """The community's own account, as a file that asks for it prints it."""

    account: str = ""
    name: str = ""
    bank: str = ""


class Transfer(NamedTuple):
    """One payment of a file: fen, where it goes, and the reference that comes back with the answer."""

    line_no: int
    account_no: str
    holder: str
    bank_name: str
    amount_fen: int
    reference: str
    purpose: str


class BankFile(NamedTuple):
    """A file for the bank: its name and its bytes; the same payments give the same bytes."""

    name: str
    body: bytes


def parse_forms(text: str) -> dict[str, BankForm]:
    """Templates by code from a file's text; ValueError (TOML's or pydantic's) where it is wrong."""
    forms = TypeAdapter(_FormFile).validate_python(tomllib.loads(text)).bank
    for form in forms:
        asked = {wanted.value for wanted in form.columns}
        asked |= {value for row in (*form.header, *form.trailer) for value in row}
        unknown = {v for v in asked if v and not v.startswith(_FIXED)} - _VALUES
        if unknown:
            raise ValueError(f"{form.code} asks for {', '.join(sorted(unknown))}")
        if {"account_no", "holder", "amount", "reference"} - asked:
            raise ValueError(f"{form.code} names no account, holder, amount or reference")
    return {form.code: form for form in forms}


def bank_forms(folder: Path | None = None) -> dict[str, BankForm]:
    """The templates that ship with the product, those of the operator's own `folder` before them.

    Refuses: bank_form_bad (a file in the folder that is no template).
    """
    found = parse_forms(_FILE.read_text(encoding="utf-8"))
    for path in sorted(folder.glob("*.toml")) if folder and folder.is_dir() else ():
        try:
            found |= parse_forms(path.read_text(encoding="utf-8"))
        except (ValueError, UnicodeDecodeError) as error:
            raise Refusal("bank_form_bad", file=path.name) from error
    return found


def reference_of(batch_no: int, line_no: int, payout_id: int) -> str:
    """A payment's name at the bank: short enough for a bank's purpose field, the same for the same attempt."""
    return f"JF{batch_no}-{line_no}-{payout_id % 10_000:04d}"


def write_bank_file(
    form: BankForm, transfers: Sequence[Transfer], payer: Payer, *, batch_no: int, value_date: int
) -> BankFile:
    """The file of a batch by the bank's template; value_date is yyyymmdd.

    Refuses: bank_file_long (more lines than the bank takes), bank_payer_missing (the template asks for the
    community's own account), bank_cell_bad (a name with a sign that would break the line).
    """
    if len(transfers) > form.most_lines:
        raise Refusal("bank_file_long", lines=len(transfers), most=form.most_lines)
    asked = {wanted.value for wanted in form.columns}
    if any(f"payer_{part}" in asked and not getattr(payer, part) for part in Payer._fields):
        raise Refusal("bank_payer_missing")
    day = day_from_key(value_date)
    whole = {
        "count": str(len(transfers)),
        "total": _amount(form, sum(one.amount_fen for one in transfers)),
        "batch_no": str(batch_no),
        "value_date": day.strftime(form.date),
        **{f"payer_{part}": str(getattr(payer, part)) for part in Payer._fields},
    }
    rows = [*_around(form.header, whole)]
    if form.show_names:
        rows.append([wanted.name for wanted in form.columns])
    for one in transfers:
        values = {**whole, **{name: str(value) for name, value in one._asdict().items()}}
        values["amount"] = _amount(form, one.amount_fen)
        rows.append([_cell(form, wanted, values, one.line_no) for wanted in form.columns])
    rows += _around(form.trailer, whole)
    text = "".join(form.separator.join(row) + "\r\n" for row in rows)
    return BankFile(_name(form, batch_no, day), text.encode(form.encoding))


def _name(form: BankForm, batch_no: int, day: date) -> str:
    return form.file_name.format(day=day.strftime("%Y%m%d"), batch_no=batch_no)


def _amount(form: BankForm, fen: int) -> str:
    return str(fen) if form.amount == "fen" else yuan_text(fen)


def _around(rows: tuple[tuple[str, ...], ...], whole: Mapping[str, str]) -> list[list[str]]:
    return [[_value(cell, whole) for cell in row] for row in rows]


def _value(wanted: str, values: Mapping[str, str]) -> str:
    if wanted.startswith(_FIXED):
        return wanted.removeprefix(_FIXED)
    return values[wanted] if wanted else ""


def _cell(form: BankForm, wanted: Wanted, values: Mapping[str, str], line_no: int) -> str:
    text = _value(wanted.value, values)
    # Few banks read quoted cells: what would end the cell early is refused, never written.
    if form.separator in text or any(sign in text for sign in _LINE_ENDS):
        raise Refusal("bank_cell_bad", line=line_no, column=wanted.name)
    return text
