"""Certificates on paper and how they ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def upgrade() -> None:
    """Create the tables; nothing is printed yet."""
    op.create_table(
        "certificate",
        _number("community_id"),
        _number("certificate_id"),
        _number("serial"),
        _number("person_id"),
        _number("wallet_owner_id"),
        _number("commodity"),
        _number("units"),
        _text("shop_kind"),
        _number("hold_id"),
        _text("cap_code"),
        _number("counted_month"),
        _number("business_date"),
        _number("last_day"),
        _number("printed_by"),
        _number("printed_at"),
        _text("request_id"),
        sa.PrimaryKeyConstraint("community_id", "certificate_id", name="pk_certificate"),
        sa.CheckConstraint("units > 0", name="ck_certificate_units"),
        sa.ForeignKeyConstraint(
            ["community_id", "hold_id"],
            ["hold.community_id", "hold.hold_id"],
            name="fk_certificate_hold",
        ),
        sa.UniqueConstraint("community_id", "serial", name="uq_certificate_2"),
        sa.UniqueConstraint("community_id", "hold_id", name="uq_certificate_3"),
    )
    op.create_index(
        "ix_certificate_person", "certificate", ["community_id", "person_id", "certificate_id"]
    )
    op.create_index("ix_certificate_last_day", "certificate", ["community_id", "last_day"])
    op.create_table(
        "certificate_end",
        _number("community_id"),
        _number("certificate_id"),
        _text("how"),
        _number("used_units"),
        _number("merchant_id", null=True),
        _number("terminal_id", null=True),
        _text("ref", null=True),
        _number("business_date"),
        _number("ended_by"),
        _number("ended_at"),
        _number("txn_id", null=True),
        sa.PrimaryKeyConstraint("community_id", "certificate_id", name="pk_certificate_end"),
        sa.CheckConstraint("used_units >= 0", name="ck_certificate_used"),
        sa.ForeignKeyConstraint(
            ["community_id", "certificate_id"],
            ["certificate.community_id", "certificate.certificate_id"],
            name="fk_certificate_end",
        ),
        sa.UniqueConstraint("community_id", "ref", name="uq_certificate_end_2"),
    )
