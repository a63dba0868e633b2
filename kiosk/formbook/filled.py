"""A form with its cells in it: what people see, the same on paper and in a spreadsheet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from kiosk.formbook.registry import PERSONAL, Column, Form, nothing_word, sum_word
from ledger.members.masking import mask_name, mask_phone
from settlement.sheet import Cell, Row

Value = int | str | None
"""Fen, units, a count, a yyyymmdd date, or words; as the column's kind says."""

_AS: Final = {"name": "text", "phone": "text", "pen": "text"}


class Filled(NamedTuple):
    """A form, its rows, and the row of sums where it has one. `about`: which month and shop, in words.

    `is_blank`: an empty sheet for a pen, asked for as such; else a form without rows says that there is nothing.
    """

    form: Form
    rows: tuple[Row, ...]
    about: str = ""
    is_blank: bool = False

    @property
    def nothing(self) -> str:
        """What stands in place of rows where the book has none; '' where there are rows, or for a pen."""
        if self.rows or self.is_blank:
            return ""
        return nothing_word() if self.form.asks else nothing_word("ever")

    @property
    def sums(self) -> Row | None:
        """The last row: what the summed columns add up to; None where none is, or nothing stands in it."""
        columns = self.form.columns
        if not self.rows or not any(column.is_summed for column in columns):
            return None
        return tuple(
            self._sum(place, column) if column.is_summed else cell("text", _head(place))
            for place, column in enumerate(columns)
        )

    def _sum(self, place: int, column: Column) -> Cell:
        values = [row[place].value for row in self.rows]
        return cell(column.kind, sum(value for value in values if isinstance(value, int)))


def _head(place: int) -> str | None:
    return sum_word() if place == 0 else None


def blank(form: Form) -> Filled:
    """An empty sheet for a pen."""
    return Filled(form, (), is_blank=True)


def fill(
    form: Form, rows: Sequence[Sequence[Value]], *, in_full: bool = False, about: str = ""
) -> Filled:
    """Put values into a form's cells. Names are masked unless `in_full`, and always on what hangs on a wall."""
    masked = form.wall or not in_full
    return Filled(
        form,
        tuple(
            tuple(
                cell(column.kind, _shown(column, value, masked=masked))
                for column, value in zip(form.columns, row, strict=True)
            )
            for row in rows
        ),
        about,
    )


def cell(kind: str, value: Value) -> Cell:
    """One cell of a form: what is empty is empty, whatever the column holds."""
    return Cell(_AS.get(kind, kind), None if value == "" else value)  # type: ignore[arg-type] # KINDS less _AS


def _shown(column: Column, value: Value, *, masked: bool) -> Value:
    if not masked or column.kind not in PERSONAL or not isinstance(value, str):
        return value
    return mask_phone(value) if column.kind == "phone" else mask_name(value)
