"""Shops that give no points while no bill of theirs comes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def upgrade() -> None:
    """Create the table; no shop is paused yet."""
    op.create_table(
        "earning_pause",
        _number("community_id"),
        _number("merchant_id"),
        _number("from_date"),
        _number("silent_since"),
        _number("began_at"),
        _number("ended_at", null=True),
        sa.PrimaryKeyConstraint(
            "community_id", "merchant_id", "from_date", name="pk_earning_pause"
        ),
    )
