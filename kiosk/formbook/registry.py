"""The forms as data: read once from forms.toml."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from ledger.errors import Refusal

_FILE: Final = Path(__file__).parent / "forms.toml"
PERSONAL: Final = frozenset({"name", "phone"})
KINDS: Final = frozenset({"text", "id", "count", "points", "yuan", "date", "name", "phone", "pen"})


class Column(NamedTuple):
    """A heading as people write it, what its cells hold (KINDS), whether it is added up, whether it must be filled."""

    heading: str
    kind: str
    is_summed: bool = False
    is_needed: bool = False


class Form(NamedTuple):
    """One form; the words are explained at the head of forms.toml."""

    code: str
    zh: str
    en: str
    reads: str
    columns: tuple[Column, ...]
    foot: tuple[str, ...]
    fills: str = ""
    asks: str = ""
    takes: str = ""
    wall: bool = False

    @property
    def is_personal(self) -> bool:
        """Whether names or phones may stand in it."""
        return any(column.kind in PERSONAL for column in self.columns)

    def title(self, language: str) -> str:
        """What it is called; on the paper itself it has its Chinese name."""
        return self.en if language == "en" else self.zh


@cache
def all_forms() -> tuple[Form, ...]:
    """Every form, in the order of the file."""
    return tuple(_form(entry) for entry in _data()["form"])


def get_form(code: str) -> Form:
    """One form. Refuses form_unknown."""
    found = next((form for form in all_forms() if form.code == code), None)
    if found is None:
        raise Refusal("form_unknown", form=code[:40])
    return found


def sum_word() -> str:
    """What stands at the head of the last row, where columns are added up."""
    return str(_data()["words"]["sum"])


def nothing_word(span: str = "month") -> str:
    """What a form without rows says: nothing in that month, or nothing at all (`ever`)."""
    return str(_data()["words"]["nothing" if span == "month" else "nothing_ever"])


def hotline_line() -> str:
    """The line of a foot that holds whom to call."""
    return str(_data()["words"]["hotline"])


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def _form(entry: dict[str, Any]) -> Form:
    columns = tuple(_column(text) for text in entry["columns"])
    return Form(**{**entry, "columns": columns, "foot": tuple(entry["foot"])})


def _column(text: str) -> Column:
    heading, _, kind = text.rpartition(":")
    plain = kind.rstrip("+!")
    if plain not in KINDS:
        raise ValueError(f"{heading}: no kind {plain}")
    return Column(heading, plain, is_summed="+" in kind, is_needed="!" in kind)
