"""Signed checkpoints: the log's keys, what was signed, and recoveries."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing was signed yet: every head begins at the empty tree."""
    _log_key()
    _checkpoint()
    _log_recovery()
    op.add_column("log_head", sa.Column("signed_size", sa.BigInteger(), nullable=True))
    op.add_column("log_head", sa.Column("signed_root", sa.LargeBinary(), nullable=True))
    op.execute(
        sa.text("UPDATE log_head SET signed_size = 0, signed_root = :empty").bindparams(
            empty=hashlib.sha256().digest()
        )
    )
    with op.batch_alter_table("log_head") as batch:
        batch.alter_column("signed_size", nullable=False)
        batch.alter_column("signed_root", nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _blob(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def _log_key() -> None:
    op.create_table(
        "log_key",
        _number("community_id"),
        _number("key_no"),
        _text("name"),
        _text("alg"),
        _blob("public_key"),
        _blob("private_key_encrypted"),
        _text("handover"),
        _number("made_by"),
        _number("made_at"),
        sa.PrimaryKeyConstraint("community_id", "key_no", name="pk_log_key"),
    )


def _checkpoint() -> None:
    op.create_table(
        "checkpoint",
        _number("community_id"),
        _number("size"),
        _blob("root"),
        _text("note"),
        _number("key_no"),
        _number("signed_at"),
        sa.PrimaryKeyConstraint("community_id", "size", name="pk_checkpoint"),
    )


def _log_recovery() -> None:
    op.create_table(
        "log_recovery",
        _number("community_id"),
        _number("recovery_no"),
        _number("size"),
        _blob("root"),
        _number("lost_size"),
        _text("note"),
        _number("made_by"),
        _number("made_at"),
        sa.PrimaryKeyConstraint("community_id", "recovery_no", name="pk_log_recovery"),
    )
