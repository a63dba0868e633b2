"""The yuan of a goods counter: counted and banked, kept with ordered goods and with what came back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _widen(table: str, name: str) -> None:
    """What is there already cost no yuan."""
    zero = sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False, server_default="0")
    op.add_column(table, zero)
    with op.batch_alter_table(table) as batch:
        batch.alter_column(name, server_default=None)


def upgrade() -> None:
    """Create the table and the columns; no order and no return so far had yuan beside its points."""
    _widen("goods_order_line", "price_fen")
    _widen("goods_return", "paid_back_fen")
    op.create_table(
        "till_act",
        _number("community_id"),
        _number("act_id"),
        _number("merchant_id"),
        _number("number"),
        _text("kind"),
        _number("business_date"),
        _number("book_fen"),
        _number("fen"),
        _text("reason"),
        _number("staff_id"),
        _number("at"),
        _number("txn_id", null=True),
        sa.PrimaryKeyConstraint("community_id", "act_id", name="pk_till_act"),
        sa.CheckConstraint("fen >= 0", name="ck_till_act_fen"),
        sa.UniqueConstraint("community_id", "merchant_id", "number", name="uq_till_act_1"),
    )
