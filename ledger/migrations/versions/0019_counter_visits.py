"""Proxies, notices, goods that come back, orders and the queue of the goods counter."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _table(name: str, key: tuple[str, ...], *parts: sa.schema.SchemaItem) -> None:
    primary = sa.PrimaryKeyConstraint("community_id", *key, name=f"pk_{name}")
    op.create_table(name, _number("community_id"), *parts, primary)


def _index(name: str, table: str, *columns: str) -> None:
    op.create_index(name, table, ["community_id", *columns], unique=False)


def upgrade() -> None:
    """Create the tables; nobody collects for anybody, nothing is ordered, nobody waits."""
    _proxies()
    _returns()
    _orders()
    _table(
        "ticket",
        ("merchant_id", "business_date", "number"),
        _number("merchant_id"),
        _number("business_date"),
        _number("number"),
        _text("request_id"),
        _text("state"),
        _number("taken_at"),
        _number("called_at", null=True),
        _number("terminal_id", null=True),
        sa.UniqueConstraint("community_id", "request_id", name="uq_ticket_0"),
    )


def _proxies() -> None:
    _table(
        "proxy",
        ("person_id", "slot"),
        _number("person_id"),
        _number("slot"),
        _text("relation"),
        _text("name"),
        _number("since_at"),
    )
    _table(
        "redemption_proxy",
        ("redemption_id",),
        _text("redemption_id"),
        _text("relation"),
        _text("name"),
    )
    _table(
        "counter_notice",
        ("notice_id",),
        _number("notice_id"),
        _number("person_id"),
        _text("kind"),
        _text("ref"),
        _text("facts"),
        _number("told_at"),
    )
    _index("ix_counter_notice", "counter_notice", "person_id", "notice_id")


def _returns() -> None:
    _table(
        "goods_return",
        ("return_id",),
        _text("return_id"),
        _text("ref"),
        _text("redemption_id"),
        _number("terminal_id"),
        _number("clerk_id", null=True),
        _number("business_date"),
        _number("occurred_at"),
        _number("units"),
        _number("txn_id"),
        sa.UniqueConstraint("community_id", "ref", name="uq_goods_return_0"),
    )
    _index("ix_goods_return", "goods_return", "redemption_id")
    _table(
        "goods_return_line",
        ("return_id", "line_no"),
        _text("return_id"),
        _number("line_no"),
        _number("quantity"),
        sa.ForeignKeyConstraint(
            ["community_id", "return_id"],
            ["goods_return.community_id", "goods_return.return_id"],
            name="fk_goods_return_line",
        ),
        sa.CheckConstraint("quantity > 0", name="ck_goods_return_quantity"),
    )


def _orders() -> None:
    _table(
        "goods_order",
        ("order_id",),
        _text("order_id"),
        _number("merchant_id"),
        _number("number"),
        _number("person_id"),
        _number("wallet_owner_id"),
        _number("commodity"),
        _number("units"),
        _number("hold_id"),
        _text("source"),
        _text("state"),
        _number("ordered_at"),
        _number("expires_at"),
        _number("ended_at", null=True),
        _text("redemption_id"),
        sa.UniqueConstraint("community_id", "merchant_id", "number", name="uq_goods_order_0"),
    )
    _index("ix_goods_order_person", "goods_order", "person_id", "state")
    _index("ix_goods_order_due", "goods_order", "state", "expires_at")
    _table(
        "goods_order_line",
        ("order_id", "line_no"),
        _text("order_id"),
        _number("line_no"),
        _number("good_id"),
        _number("quantity"),
        _number("price_units"),
        sa.ForeignKeyConstraint(
            ["community_id", "order_id"],
            ["goods_order.community_id", "goods_order.order_id"],
            name="fk_goods_order_line",
        ),
        sa.CheckConstraint("quantity > 0", name="ck_goods_order_quantity"),
    )
