"""What a check is: a name, what must hold, and the SQL that gives the rows where it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from settlement.auditor.source import names

if TYPE_CHECKING:
    from settlement.auditor.book import Book

Rows = Callable[["Book"], Iterable[Sequence[Any]]]
"""For what SQL cannot work out, such as a digest over JSON: gives rows of the look's columns."""


class Look(NamedTuple):
    """One query of a check: it gives the rows at fault of one table.

    The first columns are the row's `key`; the others are facts, told by their names. `sql` is a SELECT, or `rows` gives
    the same from Python, its columns named by `facts`.
    """

    table: str
    key: tuple[str, ...]
    sql: str = ""
    rows: Rows | None = None
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold. `id` is an invariant's number or a name; its sentence stands in words.toml.

    `needs`: tables without which it cannot be asked. `explained_by`: another check's id to SQL conditions over `f`,
    a row found here, and `o`, a row found there by any look that has the columns: where one holds, the row here is a
    consequence of the fault there and is reported as one.
    """

    id: str
    looks: tuple[Look, ...]
    needs: tuple[str, ...] = ()
    explained_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def tables(self) -> set[str]:
        """Every table it reads."""
        return {*self.needs, *(look.table for look in self.looks)}


def look(table: str, key: str, sql: str) -> Look:
    """A look by SQL; `key` names the row's key columns, separated by blanks."""
    return Look(table, names(key), sql=sql)


def look_by(table: str, key: str, facts: str, rows: Rows) -> Look:
    """A look by Python; `key` and `facts` name the columns of the rows it gives."""
    return Look(table, names(key), rows=rows, facts=names(facts))


def check(
    name: str,
    *looks: Look,
    needs: str = "",
    explained_by: Mapping[str, str | tuple[str, ...]] | None = None,
) -> Check:
    """Describe a check; `needs` names tables, separated by blanks."""
    said = {
        other: (condition,) if isinstance(condition, str) else condition
        for other, condition in (explained_by or {}).items()
    }
    return Check(name, looks, names(needs), said)


def ordered(checks: Iterable[Check]) -> list[Check]:
    """Every check after those that may explain it; ValueError for a name used twice or a circle."""
    left = {}
    for one in checks:
        if one.id in left:
            raise ValueError(f"{one.id} is there twice")
        left[one.id] = one
    done: list[Check] = []
    while left:
        ready = [one for one in left.values() if not (one.explained_by.keys() & left.keys())]
        if not ready:
            raise ValueError(f"these explain one another: {sorted(left)}")
        done += [left.pop(one.id) for one in ready]
    return done
