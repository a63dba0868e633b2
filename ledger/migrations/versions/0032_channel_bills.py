"""Bills of payment channels: each with the time it speaks for, and their lines."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    """Create both tables; bills read before were not kept, so nothing is covered yet."""
    op.create_table(
        "channel_bill",
        _number("community_id"),
        _number("bill_id"),
        _number("merchant_id"),
        _text("layout"),
        _text("channel"),
        _text("account"),
        _text("kinds"),
        _text("outcome"),
        _number("covers_from"),
        _number("covers_until"),
        _text("sha256"),
        _text("file_sha256"),
        _text("file_name"),
        _number("pay_count"),
        _number("pay_fen"),
        _number("back_count"),
        _number("back_fen"),
        _text("answer"),
        _number("taken_by"),
        _number("taken_at"),
        sa.PrimaryKeyConstraint("community_id", "bill_id", name="pk_channel_bill"),
        sa.UniqueConstraint("community_id", "merchant_id", "sha256", name="uq_channel_bill_0"),
    )
    op.create_index(
        "ix_channel_bill_cover",
        "channel_bill",
        ["community_id", "merchant_id", "channel", "covers_until"],
    )
    op.create_table(
        "channel_line",
        _number("community_id"),
        _number("bill_id"),
        _number("line_no"),
        _number("merchant_id"),
        _text("channel"),
        _text("kind"),
        _text("payment_ref"),
        _text("refund_ref"),
        _number("fen"),
        _number("at"),
        sa.PrimaryKeyConstraint(
            "community_id",
            "merchant_id",
            "channel",
            "payment_ref",
            "refund_ref",
            name="pk_channel_line",
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "bill_id"],
            ["channel_bill.community_id", "channel_bill.bill_id"],
            name="fk_channel_line_bill",
        ),
    )
    op.create_index("ix_channel_line_at", "channel_line", ["community_id", "merchant_id", "at"])
