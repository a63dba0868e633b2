"""Which columns each kind of table has, and what each cell must be: text in, values or faults out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any, Final

from ledger.earning.calendar import day_key
from ledger.errors import Refusal
from ledger.members import agreements
from ledger.members.agreements import PROOFS, ROLES, Agreement
from ledger.members.sheets import Line
from ledger.members.words import check_code, check_phone, check_text
from ledger.units import MOST_FEN

_SEPARATORS: Final = re.compile(r"[\s,;/+|\u3001\uff0c\uff1b]+")
_FORMULA_STARTS: Final = ("=", "@")
_YEAR: Final = re.compile(r"(?:19|20)\d\d", re.ASCII)
_AMOUNT: Final = re.compile(r"\d{1,9}(?:\.\d{1,4})?", re.ASCII)
_DAY: Final = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", re.ASCII)
_HUNDRED: Final = 100

Words = Mapping[str, str]
"""What people write to what we call it: headings to columns, 'earn' and 'bill' in their language."""

Reader = Callable[[str, Words], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: how its cells are read, and whether it may be left out or empty."""

    read: Reader
    needed: bool = True


@dataclass(frozen=True, slots=True)
class Fault:
    """One cell that is wrong, named so that a person finds it: row, column and reason."""

    row: int
    column: str
    code: str
    facts: Mapping[str, int | str | None]

    @property
    def refusal(self) -> Refusal:
        """The reason as a refusal, whose sentence the table of refusals has."""
        return Refusal(self.code, **self.facts)


@dataclass(frozen=True, slots=True)
class Row:
    """One row that can be taken: its number and its values by column."""

    number: int
    values: Mapping[str, Any]


def read_row(kind: str, columns: tuple[str, ...], line: Line, words: Words) -> Row | list[Fault]:
    """A row's values, or everything that is wrong with it."""
    return cells_of(KINDS[kind], columns, line, words)


def cells_of(
    table: Mapping[str, Column], columns: tuple[str, ...], line: Line, words: Words
) -> Row | list[Fault]:
    """A row of any table whose columns are described, or everything that is wrong with it."""
    cells = dict(zip(columns, line.cells, strict=False))
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, column in table.items():
        cell = cells.get(name, "")
        try:
            values[name] = _value(column, cell, words)
        except Refusal as refusal:
            faults.append(Fault(line.number, name, refusal.code, refusal.facts))
    return faults or Row(line.number, MappingProxyType(values))


def columns_of(kind: str, headings: tuple[str, ...], words: Words) -> tuple[str, ...]:
    """The headings as our columns' names.

    Refusals: import_column_unknown, import_column_twice, import_columns.
    """
    return names_of(KINDS[kind], headings, words)


def names_of(
    table: Mapping[str, Column], headings: tuple[str, ...], words: Words
) -> tuple[str, ...]:
    """The same for any table whose columns are described.

    Refusals: import_column_unknown, import_column_twice, import_columns.
    """
    names = tuple(words.get(heading, heading) for heading in headings)
    for heading, name in zip(headings, names, strict=True):
        if name not in table:
            raise Refusal("import_column_unknown", column=heading)
        if names.count(name) > 1:
            raise Refusal("import_column_twice", column=heading)
    shown = {name: heading for heading, name in words.items()}
    for name, column in table.items():
        if column.needed and name not in names:
            raise Refusal("import_columns", column=shown.get(name, name))
    return names


def _value(column: Column, cell: str, words: Words) -> Any:  # noqa: ANN401 - each column has a type of its own
    if not cell:
        if column.needed:
            raise Refusal("import_missing")
        return None
    if cell.startswith(_FORMULA_STARTS):
        raise Refusal("import_formula")
    return column.read(cell, words)


# --- how each kind of cell is read


def _name(cell: str, _words: Words) -> str:
    return check_text(cell)


def read_household_code(cell: str, _words: Words) -> str:
    """A household's code; refuses code_bad."""
    return check_code(cell.upper(), least=1, most=20)


def read_merchant_code(cell: str, _words: Words) -> str:
    """A shop's code; refuses code_bad."""
    return check_code(cell.upper(), least=2, most=6)


