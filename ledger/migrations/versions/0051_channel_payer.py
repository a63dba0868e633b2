"""Who made a payment, as a bill tells it: a pseudonym, for the watch alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    """Create the table; bills read before name no payer."""
    op.create_table(
        "channel_payer",
        *map(_number, ("community_id", "merchant_id")),
        *map(_text, ("channel", "payment_ref", "payer")),
        _number("told_at"),
        sa.PrimaryKeyConstraint(
            "community_id", "merchant_id", "channel", "payment_ref", name="pk_channel_payer"
        ),
    )


def downgrade() -> None:
    """Drop the table; the bills themselves are kept."""
    op.drop_table("channel_payer")
