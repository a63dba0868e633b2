"""Which column of a shop's list is which: known of our own form, guessed of others until a person says so once."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

NEEDED: Final = ("ref", "points", "yuan", "time")
"""What a list must say of each claim."""
KEYS: Final = (*NEEDED, "merchant", "month")

_FORM: Final = Path(__file__).parent / "forms" / "claim_file.toml"
_HEAD_ROWS: Final = 20
_LONGEST_HEADING: Final = 60


class Head(NamedTuple):
    """A list's row of headings, and the columns a reader would take: what it is to its position."""

    cells: tuple[str, ...]
    columns: Mapping[str, int]

    @property
    def is_certain(self) -> bool:
        """Whether every needed column has a name of our own form: nobody needs to be asked."""
        certain = _names()[1]
        return all(
            key in self.columns and self.cells[self.columns[key]] in certain for key in NEEDED
        )

    def is_row(self, row: Sequence[str]) -> bool:
        """Whether a row of a list is this row of headings."""
        return _tidy(row) == self.cells

    @property
    def fingerprint(self) -> str:
        """A name for the headings as a whole; another heading, or another order, is another list."""
        return hashlib.sha256(json.dumps(self.cells, ensure_ascii=False).encode()).hexdigest()


def is_complete(head: Head) -> bool:
    """Whether every needed column has a place."""
    return all(key in head.columns for key in NEEDED)


def guess(row: Sequence[str]) -> dict[str, int]:
    """The columns whose headings mean something to us, the first of each."""
    names = _names()[0]
    found: dict[str, int] = {}
    for position, cell in enumerate(row):
        key = names.get(cell)
        if key is not None:
            found.setdefault(key, position)
    return found


def find_head(rows: Sequence[Sequence[str]]) -> Head | None:
    """The row of headings among a list's first rows: the one most of whose words we know, else the first wide one."""
    tidy = [_tidy(row) for row in rows[:_HEAD_ROWS]]
    best = max(tidy, key=lambda row: len(guess(row)), default=())
    if not guess(best):
        best = next((row for row in tidy if sum(map(bool, row)) >= len(NEEDED)), ())
    return Head(best, guess(best)) if best else None


def _tidy(row: Sequence[str]) -> tuple[str, ...]:
    cells = tuple(heading(cell) for cell in row)
    while cells and not cells[-1]:
        cells = cells[:-1]
    return cells


def heading(cell: str) -> str:
    """A heading without what spreadsheets put around it."""
    return cell.strip().lstrip("`").strip()[:_LONGEST_HEADING]


@cache
def _names() -> tuple[dict[str, str], frozenset[str]]:
    data = tomllib.loads(_FORM.read_text(encoding="utf-8"))
    names = {heading(name): key for key, said in data["columns"].items() for name in said}
    certain = frozenset(heading(name) for said in data["certain"].values() for name in said)
    return names, certain
