"""What the watch saw, and what somebody found out about it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    """Create the table; nights before it were not watched."""
    op.create_table(
        "watch_flag",
        _number("community_id"),
        _number("business_date"),
        _text("rule"),
        _number("merchant_id"),
        _number("wallet_owner_id"),
        _number("terminal_id"),
        _number("figure"),
        _text("refs"),
        _text("state"),
        _text("reason"),
        _number("answered_by", null=True),
        _number("answered_at", null=True),
        _number("seen_at"),
        sa.PrimaryKeyConstraint(
            "community_id",
            "business_date",
            "rule",
            "merchant_id",
            "wallet_owner_id",
            "terminal_id",
            name="pk_watch_flag",
        ),
    )
    op.create_index("ix_watch_flag_state", "watch_flag", ["community_id", "state", "merchant_id"])
