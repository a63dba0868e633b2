"""One order for everything: each committed transaction gets a contiguous leaf index.

It comes from an outbox, never from an id: who drew a number first may commit last.
"""

from __future__ import annotations

from typing import Final

from ledger.database import Database
from ledger.errors import GuardMissedError
from ledger.sql import Sql, Tx

BATCH: Final = 2_000
"""Transactions indexed in one go: short enough that SQLite's other writers do not wait half a second."""

_HEAD: Final = Sql("SELECT size FROM log_head WHERE community_id = :community_id")
_FIRST: Final = Sql(
    "INSERT INTO log_head (community_id, size) VALUES (:community_id, 0) ON CONFLICT (community_id) DO NOTHING"
)
_WAITING: Final = Sql(
    "SELECT txn_id FROM outbox WHERE community_id = :community_id ORDER BY recorded_at, txn_id LIMIT :most"
)
_ADVANCE: Final = Sql(
    "UPDATE log_head SET size = size + :count WHERE community_id = :community_id AND size = :size"
)


def size(tx: Tx, community_id: int) -> int:
    """How many transactions have a place in the order: the prefix [0, size) never changes again."""
    row = tx.find(_HEAD, community_id=community_id)
    return 0 if row is None else int(row.size)


def seal(db: Database, community_id: int) -> int:
    """Give every waiting transaction its place and return the new size.

    A transaction that drew its id early and committed late simply gets a later place; none can be skipped, because the
    outbox row commits with it. Only sealers touch the head row, so no writer of the book ever waits here.
    """
    while db.write(lambda tx: _seal_some(tx, community_id)) == BATCH:
        pass
    with db.read() as tx:
        return size(tx, community_id)


def _seal_some(tx: Tx, community_id: int) -> int:
    tx.run(_FIRST, community_id=community_id)
    before = size(tx, community_id)
    # The head is taken first: a second sealer waits here, then finds other rows or misses the
    # guard and starts anew.
    if tx.run(_ADVANCE, community_id=community_id, size=before, count=0) != 1:
        raise GuardMissedError("log_head")
    waiting = tx.all(_WAITING, community_id=community_id, most=BATCH)
    rows = [
        {"community_id": community_id, "leaf_index": before + n, "txn_id": row.txn_id}
        for n, row in enumerate(waiting)
    ]
    tx.many(_LEAF, rows)
    tx.many(_DONE, [{"community_id": community_id, "txn_id": row.txn_id} for row in waiting])
    if tx.run(_ADVANCE, community_id=community_id, size=before, count=len(rows)) != 1:
        raise GuardMissedError("log_head")
    return len(rows)


_LEAF: Final = Sql(
    "INSERT INTO leaf (community_id, leaf_index, txn_id) VALUES (:community_id, :leaf_index, :txn_id)"
)
_DONE: Final = Sql("DELETE FROM outbox WHERE community_id = :community_id AND txn_id = :txn_id")
