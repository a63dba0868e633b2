"""Services for points: vouchers and their ends, the calendar, orders, benefits given."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def upgrade() -> None:
    """Create the tables; nothing is offered yet."""
    _service()
    _voucher()
    _voucher_end()
    _voucher_notice()
    _slot()
    _service_order()
    _benefit_given()


def _service() -> None:
    op.create_table(
        "service",
        _number("community_id"),
        _number("service_id"),
        _text("code"),
        _text("name"),
        _number("provider_id"),
        _number("commodity"),
        _number("price_units"),
        _number("contract_fen"),
        _number("valid_days"),
        _number("cancel_hours"),
        _number("needs_booking"),
        _number("returnable"),
        _text("unused"),
        _text("state"),
        _number("changed_at"),
        sa.PrimaryKeyConstraint("community_id", "service_id", name="pk_service"),
        sa.CheckConstraint("contract_fen >= 0", name="ck_service_contract"),
        sa.CheckConstraint("price_units > 0", name="ck_service_price"),
        sa.UniqueConstraint("community_id", "code", name="uq_service_2"),
    )


def _voucher() -> None:
    op.create_table(
        "voucher",
        _number("community_id"),
        _number("voucher_id"),
        _number("serial"),
        _number("service_id"),
        _number("provider_id"),
        _number("commodity"),
        _number("units"),
        _number("contract_fen"),
        _number("person_id"),
        _number("wallet_owner_id"),
        _text("sold_by"),
        _number("terminal_id", null=True),
        _text("unused"),
        _number("business_date"),
        _number("last_day"),
        _number("sold_at"),
        _text("request_id"),
        _number("txn_id"),
        sa.PrimaryKeyConstraint("community_id", "voucher_id", name="pk_voucher"),
        sa.CheckConstraint("units > 0", name="ck_voucher_units"),
        sa.ForeignKeyConstraint(
            ["community_id", "service_id"],
            ["service.community_id", "service.service_id"],
            name="fk_voucher_service",
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "txn_id"], ["txn.community_id", "txn.txn_id"], name="fk_voucher_txn"
        ),
        sa.UniqueConstraint("community_id", "serial", name="uq_voucher_3"),
        sa.UniqueConstraint("community_id", "txn_id", name="uq_voucher_4"),
    )
    op.create_index("ix_voucher_last_day", "voucher", ["community_id", "last_day"], unique=False)
    op.create_index(
        "ix_voucher_owner",
        "voucher",
        ["community_id", "wallet_owner_id", "voucher_id"],
        unique=False,
    )
    op.create_index(
        "ix_voucher_provider",
        "voucher",
        ["community_id", "provider_id", "voucher_id"],
        unique=False,
    )


def _voucher_end() -> None:
    op.create_table(
        "voucher_end",
        _number("community_id"),
        _number("voucher_id"),
        _text("how"),
        _number("provider_id"),
        _number("terminal_id", null=True),
        _text("ref", null=True),
        _number("units"),
        _number("fen"),
        _number("business_date"),
        _number("occurred_at"),
        _number("ended_at"),
        _text("request_id"),
        _number("txn_id"),
        sa.PrimaryKeyConstraint("community_id", "voucher_id", name="pk_voucher_end"),
        sa.ForeignKeyConstraint(
            ["community_id", "txn_id"],
            ["txn.community_id", "txn.txn_id"],
            name="fk_voucher_end_txn",
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "voucher_id"],
            ["voucher.community_id", "voucher.voucher_id"],
            name="fk_voucher_end_voucher",
        ),
        sa.UniqueConstraint("community_id", "ref", name="uq_voucher_end_2"),
        sa.UniqueConstraint("community_id", "txn_id", name="uq_voucher_end_3"),
    )
    op.create_index(
        "ix_voucher_end_provider",
        "voucher_end",
        ["community_id", "provider_id", "business_date"],
        unique=False,
    )


def _voucher_notice() -> None:
    op.create_table(
        "voucher_notice",
        _number("community_id"),
        _number("voucher_id"),
        _number("last_day"),
        _number("given_on"),
        sa.PrimaryKeyConstraint("community_id", "voucher_id", name="pk_voucher_notice"),
        sa.ForeignKeyConstraint(
            ["community_id", "voucher_id"],
            ["voucher.community_id", "voucher.voucher_id"],
            name="fk_voucher_notice_voucher",
        ),
    )


def _slot() -> None:
    op.create_table(
        "slot",
        _number("community_id"),
        _number("slot_id"),
        _number("service_id"),
        _number("starts_at"),
        _number("ends_at"),
        _number("capacity"),
        _number("taken"),
        _text("state"),
        sa.PrimaryKeyConstraint("community_id", "slot_id", name="pk_slot"),
        sa.CheckConstraint("taken >= 0 AND taken <= capacity", name="ck_slot_taken"),
        sa.ForeignKeyConstraint(
            ["community_id", "service_id"],
            ["service.community_id", "service.service_id"],
            name="fk_slot_service",
        ),
        sa.UniqueConstraint("community_id", "service_id", "starts_at", name="uq_slot_2"),
    )
    op.create_index("ix_slot_time", "slot", ["community_id", "starts_at"], unique=False)


def _service_order() -> None:
    op.create_table(
        "service_order",
        _number("community_id"),
        _number("order_id"),
        _number("voucher_id"),
        _number("service_id"),
        _number("provider_id"),
        _number("person_id"),
        _number("wallet_owner_id"),
        _number("slot_id", null=True),
        _text("state"),
        _number("asked_at"),
        _number("answered_at", null=True),
        _number("ended_at", null=True),
        _number("confirmed_at", null=True),
        _text("confirmed_by"),
        _number("rating", null=True),
        sa.PrimaryKeyConstraint("community_id", "order_id", name="pk_service_order"),
        sa.CheckConstraint(
            "rating IS NULL OR (rating >= 1 AND rating <= 5)", name="ck_order_rating"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "voucher_id"],
            ["voucher.community_id", "voucher.voucher_id"],
            name="fk_order_voucher",
        ),
    )
    op.create_index(
        "ix_order_provider", "service_order", ["community_id", "provider_id", "state"], unique=False
    )
    op.create_index("ix_order_slot", "service_order", ["community_id", "slot_id"], unique=False)
    op.create_index(
        "ix_order_voucher", "service_order", ["community_id", "voucher_id", "state"], unique=False
    )


def _benefit_given() -> None:
    op.create_table(
        "benefit_given",
        _number("community_id"),
        _text("benefit_id"),
        _text("code"),
        _number("merchant_id"),
        _number("terminal_id"),
        _number("clerk_id", null=True),
        _number("person_id"),
        _text("ref"),
        _number("business_date"),
        _number("occurred_at"),
        _number("total_fen"),
        _number("off_fen"),
        _number("commodity"),
        _number("burned_units"),
        _text("scheme_version"),
        _number("txn_id", null=True),
        sa.PrimaryKeyConstraint("community_id", "benefit_id", name="pk_benefit_given"),
        sa.CheckConstraint("off_fen >= 0 AND off_fen <= total_fen", name="ck_benefit_off"),
        sa.UniqueConstraint("community_id", "ref", name="uq_benefit_given_1"),
    )
    op.create_index(
        "ix_benefit_merchant",
        "benefit_given",
        ["community_id", "merchant_id", "business_date"],
        unique=False,
    )
