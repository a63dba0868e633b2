"""Selling without network: who may, what came in later, which slips are missing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _table(name: str, key: tuple[str, ...], *parts: sa.schema.SchemaItem) -> None:
    primary = sa.PrimaryKeyConstraint("community_id", *key, name=f"pk_{name}")
    op.create_table(name, _number("community_id"), *parts, primary)


def upgrade() -> None:
    """Create the tables; no shop may, nothing came in, nothing is missing."""
    _table(
        "offline_shop",
        ("merchant_id", "decided_at"),
        _number("merchant_id"),
        _number("decided_at"),
        _number("terminal_units"),
        _text("why"),
        _number("decided_by"),
        sa.CheckConstraint("terminal_units >= 0", name="ck_offline_shop_units"),
    )
    _sales()
    _table(
        "slip_mark",
        ("terminal_id", "made_at"),
        _number("terminal_id"),
        _number("made_at"),
        _number("last_counter"),
        _text("why"),
        _number("made_by"),
    )
    _table(
        "till_waiting",
        ("terminal_id",),
        _number("terminal_id"),
        _number("said_at"),
        _number("last_counter"),
        _text("waiting"),
        _text("unused"),
    )


def _sales() -> None:
    _table(
        "offline_sale",
        ("request_id",),
        _text("request_id"),
        _text("ref"),
        _number("terminal_id"),
        _number("merchant_id"),
        _number("counter"),
        _number("policy_day"),
        _number("policy_at"),
        _number("occurred_at"),
        _number("came_at"),
        _number("business_date"),
        _number("person_id", null=True),
        _number("card_serial"),
        _number("card_issue"),
        _number("total_fen"),
        _number("units"),
        _number("fen"),
        _number("lacked_units"),
        _text("state"),
        _text("code"),
        _number("keyed_by"),
        _number("heard_at", null=True),
        _text("heard_where"),
    )
    for name, columns in (
        ("person", ("person_id", "state")),
        ("terminal", ("terminal_id", "counter")),
    ):
        op.create_index(
            f"ix_offline_sale_{name}", "offline_sale", ["community_id", *columns], unique=False
        )
