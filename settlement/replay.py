"""Fill an empty database from an export: the same entries in the same order give the same balances and the same root.

Balances are not copied but worked out from the transfers, and the tree is not copied but grown from the entries by the
sealer itself; both are then held against what the export says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, LargeBinary, inspect

from ledger.book.chart import DEBIT_SIDE
from ledger.database import Database
from ledger.errors import Refusal
from ledger.seal.sealer import seal
from ledger.seal.tiles import read_root
from ledger.sql import Sql, Tx
from settlement.export.read import Export, opened_export
from settlement.export.shape import Shape
from settlement.export.tables import SHAPES

Progress = Callable[[int, int], None]
"""Told how many rows are written, and of how many."""

_GROWN: Final = frozenset({"leaf", "outbox"})
"""Written by the sealer, from the entries."""

_MEANT: Final = {
    ("sale", "plan"): "{}",
    ("request", "response"): "{}",
    ("approval", "body"): "{}",
}
"""What stands for left-out JSON; other left-out columns are nothing, zero or an empty text."""

_ANYBODY: Final = Sql("SELECT count(*) AS n FROM community")
_WAIT: Final = Sql(
    "INSERT INTO outbox (community_id, entry_id, kind, recorded_at)"
    " VALUES (:community_id, :entry_id, :kind, :recorded_at)"
)
_SIDES: Final = ", ".join(f"'{kind.value}'" for kind in sorted(DEBIT_SIDE))
_WORK_OUT: Final = Sql(
    "UPDATE balance SET posted = (SELECT CASE WHEN a.kind IN (" + _SIDES + ") THEN -1 ELSE 1 END"
    " * (coalesce((SELECT sum(t.amount) FROM transfer t WHERE t.community_id = a.community_id"
    "   AND t.credit_id = a.account_id), 0) - coalesce((SELECT sum(t.amount) FROM transfer t"
    "   WHERE t.community_id = a.community_id AND t.debit_id = a.account_id), 0)) FROM account a"
    "  WHERE a.community_id = balance.community_id AND a.account_id = balance.account_id)"
    " WHERE community_id = :community_id"
)
_HOLD: Final = Sql(
    "UPDATE balance SET held = :held WHERE community_id = :community_id"
    " AND account_id = :account_id AND posted = :posted AND posted >= :held"
)


class Replayed(NamedTuple):
    """What came out: places in the order, the tree's root, balances, and rows in all."""

    community_id: int
    size: int
    root: str
    balances: int
    rows: int


def replay(db: Database, path: Path, *, progress: Progress = lambda _done, _of: None) -> Replayed:
    """Fill the empty database from the export at `path` (a folder or a ZIP).

    Refuses: replay_not_empty, export_unreadable, replay_differs (a balance or the root does not come out; start again
    with an empty database).
    """
    with opened_export(path) as export:
        with db.read() as tx:
            if tx.get(_ANYBODY).n:
                raise Refusal("replay_not_empty")
        rows = _fill(db, export, progress)
        balances = db.write(lambda tx: _work_out_balances(tx, export))
        root = _grow(db, export)
        return Replayed(export.community_id, export.size, root, balances, rows)


def _fill(db: Database, export: Export, progress: Progress) -> int:
    total = sum(export.count(name) for name in SHAPES)
    done = 0
    for name, shape in SHAPES.items():
        if name in _GROWN:
            continue
        statement, rest = _inserting(db, shape)
        for piece in export.pieces(name):
            rows = [_row(export.community_id, shape, rest, values) for values in piece]
            if name == "balance":
                rows = [{**row, "posted": 0, "held": 0} for row in rows]
            db.write(partial(_keep, statement=statement, rows=rows))
            done += len(rows)
            progress(done, total)
    return done


def _keep(tx: Tx, statement: Sql, rows: list[dict[str, Any]]) -> None:
    tx.many(statement, rows)


def _inserting(db: Database, shape: Shape) -> tuple[Sql, dict[str, Any]]:
    """The statement that keeps a row, and what stands in the columns an export leaves out."""
    found = inspect(db.engine)
    unique = {
        column
        for constraint in found.get_unique_constraints(shape.name)
        for column in constraint["column_names"]
    }
    rest: dict[str, Any] = {}
    for column in found.get_columns(shape.name):
        name = column["name"]
        if name in shape.names or name == "community_id":
            continue
        rest[name] = None if column["nullable"] else _nothing(shape.name, name, column["type"])
        if name in unique:
            rest[name] = _NUMBERED if isinstance(column["type"], BigInteger) else _NAMED
    names = ["community_id", *shape.names, *rest]
    values = ", ".join(f":{name}" for name in names)
    return Sql(f"INSERT INTO {shape.name} ({', '.join(names)}) VALUES ({values})"), rest


_NAMED: Final = object()
"""Stands for a text that must differ from row to row: the row's own key."""
_NUMBERED: Final = object()
"""The same for a number, in a table whose key is one."""


def _nothing(table: str, column: str, kind: object) -> Any:  # noqa: ANN401 - a value of whatever type the column has
    if (table, column) in _MEANT:
        return _MEANT[table, column]
    if isinstance(kind, BigInteger):
        return 0
    return b"" if isinstance(kind, LargeBinary) else ""


def _row(
    community_id: int, shape: Shape, rest: dict[str, Any], values: tuple[Any, ...]
) -> dict[str, Any]:
    row = {"community_id": community_id, **dict(zip(shape.names, values, strict=True))}
    key = "-".join(str(row[name]) for name in shape.key)
    own = {_NAMED: key, _NUMBERED: row[shape.key[0]] if shape.key else 0}
    return {**row, **{name: own.get(value, value) for name, value in rest.items()}}


def _work_out_balances(tx: Tx, export: Export) -> int:
    """Every balance from its transfers; what is held is then set where the export says the same of it."""
    here = {"community_id": export.community_id}
    tx.run(_WORK_OUT, **here)
    count = 0
    for account_id, posted, held in _balances(export):
        if tx.run(_HOLD, **here, account_id=account_id, posted=posted, held=held) != 1:
            raise Refusal("replay_differs", what=f"balance {account_id}")
        count += 1
    return count


def _balances(export: Export) -> Iterator[tuple[int, int, int]]:
    for piece in export.pieces("balance"):
        yield from piece


def _grow(db: Database, export: Export) -> str:
    """Let the sealer grow the tree in the order of the export, and hold its root against the export's."""
    here = {"community_id": export.community_id}
    for piece in export.pieces("leaf"):
        # The sealer takes what waits by its time; a place stands for it.
        rows = [
            {**here, "entry_id": entry_id, "kind": kind, "recorded_at": place}
            for place, entry_id, kind, _ in piece
        ]
        db.write(partial(_keep, statement=_WAIT, rows=rows))
    size = seal(db, export.community_id)
    for piece in export.pieces("outbox"):
        rows = [
            dict(zip(("entry_id", "recorded_at", "kind"), values, strict=True)) | here
            for values in piece
        ]
        db.write(partial(_keep, statement=_WAIT, rows=rows))
    with db.read() as tx:
        root = read_root(tx, export.community_id, size).hex()
    if size != export.size or root != export.manifest["root"]:
        raise Refusal("replay_differs", what=f"root {root} of {size}")
    return root
