"""One order for everything: each committed entry gets a contiguous place, and its leaf stands in the tree.

The place comes from an outbox, never from an id: who drew a number first may commit last.
"""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

from ledger.database import Database
from ledger.errors import Refusal
from ledger.seal.entries import WAITING, Entry, add_waiting, encode_rows
from ledger.seal.tiles import Tiles, add_edge, edge_in, grown, keep_tiles
from ledger.seal.tree import EMPTY_ROOT, leaf_hash
from ledger.sql import Sql, Tx

BATCH: Final = 2_000
"""Entries sealed in one go: short enough that SQLite's other writers do not wait half a second."""

_HEAD: Final = Sql("SELECT size FROM log_head WHERE community_id = :community_id")
_FIRST: Final = Sql(
    "INSERT INTO log_head (community_id, size, signed_size, signed_root)"
    " VALUES (:community_id, 0, 0, :empty_root) ON CONFLICT (community_id) DO NOTHING"
)
_WAITING: Final = Sql(WAITING)
_WHO_WAITS: Final = Sql(
    "SELECT community_id FROM outbox GROUP BY community_id ORDER BY community_id"
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


class Sealed(NamedTuple):
    """How many entries were sealed just now, and the size of the log after it."""

    fresh: int
    size: int


class _Next(NamedTuple):
    """What is to be written after the first `size` leaves."""

    size: int
    entries: list[Entry]
    hashes: list[bytes]
    tiles: Tiles


def waiting_communities(tx: Tx) -> list[int]:
    """The communities in which something waits to be sealed."""
    return [int(row.community_id) for row in tx.all(_WHO_WAITS)]


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
    while True:
        sealed = seal_some(db, community_id)
        if sealed is not None and sealed.fresh < BATCH:
            return sealed.size


def seal_some(db: Database, community_id: int) -> Sealed | None:
    """Seal at most BATCH entries; None where another sealer was quicker and this is to be done anew.

    Refuses: log_damaged.
    """
    with db.read() as tx:
        found = _read_next(tx, community_id)
    count = len(found.entries)
    if count and not db.write(lambda tx: _write(tx, community_id, found)):
        return None
    return Sealed(count, found.size + count)


def _read_next(tx: Tx, community_id: int) -> _Next:
    """What waits, its rows, and the edge it is added to, all in one question and one snapshot."""
    with tx.batch() as batch:
        waiting = batch.add(_WAITING, {"community_id": community_id, "most": BATCH})
        head = batch.add(_HEAD, {"community_id": community_id})
        rows = add_waiting(batch, community_id, BATCH)
        edge = add_edge(batch, community_id)
    entries = [Entry(*row) for row in waiting.tuples()]
    sizes = head.tuples()
    before = int(sizes[0][0]) if sizes else 0
    encoded = encode_rows(*(result.tuples() for result in rows))
    gone = [entry.entry_id for entry in entries if entry not in encoded]
    if gone:
        raise Refusal("log_damaged", entry=str(gone[0]))
    hashes = [leaf_hash(encoded[entry]) for entry in entries]
    return _Next(before, entries, hashes, grown(edge_in(edge), before, hashes))


def _write(tx: Tx, community_id: int, found: _Next) -> bool:
    """Write what was read, unless the head is no longer where it was read."""
    if found.size == 0:
        tx.run(_FIRST, community_id=community_id, empty_root=EMPTY_ROOT)
    here = {"community_id": community_id}
    # The head first: of two sealers one waits here, then finds that it moved.
    if tx.run(_ADVANCE, **here, size=found.size, count=len(found.entries)) != 1:
        return False
    ids: Any = [entry.entry_id for entry in found.entries]
    if tx.dialect == "sqlite":
        tx.many(_LEAF, _leaf_rows(community_id, found))
        ids = json.dumps(ids)
    with tx.batch() as batch:
        if tx.dialect != "sqlite":
            kinds = [entry.kind for entry in found.entries]
            leaves = {"size": found.size, "kinds": kinds, "ids": ids, "hashes": found.hashes}
            batch.add(_LEAVES, here | leaves)
        batch.add(_DONE[tx.dialect], here | {"ids": ids})
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
