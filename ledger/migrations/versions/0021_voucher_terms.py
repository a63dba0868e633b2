"""A voucher keeps the terms it was sold under, and a service may have others from a day on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_OWN = ("returnable", "needs_booking", "cancel_hours")


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def upgrade() -> None:
    """Write each voucher's terms into its own row: those of its service, which no page could change before."""
    op.create_table(
        "service_terms",
        _number("community_id"),
        _number("service_id"),
        _number("from_date"),
        _number("price_units"),
        _number("contract_fen"),
        _number("valid_days"),
        _number("cancel_hours"),
        _number("needs_booking"),
        _number("returnable"),
        sa.Column("unused", sa.Text(), nullable=False),
        _number("set_at"),
        sa.PrimaryKeyConstraint("community_id", "service_id", "from_date", name="pk_service_terms"),
        sa.ForeignKeyConstraint(
            ["community_id", "service_id"],
            ["service.community_id", "service.service_id"],
            name="fk_service_terms_service",
        ),
        sa.CheckConstraint("price_units > 0", name="ck_service_terms_price"),
        sa.CheckConstraint("contract_fen >= 0", name="ck_service_terms_contract"),
    )
    for name in _OWN:
        # The default fills the rows that are there; the program always says the value.
        op.add_column(
            "voucher",
            sa.Column(
                name, sa.BigInteger(), autoincrement=False, nullable=False, server_default="0"
            ),
        )
    for name in _OWN:
        op.execute(
            f"UPDATE voucher SET {name} = (SELECT s.{name} FROM service s"
            " WHERE s.community_id = voucher.community_id AND s.service_id = voucher.service_id)"
        )
