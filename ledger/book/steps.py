"""Statements with guards, sent together: each must touch the rows it names, or the transaction is undone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ledger.errors import GuardMissedError
from ledger.sql import Sql, Tx


class Step(NamedTuple):
    """One statement; with a `guard` it must touch exactly `rows` rows."""

    sql: Sql
    params: Mapping[str, Any]
    guard: str = ""
    rows: int = 1


def apply(tx: Tx, steps: Iterable[Step]) -> None:
    """Send all steps in order; raise GuardMissedError, naming the guard, where one touched other than its rows."""
    with tx.batch() as batch:
        results = [(step, batch.add(step.sql, step.params)) for step in steps]
    for step, result in results:
        if step.guard and result.count != step.rows:
            raise GuardMissedError(step.guard)
