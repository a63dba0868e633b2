"""Steps a discrepancy comes to by waiting."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def upgrade() -> None:
    """Create the table; what is open already comes to its steps with the next night."""
    op.create_table(
        "discrepancy_step",
        _number("community_id"),
        _number("discrepancy_no"),
        sa.Column("step", sa.Text(), nullable=False),
        _number("business_date"),
        _number("reached_at"),
        sa.PrimaryKeyConstraint(
            "community_id", "discrepancy_no", "step", name="pk_discrepancy_step"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "discrepancy_no"],
            ["discrepancy.community_id", "discrepancy.discrepancy_no"],
            name="fk_discrepancy_step",
        ),
    )
