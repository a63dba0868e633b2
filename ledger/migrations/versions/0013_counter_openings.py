"""Extra openings of the goods counter."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def upgrade() -> None:
    """Create the table; the windows of the scheme stand alone until somebody adds to them."""
    op.create_table(
        "counter_opening",
        _number("community_id"),
        _number("opening_id"),
        _number("merchant_id"),
        _number("from_at"),
        _number("to_at"),
        sa.Column("why", sa.Text(), nullable=False),
        _number("set_by"),
        _number("set_at"),
        sa.PrimaryKeyConstraint("community_id", "opening_id", name="pk_counter_opening"),
    )
    op.create_index(
        "ix_counter_opening",
        "counter_opening",
        ["community_id", "merchant_id", "to_at"],
        unique=False,
    )
