"""The lines that came: what still waits to be written, and how each ended."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final, NamedTuple

from ledger.sql import Row, Sql, Tx

WAITING: Final = "waiting"
ASIDE: Final = "aside"
"""It cannot be written yet: something else is missing, or people must look. It is tried again each time."""

_COLUMNS: Final = (
    "terminal_id, key_name, n, request_id, path, told_at, line, body, answer, state, code,"
    " differences"
)
_OPEN: Final = Sql(
    f"SELECT {_COLUMNS} FROM recovery_line WHERE community_id = :community_id"
    " AND recovery_id = :recovery_id AND state IN ('waiting', 'aside')"
    " ORDER BY told_at, terminal_id, key_name, n"
)
_ALL: Final = Sql(
    f"SELECT {_COLUMNS} FROM recovery_line WHERE community_id = :community_id"
    " AND recovery_id = :recovery_id ORDER BY told_at, terminal_id, key_name, n"
)
_MARK: Final = Sql(
    "UPDATE recovery_line SET state = :state, code = :code, differences = :differences,"
    " applied_at = :at WHERE community_id = :community_id AND recovery_id = :recovery_id"
    " AND terminal_id = :terminal_id AND key_name = :key_name AND n = :n"
)
_COUNTS: Final = Sql(
    "SELECT state, count(*) AS lines FROM recovery_line WHERE community_id = :community_id"
    " AND recovery_id = :recovery_id GROUP BY state"
)
_REFUSED: Final = Sql(
    "SELECT terminal_id, hash, code, came_at FROM recovery_refused"
    " WHERE community_id = :community_id AND recovery_id = :recovery_id"
    " ORDER BY terminal_id, came_at, hash, code"
)


class Kept(NamedTuple):
    """One line as it was kept; `told_at` in microseconds UTC."""

    terminal_id: int
    key_name: str
    n: int
    request_id: str
    path: str
    told_at: int
    line: str
    body: str
    answer: str
    state: str
    code: str
    differences: str


def open_lines(tx: Tx, community_id: int, recovery_id: int) -> list[Kept]:
    """Every line that is not written yet, over all tills, in the order in which the server had answered."""
    rows = tx.all(_OPEN, community_id=community_id, recovery_id=recovery_id)
    return [Kept(*row) for row in rows]


def all_lines(tx: Tx, community_id: int, recovery_id: int) -> list[Kept]:
    """Every line that came, in the same order."""
    rows = tx.all(_ALL, community_id=community_id, recovery_id=recovery_id)
    return [Kept(*row) for row in rows]


def mark(
    tx: Tx,
    community_id: int,
    recovery_id: int,
    line: Kept,
    *,
    state: str,
    code: str = "",
    differences: Iterable[tuple[str, ...]] = (),
    at: int | None = None,
) -> None:
    """Note how a line ended: applied or known (with what came out otherwise), or aside and why."""
    found = [list(difference) for difference in differences]
    tx.run(
        _MARK,
        community_id=community_id,
        recovery_id=recovery_id,
        terminal_id=line.terminal_id,
        key_name=line.key_name,
        n=line.n,
        state=state,
        code=code,
        differences=json.dumps(found, ensure_ascii=False) if found else "",
        at=at,
    )


def counts(tx: Tx, community_id: int, recovery_id: int) -> dict[str, int]:
    """How many lines stand how."""
    rows = tx.all(_COUNTS, community_id=community_id, recovery_id=recovery_id)
    return {row.state: int(row.lines) for row in rows}


def refused_lines(tx: Tx, community_id: int, recovery_id: int) -> list[Row]:
    """What was sent and is none of the till's lines: terminal_id, hash, code, came_at."""
    return tx.all(_REFUSED, community_id=community_id, recovery_id=recovery_id)
