"""Somebody with the database open who knows the seal: alters rows, then makes leaves, tree and signed roots fit."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from ledger.database import Database
from ledger.members.key_vault import KeyVault
from ledger.seal import keys
from ledger.seal.entries import Entry, read_entries
from ledger.seal.note import Head, sign_head
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
_SIGNED = Sql("SELECT size, note FROM checkpoint WHERE community_id = :community_id")
_SET_ROOT = Sql(
    "UPDATE checkpoint SET root = :root, note = :note WHERE community_id = :community_id AND size = :size"
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


def seal_again(database: Path, vault: KeyVault | None = None) -> None:
    """Make leaves, tree and published roots fit what the rows say now, place by place.

    With the server's `vault` they are signed anew too; without it the old signatures stand under the new roots.
    """
    db = Database(f"sqlite:///{database}")
    db.write(lambda tx: _seal_again(tx, vault))
    db.close()


def _seal_again(tx: Tx, vault: KeyVault | None) -> None:
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
        root, note = read_root(tx, HERE, row.size), row.note
        if vault is not None:
            signer = keys.signer(tx, vault, HERE)
            note = sign_head(Head(signer.verifier.name, int(row.size), root), [signer])
        tx.run(_SET_ROOT, community_id=HERE, size=row.size, root=root, note=note)
