"""The order and the tree over it: what waits, what has its place, the stored tree, what was signed."""

from __future__ import annotations

from sqlalchemy import CheckConstraint

from ledger.schema import blob, number, table, text, unique

# Written in the transaction of the entry itself; the sealer takes it out again.
outbox = table(
    "outbox",
    number("entry_id"),
    number("recorded_at"),
    text("kind"),  # txn | act
    key=("entry_id",),
)

leaf = table(
    "leaf",
    number("leaf_index"),
    number("entry_id"),  # a txn_id or an audit_id: both are drawn from the same numbers
    text("kind"),  # txn | act
    blob("leaf_hash"),
    unique("community_id", "entry_id"),
    key=("leaf_index",),
)

log_head = table("log_head", number("size"), key=())

# C2SP tlog-tiles: up to 256 hashes; a full tile never changes, only the right edge grows.
tile = table(
    "tile",
    number("level"),
    number("tile_index"),
    blob("hashes"),
    CheckConstraint("level BETWEEN 0 AND 7", name="ck_tile_level"),
    key=("level", "tile_index"),
)
