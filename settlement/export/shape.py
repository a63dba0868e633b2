"""How a table looks in an export: its columns in order, what each means, and what stays at home and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple

NUMBER: Final = "number"
TEXT: Final = "text"
BYTES: Final = "bytes"
_KINDS: Final = frozenset({NUMBER, TEXT, BYTES})


class Column(NamedTuple):
    """One exported column; `null` says whether a value may be missing."""

    name: str
    kind: str
    null: bool
    meaning: str


@dataclass(frozen=True, slots=True)
class Shape:
    """One exported table: a row for each `key`, sorted by it. `left_out`: column to the reason why it stays."""

    name: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    left_out: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names in order."""
        return tuple(column.name for column in self.columns)


def shape(
    name: str, meaning: str, *, key: tuple[str, ...], columns: str, left_out: str = ""
) -> Shape:
    """Read a table's description: a line a column, `name kind meaning`; the kind ends in `?` where null may stand."""
    return Shape(
        name, meaning, key, tuple(_columns(columns)), MappingProxyType(dict(_reasons(left_out)))
    )


def _columns(text: str) -> Iterator[Column]:
    for line in text.strip().splitlines():
        name, kind, meaning = line.split(None, 2)
        plain = kind.removesuffix("?")
        if plain not in _KINDS:
            raise ValueError(f"{name} is a {kind}")
        yield Column(name, plain, kind != plain, meaning)


def _reasons(text: str) -> Iterator[tuple[str, str]]:
    for line in text.strip().splitlines():
        name, reason = line.split(None, 1)
        yield name, reason
