"""Payments to a bank by file, its answers, and how the office's own account and bookkeeping are set up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def upgrade() -> None:
    """Create the tables; a payout made so far keeps the way it went as unknown ('')."""
    op.create_table(
        "bank_batch",
        _number("community_id"),
        _number("batch_id"),
        _number("batch_no"),
        _text("bank"),
        _number("value_date"),
        _text("file_name"),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        _number("line_count"),
        _number("amount_fen"),
        _text("state"),
        _number("made_by"),
        _number("made_at"),
        _number("ended_by", null=True),
        _number("ended_at", null=True),
        _text("why", null=True),
        sa.PrimaryKeyConstraint("community_id", "batch_id", name="pk_bank_batch"),
        sa.UniqueConstraint("community_id", "batch_no", name="uq_bank_batch_0"),
    )
    op.create_index("ix_bank_batch_state", "bank_batch", ["community_id", "state"], unique=False)
    _lines()
    op.create_table(
        "bank_answer",
        _number("community_id"),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        _text("bank"),
        _text("answer"),
        _number("taken_by"),
        _number("taken_at"),
        sa.PrimaryKeyConstraint("community_id", "sha256", name="pk_bank_answer"),
    )
    op.create_table(
        "finance_setup",
        _number("community_id"),
        _number("version_no"),
        _text("body"),
        _number("set_by"),
        _number("set_at"),
        sa.PrimaryKeyConstraint("community_id", "version_no", name="pk_finance_setup"),
    )
    with op.batch_alter_table("payout") as batch:
        batch.add_column(sa.Column("route", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("payout") as batch:
        batch.alter_column("route", server_default=None)


def _lines() -> None:
    op.create_table(
        "bank_line",
        _number("community_id"),
        _number("batch_id"),
        _number("line_no"),
        _number("payout_id"),
        _number("attempt"),
        _text("reference"),
        _number("amount_fen"),
        _text("holder"),
        _text("bank_name"),
        _text("account_no"),
        _text("outcome", null=True),
        _number("paid_fen"),
        _text("reason"),
        _number("answered_at", null=True),
        _text("settled", null=True),
        sa.PrimaryKeyConstraint("community_id", "batch_id", "line_no", name="pk_bank_line"),
        sa.UniqueConstraint("community_id", "reference", name="uq_bank_line_0"),
        sa.ForeignKeyConstraint(
            ["community_id", "batch_id"],
            ["bank_batch.community_id", "bank_batch.batch_id"],
            name="fk_bank_line_batch",
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "payout_id"],
            ["payout.community_id", "payout.payout_id"],
            name="fk_bank_line_payout",
        ),
    )
    op.create_index(
        "ix_bank_line_payout", "bank_line", ["community_id", "payout_id", "attempt"], unique=False
    )
    op.create_index("ix_bank_line_outcome", "bank_line", ["community_id", "outcome"], unique=False)
