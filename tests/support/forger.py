"""Somebody with the database open who knows the seal: alters rows, then makes leaves, tree and signed roots fit."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from ledger.database import Database
from ledger.seal.entries import Entry, read_entries
from ledger.seal.tiles import grown, keep_tiles, read_root
from ledger.seal.tree import leaf_hash
from ledger.sql import Sql, Tx
from tests.support.town import HERE

_LEAVES = Sql(
    "SELECT leaf_index, entry_id, kind, leaf_hash FROM leaf WHERE community_id = :community_id"
    " ORDER BY leaf_index"
)
_SET_LEAF = Sql(
    "UPDATE leaf SET leaf_hash = :leaf_hash WHERE community_id = :community_id"
    " AND leaf_index = :leaf_index"
)
_NO_TILES = Sql("DELETE FROM tile WHERE community_id = :community_id")
_SIGNED = Sql("SELECT size FROM checkpoint WHERE community_id = :community_id")
_SET_ROOT = Sql(
    "UPDATE checkpoint SET root = :root WHERE community_id = :community_id AND size = :size"
)


def forge(database: Path, *statements: str) -> None:
    """Run SQL on a SQLite file in which nothing that guards is on."""
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA ignore_check_constraints = ON")
    for (name,) in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        assert connection.execute(statement).rowcount > 0, statement
    connection.commit()
    connection.close()


def seal_again(database: Path) -> None:
    """Make leaves, tree and signed roots fit what the rows say now, place by place."""
    db = Database(f"sqlite:///{database}")
    db.write(_seal_again)
    db.close()


def _seal_again(tx: Tx) -> None:
    rows = tx.all(_LEAVES, community_id=HERE)
    entries = read_entries(tx, HERE, [Entry(row.kind, row.entry_id) for row in rows])
    hashes = [leaf_hash(entries[Entry(row.kind, row.entry_id)]) for row in rows]
    tx.many(
        _SET_LEAF,
        [
            {"community_id": HERE, "leaf_index": row.leaf_index, "leaf_hash": hashed}
            for row, hashed in zip(rows, hashes, strict=True)
        ],
    )
    tx.run(_NO_TILES, community_id=HERE)
    keep_tiles(tx, HERE, grown({}, 0, hashes))
    for row in tx.all(_SIGNED, community_id=HERE):
        tx.run(_SET_ROOT, community_id=HERE, size=row.size, root=read_root(tx, HERE, row.size))
