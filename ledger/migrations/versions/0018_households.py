"""Households that part, join, give and inherit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    """Create their tables."""
    for table in (_acts, _lines, _ends, _estates, _late, _limits):
        table()


def _acts() -> None:
    op.create_table(
        "household_act",
        _number("community_id"),
        _number("act_id"),
        _text("kind"),
        _number("household_id"),
        _number("other_household_id", null=True),
        _number("person_id", null=True),
        _text("rule"),
        _text("reason"),
        _text("evidence"),
        _number("happened_on"),
        _number("business_date"),
        _number("approval_id", null=True),
        _number("proposed_by"),
        _number("approved_by", null=True),
        _number("made_at"),
        sa.PrimaryKeyConstraint("community_id", "act_id", name="pk_household_act"),
        sa.UniqueConstraint("community_id", "approval_id", name="uq_household_act_0"),
    )
    op.create_index(
        "ix_household_act_household",
        "household_act",
        ["community_id", "household_id", "act_id"],
        unique=False,
    )


def _lines() -> None:
    op.create_table(
        "household_line",
        _number("community_id"),
        _number("act_id"),
        _number("line_no"),
        _number("txn_id"),
        _text("what"),
        _number("commodity"),
        _number("from_owner"),
        _number("to_owner"),
        _number("person_id", null=True),
        _number("earned_on", null=True),
        _number("units"),
        sa.PrimaryKeyConstraint("community_id", "act_id", "line_no", name="pk_household_line"),
        sa.CheckConstraint("units > 0", name="ck_household_line_units"),
        sa.UniqueConstraint("community_id", "txn_id", name="uq_household_line_1"),
    )


def _ends() -> None:
    op.create_table(
        "household_end",
        _number("community_id"),
        _number("household_id"),
        _number("successor_id"),
        _number("act_id"),
        _number("ended_at"),
        sa.PrimaryKeyConstraint("community_id", "household_id", name="pk_household_end"),
    )


def _estates() -> None:
    op.create_table(
        "estate",
        _number("community_id"),
        _number("person_id"),
        _number("household_id"),
        _number("died_on"),
        _number("reported_on"),
        _number("claim_until"),
        _number("was_last"),
        _number("claimed_act", null=True),
        sa.PrimaryKeyConstraint("community_id", "person_id", name="pk_estate"),
    )


def _late() -> None:
    op.create_table(
        "late_spending",
        _number("community_id"),
        _number("txn_id"),
        _number("person_id"),
        _number("business_date"),
        _number("units"),
        _text("answer"),
        _number("answered_by", null=True),
        _number("answered_at", null=True),
        sa.PrimaryKeyConstraint("community_id", "txn_id", name="pk_late_spending"),
    )


def _limits() -> None:
    op.create_table(
        "member_limit",
        _number("community_id"),
        _number("person_id"),
        _number("household_id"),
        _number("from_month"),
        _number("set_at"),
        _number("units", null=True),
        _text("set_by_kind"),
        _number("set_by"),
        sa.PrimaryKeyConstraint(
            "community_id",
            "person_id",
            "household_id",
            "from_month",
            "set_at",
            name="pk_member_limit",
        ),
        sa.CheckConstraint("units >= 0", name="ck_member_limit_units"),
    )
