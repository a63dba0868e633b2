"""Time slots of goods that go fast, and the slot an order lies in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def upgrade() -> None:
    """Create the table; no order so far lies in a slot."""
    op.create_table(
        "good_slot",
        _number("community_id"),
        _number("slot_id"),
        _number("good_id"),
        _number("business_date"),
        _number("from_at"),
        _number("to_at"),
        _number("capacity"),
        _number("taken"),
        _number("set_at"),
        sa.PrimaryKeyConstraint("community_id", "slot_id", name="pk_good_slot"),
        sa.ForeignKeyConstraint(
            ["community_id", "good_id"],
            ["good.community_id", "good.good_id"],
            name="fk_good_slot_good",
        ),
        sa.CheckConstraint("taken >= 0 AND taken <= capacity", name="ck_good_slot_taken"),
    )
    op.create_index(
        "ix_good_slot_good", "good_slot", ["community_id", "good_id", "to_at"], unique=False
    )
    op.add_column("goods_order", _number("slot_id", null=True))
    op.add_column("goods_order", _number("slot_from_at", null=True))
