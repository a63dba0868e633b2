"""Statements with guards, sent together: each must touch the rows it names, or the transaction is undone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ledger.errors import GuardMissedError
from ledger.sql import Sql, Tx


class Step(NamedTuple):
    """One statement; with a `guard` it must touch (or, where it returns rows, return) exactly `rows` rows."""

    sql: Sql
    params: Mapping[str, Any]
    guard: str = ""
    rows: int = 1
    returns: bool = False


def apply(tx: Tx, steps: Iterable[Step]) -> dict[str, Any]:
    """Send all steps in order; give back the returned row of each step that returns one, by its guard's name.

    Raises GuardMissedError, naming the guard, where a step touched other than its rows.
    """
    returned: dict[str, Any] = {}
    with tx.batch() as batch:
        results = [(step, batch.add(step.sql, step.params)) for step in steps]
    # All rows are fetched before any guard is judged: SQLite cannot undo beside a statement half read.
    fetched = [(step, result, result.all() if step.returns else []) for step, result in results]
    for step, result, found in fetched:
        count = len(found) if step.returns else result.count
        if step.guard and count != step.rows:
            raise GuardMissedError(step.guard)
        if found:
            returned[step.guard] = found[0]
    return returned
