"""The seal: every entry's leaf, the tiles of the tree, and acts that take their place beside transactions."""

from __future__ import annotations

import os
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from ledger.seal.entries import Entry, read_entries
from ledger.seal.tiles import edge_of, grown, keep_tiles, read_tiles
from ledger.seal.tree import leaf_hash
from ledger.sql import Sql, Tx

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_SALT_BYTES: Final = 16
_MANY: Final = 2_000

_HEADS: Final = Sql("SELECT community_id, size FROM log_head")
_PLACED: Final = Sql(
    "SELECT leaf_index, kind, entry_id FROM leaf WHERE community_id = :community_id"
    " AND leaf_index >= :first ORDER BY leaf_index LIMIT :most"
)
_HASH: Final = Sql(
    "UPDATE leaf SET leaf_hash = :leaf_hash WHERE community_id = :community_id"
    " AND leaf_index = :leaf_index"
)
_ACTS: Final = Sql("SELECT community_id, audit_id, at FROM audit")
_SALT: Final = Sql(
    "UPDATE audit SET salt = :salt WHERE community_id = :community_id AND audit_id = :audit_id"
)
_WAITS: Final = Sql(
    "INSERT INTO outbox (community_id, entry_id, recorded_at, kind)"
    " VALUES (:community_id, :audit_id, :at, 'act')"
)


def upgrade() -> None:
    """Give what is there its leaf; acts recorded before wait to be sealed like new ones."""
    _tile()
    _name_entries()
    bind: Any = op.get_bind()
    tx = Tx(bind.connection.driver_connection, bind.dialect.name)
    for head in tx.all(_HEADS):
        _seal_what_has_its_place(tx, int(head.community_id), int(head.size))
    _salt_acts(tx)
    for table, column in (("outbox", "kind"), ("leaf", "kind"), ("leaf", "leaf_hash")):
        with op.batch_alter_table(table) as batch:
            batch.alter_column(column, nullable=False)
    with op.batch_alter_table("audit") as batch:
        batch.alter_column("salt", nullable=False)


def _tile() -> None:
    op.create_table(
        "tile",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("level", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tile_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("level BETWEEN 0 AND 7", name="ck_tile_level"),
        sa.PrimaryKeyConstraint("community_id", "level", "tile_index", name="pk_tile"),
    )


def _name_entries() -> None:
    for table in ("outbox", "leaf"):
        op.execute(f"ALTER TABLE {table} RENAME COLUMN txn_id TO entry_id")
        op.add_column(table, sa.Column("kind", sa.Text(), nullable=True))
        op.execute(f"UPDATE {table} SET kind = 'txn'")
    op.add_column("leaf", sa.Column("leaf_hash", sa.LargeBinary(), nullable=True))
    op.add_column("audit", sa.Column("salt", sa.LargeBinary(), nullable=True))
    op.add_column("audit", sa.Column("commitment", sa.Text(), nullable=True))


def _seal_what_has_its_place(tx: Tx, community_id: int, size: int) -> None:
    first = 0
    while first < size:
        rows = tx.all(_PLACED, community_id=community_id, first=first, most=_MANY)
        if not rows:
            raise LookupError(f"the order has no place {first} of {size}")
        wanted = [Entry(row.kind, row.entry_id) for row in rows]
        entries = read_entries(tx, community_id, wanted)
        hashes = [leaf_hash(entries[entry]) for entry in wanted]
        tx.many(
            _HASH,
            [
                {"community_id": community_id, "leaf_index": first + n, "leaf_hash": hashed}
                for n, hashed in enumerate(hashes)
            ],
        )
        edge = read_tiles(tx, community_id, edge_of(first))
        keep_tiles(tx, community_id, grown(edge, first, hashes))
        first += len(rows)


def _salt_acts(tx: Tx) -> None:
    acts = [row._asdict() for row in tx.all(_ACTS)]
    tx.many(_SALT, [{**act, "salt": os.urandom(_SALT_BYTES)} for act in acts])
    tx.many(_WAITS, acts)
