"""Calls for help from the residents' screen, with the basket as it was there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    """Create the table; nobody calls yet."""
    op.create_table(
        "help_call",
        _number("community_id"),
        _text("call_id"),
        _number("merchant_id"),
        _number("terminal_id"),
        _text("basket"),
        _text("state"),
        _number("called_at"),
        _number("taken_at", null=True),
        _number("taken_by", null=True),
        sa.PrimaryKeyConstraint("community_id", "call_id", name="pk_help_call"),
    )
    op.create_index(
        "ix_help_call_waiting",
        "help_call",
        ["community_id", "merchant_id", "state", "called_at"],
        unique=False,
    )
