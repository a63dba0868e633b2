"""Cards for a carer, with their own limit a day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def upgrade() -> None:
    """Create the table; no card is a carer's yet."""
    op.create_table(
        "carer_card",
        _number("community_id"),
        _number("serial"),
        _number("day_units"),
        _number("set_at"),
        sa.PrimaryKeyConstraint("community_id", "serial", name="pk_carer_card"),
        sa.CheckConstraint("day_units >= 0", name="ck_carer_card_units"),
        sa.ForeignKeyConstraint(
            ["community_id", "serial"],
            ["card.community_id", "card.serial"],
            name="fk_carer_card",
        ),
    )