def _phone(cell: str, _words: Words) -> str:
    return check_phone(cell)


def _birth_year(cell: str, _words: Words) -> int:
    if not _YEAR.fullmatch(cell):
        raise Refusal("import_year")
    return int(cell)


def read_day(cell: str, _words: Words) -> int:
    """A day as yyyymmdd; refuses import_day."""
    match = _DAY.fullmatch(cell)
    try:
        if match is not None:
            return day_key(date(int(match[1]), int(match[2]), int(match[3])))
    except ValueError:
        pass
    raise Refusal("import_day")


def _roles(cell: str, words: Words) -> frozenset[str]:
    named = frozenset(words.get(word, word.lower()) for word in _SEPARATORS.split(cell) if word)
    if not named or not named <= set(ROLES):
        raise Refusal("import_word", allowed=", ".join(ROLES))
    return named


def _proof(cell: str, words: Words) -> str:
    word = words.get(cell, cell.lower())
    if word not in PROOFS:
        raise Refusal("import_word", allowed=", ".join(PROOFS))
    return word


def _days(cell: str, _words: Words) -> int:
    if not (cell.isascii() and cell.isdigit()) or int(cell) > agreements.MOST_PROOF_DAYS:
        raise Refusal("import_number")
    return int(cell)


def read_code(cell: str, form: re.Pattern[str]) -> str:
    """A number or word of somebody else's that must have a form; refuses import_form."""
    if not form.fullmatch(cell):
        raise Refusal("import_form")
    return cell


def read_fen(cell: str, _words: Words) -> int:
    """Yuan with at most two decimals, in fen; refuses import_number."""
    return _hundredths(cell)


def _units(cell: str, _words: Words) -> int:
    units = _hundredths(cell)
    if units == 0:
        raise Refusal("import_number")
    return units


def _hundredths(cell: str) -> int:
    """`12.80` as 1,280: exactly, or not at all."""
    if not _AMOUNT.fullmatch(cell):
        raise Refusal("import_number")
    try:
        exact = Decimal(cell) * _HUNDRED
    except InvalidOperation as error:
        raise Refusal("import_number") from error
    if exact != int(exact) or exact > MOST_FEN:
        raise Refusal("import_number")
    return int(exact)


KINDS: Final[Mapping[str, Mapping[str, Column]]] = {
    "households": {
        "household_code": Column(read_household_code),
        "building": Column(_name),
        "unit": Column(_name),
    },
    "residents": {
        "household_code": Column(read_household_code),
        "name": Column(_name),
        "phone": Column(_phone, needed=False),
        "birth_year": Column(_birth_year, needed=False),
        "consent_on": Column(read_day, needed=False),
    },
    "merchants": {
        "merchant_code": Column(read_merchant_code),
        "name": Column(_name),
        "category": Column(_name),
        "agreement_no": Column(_name),
        "effective_from": Column(read_day),
        "effective_to": Column(read_day, needed=False),
        "roles": Column(_roles),
        "proof": Column(_proof),
        "proof_days": Column(_days, needed=False),
        "allowance_day_yuan": Column(read_fen, needed=False),
    },
    "balances": {
        "household_code": Column(read_household_code),
        "points": Column(_units),
    },
}
"""Kind of table to its columns."""

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "households": ("household_code",),
    "residents": ("household_code", "name", "birth_year"),
    "merchants": ("merchant_code",),
    "balances": ("household_code",),
}
"""What may stand only once in a table."""


def agreement_of(merchant_id: int, row: Row, *, proof_days: int, allowance_fen: int) -> Agreement:
    """The agreement a merchants' row describes, with the community's choices where it is silent."""
    values = row.values
    days, allowance = values["proof_days"], values["allowance_day_yuan"]
    return Agreement(
        merchant_id=merchant_id,
        effective_from=values["effective_from"],
        effective_to=values["effective_to"],
        agreement_no=values["agreement_no"],
        roles=values["roles"],
        proof=values["proof"],
        proof_days=proof_days if days is None else days,
        allowance_day_fen=allowance_fen if allowance is None else allowance,
    )
