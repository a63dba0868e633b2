"""First schema: sales, refunds, redemptions, goods and the payment channel."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Create them, those that others point at first."""
    _channel_event()
    _good()
    _payment_posting()
    _payment_route()
    _redemption()
    _sale()
    _visit()
    _redemption_line()
    _refund()


def _channel_event() -> None:
    op.create_table(
        "channel_event",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("community_id", "event_id", name="pk_channel_event"),
    )
    op.create_index(
        "ix_channel_event_state",
        "channel_event",
        ["community_id", "state", "received_at"],
        unique=False,
    )


def _good() -> None:
    op.create_table(
        "good",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("good_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("merchant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("picture", sa.Text(), nullable=False),
        sa.Column("price_units", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("commodity", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("cost_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stock", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("community_id", "good_id", name="pk_good"),
        sa.UniqueConstraint("community_id", "merchant_id", "code", name="uq_good_0"),
    )


def _payment_posting() -> None:
    op.create_table(
        "payment_posting",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("payment_ref", sa.Text(), nullable=False),
        sa.Column("turn", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sale_id", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("community_id", "payment_ref", "turn", name="pk_payment_posting"),
    )


def _payment_route() -> None:
    op.create_table(
        "payment_route",
        sa.Column("payment_ref", sa.Text(), nullable=False),
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sale_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("turn", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("payment_ref", name="pk_payment_route"),
    )


def _redemption() -> None:
    op.create_table(
        "redemption",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("redemption_id", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("terminal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("clerk_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("wallet_owner_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_date", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("units", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("txn_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("community_id", "redemption_id", name="pk_redemption"),
        sa.UniqueConstraint("community_id", "ref", name="uq_redemption_0"),
    )
    op.create_index(
        "ix_redemption_day",
        "redemption",
        ["community_id", "merchant_id", "business_date"],
        unique=False,
    )


def _sale() -> None:
    op.create_table(
        "sale",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sale_id", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("terminal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("clerk_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("wallet_owner_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_date", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("total_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("offset_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("offset_units", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("earned_units", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("refunded_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("payment_ref", sa.Text(), nullable=True),
        sa.Column("txn_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "refunded_fen >= 0 AND refunded_fen <= total_fen", name="ck_sale_refunded"
        ),
        sa.PrimaryKeyConstraint("community_id", "sale_id", name="pk_sale"),
        sa.UniqueConstraint("community_id", "ref", name="uq_sale_1"),
    )
    op.create_index("ix_sale_open", "sale", ["community_id", "state", "occurred_at"], unique=False)
    op.create_index(
        "ix_sale_person", "sale", ["community_id", "wallet_owner_id", "occurred_at"], unique=False
    )
    op.create_index(
        "ix_sale_terminal", "sale", ["community_id", "terminal_id", "business_date"], unique=False
    )


def _visit() -> None:
    op.create_table(
        "visit",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("merchant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("community_id", "person_id", "merchant_id", name="pk_visit"),
    )


def _redemption_line() -> None:
    op.create_table(
        "redemption_line",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("redemption_id", sa.Text(), nullable=False),
        sa.Column("line_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("good_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("quantity", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("price_units", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("below_zero", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint("quantity > 0", name="ck_redemption_quantity"),
        sa.ForeignKeyConstraint(
            ["community_id", "redemption_id"],
            ["redemption.community_id", "redemption.redemption_id"],
            name="fk_redemption_line",
        ),
        sa.PrimaryKeyConstraint(
            "community_id", "redemption_id", "line_no", name="pk_redemption_line"
        ),
    )


def _refund() -> None:
    op.create_table(
        "refund",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("refund_id", sa.Text(), nullable=False),
        sa.Column("sale_id", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("terminal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_date", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("goods_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("cash_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("offset_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("units_back", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("earned_back_units", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("owed_units", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("txn_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(
            ["community_id", "sale_id"],
            ["sale.community_id", "sale.sale_id"],
            name="fk_refund_sale",
        ),
        sa.PrimaryKeyConstraint("community_id", "refund_id", name="pk_refund"),
        sa.UniqueConstraint("community_id", "ref", name="uq_refund_1"),
    )
    op.create_index("ix_refund_sale", "refund", ["community_id", "sale_id"], unique=False)
    op.create_index(
        "ix_refund_terminal",
        "refund",
        ["community_id", "terminal_id", "business_date"],
        unique=False,
    )
