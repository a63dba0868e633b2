"""Lines of statements in dispute, and every step of theirs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    """Create both tables; nothing is in dispute yet."""
    op.create_table(
        "dispute",
        *map(_number, ("community_id", "dispute_id", "claimant_id", "statement_id", "row_no")),
        _text("ref"),
        *map(_number, ("business_date", "booked_fen")),
        _number("asked_fen", null=True),
        _number("held_fen"),
        _text("state"),
        _number("appealed"),
        _text("outcome"),
        _number("outcome_fen"),
        _number("ruled_by", null=True),
        _number("approved_by", null=True),
        _number("due_date", null=True),
        *map(_number, ("raised_at", "changed_at")),
        sa.PrimaryKeyConstraint("community_id", "dispute_id", name="pk_dispute"),
        sa.ForeignKeyConstraint(
            ["community_id", "statement_id"],
            ["statement.community_id", "statement.statement_id"],
            name="fk_dispute",
        ),
        sa.UniqueConstraint("community_id", "statement_id", "row_no", "ref", name="uq_dispute_1"),
    )
    op.create_index("ix_dispute_state", "dispute", ["community_id", "state", "due_date"])
    op.create_index("ix_dispute_claimant", "dispute", ["community_id", "claimant_id", "state"])
    op.create_table(
        "dispute_step",
        *map(_number, ("community_id", "dispute_id", "step_no")),
        *map(_text, ("verb", "state", "by_kind")),
        *map(_number, ("by_id", "fen")),
        _number("txn_id", null=True),
        _text("note"),
        _number("at"),
        sa.PrimaryKeyConstraint("community_id", "dispute_id", "step_no", name="pk_dispute_step"),
        sa.ForeignKeyConstraint(
            ["community_id", "dispute_id"],
            ["dispute.community_id", "dispute.dispute_id"],
            name="fk_dispute_step",
        ),
    )
