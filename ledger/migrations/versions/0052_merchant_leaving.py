"""A shop that leaves has a last day, and some days to claim."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def upgrade() -> None:
    """Create the table; of shops that left before nobody knows the day."""
    op.create_table(
        "merchant_leaving",
        *map(_number, ("community_id", "merchant_id", "left_on")),
        sa.Column("cause", sa.Text(), nullable=False),
        _number("claims_until"),
        sa.Column("why", sa.Text(), nullable=False),
        *map(_number, ("recorded_by", "recorded_at")),
        sa.PrimaryKeyConstraint(
            "community_id", "merchant_id", "left_on", name="pk_merchant_leaving"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "merchant_id"],
            ["merchant.community_id", "merchant.merchant_id"],
            name="fk_merchant_leaving",
        ),
    )
