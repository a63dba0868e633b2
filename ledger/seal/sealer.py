"""One order for everything: each committed entry gets a contiguous place, and its leaf stands in the tree.

The place comes from an outbox, never from an id: who drew a number first may commit last.
"""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

from ledger.database import Database
from ledger.errors import Refusal
from ledger.seal.entries import Entry, read_entries
from ledger.seal.tiles import Tiles, edge_of, grown, keep_tiles, read_tiles
from ledger.seal.tree import EMPTY_ROOT, leaf_hash
from ledger.sql import Sql, Tx

BATCH: Final = 2_000
"""Entries sealed in one go: short enough that SQLite's other writers do not wait half a second."""

_HEAD: Final = Sql("SELECT size FROM log_head WHERE community_id = :community_id")
_FIRST: Final = Sql(
    "INSERT INTO log_head (community_id, size, signed_size, signed_root)"
    " VALUES (:community_id, 0, 0, :empty_root) ON CONFLICT (community_id) DO NOTHING"
)
_WAITING: Final = Sql(
    "SELECT kind, entry_id FROM outbox WHERE community_id = :community_id"
    " ORDER BY recorded_at, entry_id LIMIT :most"
)
_ADVANCE: Final = Sql(
    "UPDATE log_head SET size = size + :count WHERE community_id = :community_id AND size = :size"
)
_LEAF: Final = Sql(
    "INSERT INTO leaf (community_id, leaf_index, kind, entry_id, leaf_hash)"
    " VALUES (:community_id, :leaf_index, :kind, :entry_id, :leaf_hash)"
)
_LEAVES: Final = Sql(
    "INSERT INTO leaf (community_id, leaf_index, kind, entry_id, leaf_hash)"
    " SELECT :community_id, :size + n - 1, kind, entry_id, leaf_hash"
    " FROM unnest(:kinds::text[], :ids::bigint[], :hashes::bytea[])"
    " WITH ORDINALITY AS w (kind, entry_id, leaf_hash, n)"
)
_DONE: Final = {
    "sqlite": Sql(
        "DELETE FROM outbox WHERE community_id = :community_id"
        " AND entry_id IN (SELECT value FROM json_each(:ids))"
    ),
    "postgresql": Sql(
        "DELETE FROM outbox WHERE community_id = :community_id AND entry_id = ANY(:ids)"
    ),
}


class _Next(NamedTuple):
    """What is to be written after the first `size` leaves."""

    size: int
    entries: list[Entry]
    hashes: list[bytes]
    tiles: Tiles


def size(tx: Tx, community_id: int) -> int:
    """How many entries have a place in the order: the prefix [0, size) never changes again."""
    row = tx.find(_HEAD, community_id=community_id)
    return 0 if row is None else int(row.size)


def seal(db: Database, community_id: int) -> int:
    """Give every waiting entry its place and its leaf; returns the new size.

    An entry that drew its id early and committed late simply gets a later place; none can be skipped, because the
    outbox row commits with it. Only sealers touch the head row and the tree, and they read and hash outside the
    transaction that writes, so no writer of the book ever waits here. Refuses: log_damaged.
    """
    sealed: int | None = BATCH
    while sealed in {None, BATCH}:
        sealed = seal_some(db, community_id)
    with db.read() as tx:
        return size(tx, community_id)


def seal_some(db: Database, community_id: int) -> int | None:
    """Seal at most BATCH entries and say how many; None where another sealer was quicker and this is to be done anew.

    Refuses: log_damaged.
    """
    with db.read() as tx:
        found = _read_next(tx, community_id)
    if not found.entries:
        return 0
    written = db.write(lambda tx: _write(tx, community_id, found))
    return len(found.entries) if written else None


def _read_next(tx: Tx, community_id: int) -> _Next:
    rows = tx.execute(_WAITING, {"community_id": community_id, "most": BATCH}).fetchall()
    waiting = [Entry(*row) for row in rows]
    before = size(tx, community_id)
    if not waiting:
        return _Next(before, [], [], {})
    entries = read_entries(tx, community_id, waiting)
    gone = [entry.entry_id for entry in waiting if entry not in entries]
    if gone:
        raise Refusal("log_damaged", entry=str(gone[0]))
    hashes = [leaf_hash(entries[entry]) for entry in waiting]
    edge = read_tiles(tx, community_id, edge_of(before))
    return _Next(before, waiting, hashes, grown(edge, before, hashes))


def _write(tx: Tx, community_id: int, found: _Next) -> bool:
    """Write what was read, unless the head is no longer where it was read."""
    if found.size == 0:
        tx.run(_FIRST, community_id=community_id, empty_root=EMPTY_ROOT)
    count = len(found.entries)
    # The head first: of two sealers one waits here, then finds that it moved.
    if tx.run(_ADVANCE, community_id=community_id, size=found.size, count=count) != 1:
        return False
    ids = [entry.entry_id for entry in found.entries]
    if tx.dialect == "sqlite":
        tx.many(_LEAF, _leaf_rows(community_id, found))
        given: Any = json.dumps(ids)
    else:
        tx.run(
            _LEAVES,
            community_id=community_id,
            size=found.size,
            kinds=[entry.kind for entry in found.entries],
            ids=ids,
            hashes=found.hashes,
        )
        given = ids
    tx.run(_DONE[tx.dialect], community_id=community_id, ids=given)
    keep_tiles(tx, community_id, found.tiles)
    return True


def _leaf_rows(community_id: int, found: _Next) -> list[dict[str, Any]]:
    return [
        {
            "community_id": community_id,
            "leaf_index": found.size + n,
            "kind": entry.kind,
            "entry_id": entry.entry_id,
            "leaf_hash": hashed,
        }
        for n, (entry, hashed) in enumerate(zip(found.entries, found.hashes, strict=True))
    ]
