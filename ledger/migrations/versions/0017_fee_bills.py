"""Fee bills of households, their versions, files and offsets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    """Create the tables."""
    _bills()
    op.create_table(
        "fee_file",
        _number("community_id"),
        _text("kind"),
        _text("sha256"),
        _text("name"),
        _number("line_count"),
        _text("answer"),
        _number("taken_by"),
        _number("taken_at"),
        sa.PrimaryKeyConstraint("community_id", "kind", "sha256", name="pk_fee_file"),
    )
    _offsets()


def _bills() -> None:
    op.create_table(
        "fee_bill",
        _number("community_id"),
        _number("bill_id"),
        _number("biller_id"),
        _text("bill_no"),
        _number("household_id"),
        _text("kind"),
        _text("period"),
        _number("amount_fen"),
        _number("due_date"),
        _number("version"),
        _number("ceiling_fen"),
        _text("scheme_version"),
        _number("offset_fen"),
        _number("offsets"),
        _number("opened_at"),
        _number("changed_at"),
        sa.CheckConstraint("offset_fen >= 0", name="ck_fee_bill_offset"),
        sa.PrimaryKeyConstraint("community_id", "bill_id", name="pk_fee_bill"),
        sa.UniqueConstraint("community_id", "biller_id", "bill_no", name="uq_fee_bill_1"),
    )
    op.create_index(
        "ix_fee_bill_household", "fee_bill", ["community_id", "household_id"], unique=False
    )
    op.create_table(
        "fee_bill_version",
        _number("community_id"),
        _number("bill_id"),
        _number("version"),
        _number("amount_fen"),
        _number("due_date"),
        _text("period"),
        _number("ceiling_fen"),
        _text("scheme_version"),
        _text("file_sha256"),
        _number("row_no"),
        _number("back_fen"),
        _number("recorded_at"),
        sa.ForeignKeyConstraint(
            ["community_id", "bill_id"],
            ["fee_bill.community_id", "fee_bill.bill_id"],
            name="fk_fee_bill_version_bill",
        ),
        sa.PrimaryKeyConstraint("community_id", "bill_id", "version", name="pk_fee_bill_version"),
    )


def _offsets() -> None:
    op.create_table(
        "fee_offset",
        _number("community_id"),
        _number("offset_id"),
        _number("bill_id"),
        _number("biller_id"),
        _text("ref"),
        _number("household_id"),
        _number("person_id"),
        _number("wallet_owner_id"),
        _number("commodity"),
        _number("units"),
        _number("fen"),
        _number("units_per_fen"),
        _text("scheme_version"),
        _text("cap_code"),
        _number("counted_month"),
        _text("hold_request"),
        _text("state"),
        _text("asked_by"),
        _number("opened_at"),
        _number("expires_at"),
        _number("ended_at", null=True),
        _text("why"),
        _number("txn_id", null=True),
        _number("business_date", null=True),
        _number("backs"),
        _number("back_units"),
        _number("back_fen"),
        sa.CheckConstraint("back_fen >= 0 AND back_fen <= fen", name="ck_fee_offset_back"),
        sa.ForeignKeyConstraint(
            ["community_id", "bill_id"],
            ["fee_bill.community_id", "fee_bill.bill_id"],
            name="fk_fee_offset_bill",
        ),
        sa.PrimaryKeyConstraint("community_id", "offset_id", name="pk_fee_offset"),
        sa.UniqueConstraint("community_id", "biller_id", "ref", name="uq_fee_offset_2"),
    )
    op.create_index("ix_fee_offset_bill", "fee_offset", ["community_id", "bill_id"], unique=False)
    op.create_index(
        "ix_fee_offset_state",
        "fee_offset",
        ["community_id", "state", "expires_at"],
        unique=False,
    )
