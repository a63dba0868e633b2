"""Funds by name, the year's budget, coverage by day, and the committee's votes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    """Create the tables; who funded before stays unsaid."""
    _funds()
    _watch()
    op.create_table(
        "vote",
        _number("community_id"),
        _number("vote_id"),
        _text("subject"),
        _text("digest"),
        _number("held_on"),
        _number("members"),
        _number("present"),
        _number("ayes"),
        _number("noes"),
        _number("abstentions"),
        _text("minutes_sha256"),
        _number("passed"),
        _number("proposed_by"),
        _number("approved_by"),
        _number("recorded_at"),
        _number("used_at", null=True),
        sa.PrimaryKeyConstraint("community_id", "vote_id", name="pk_vote"),
    )
    op.create_index("ix_vote_subject", "vote", ["community_id", "subject", "digest"], unique=False)


def _funds() -> None:
    op.create_table(
        "fund",
        _number("community_id"),
        _number("fund_id"),
        _text("code"),
        _text("name"),
        _number("opened_at"),
        sa.PrimaryKeyConstraint("community_id", "fund_id", name="pk_fund"),
        sa.UniqueConstraint("community_id", "code", name="uq_fund_0"),
    )
    op.create_table(
        "fund_entry",
        _number("community_id"),
        _number("txn_id"),
        _number("fund_id"),
        _text("kind"),
        _text("source"),
        _number("fen"),
        _text("reason"),
        sa.ForeignKeyConstraint(
            ["community_id", "txn_id"], ["txn.community_id", "txn.txn_id"], name="fk_fund_entry_txn"
        ),
        sa.PrimaryKeyConstraint("community_id", "txn_id", "fund_id", name="pk_fund_entry"),
    )
    op.create_index(
        "ix_fund_entry_fund", "fund_entry", ["community_id", "fund_id", "txn_id"], unique=False
    )


def _watch() -> None:
    op.create_table(
        "budget_year",
        _number("community_id"),
        _number("year"),
        _text("state"),
        _number("used_fen"),
        _number("cap_fen"),
        _number("changed_at"),
        sa.PrimaryKeyConstraint("community_id", "year", name="pk_budget_year"),
    )
    op.create_table(
        "coverage_day",
        _number("community_id"),
        _number("business_date"),
        _number("fund_fen"),
        _number("value_fen"),
        _number("expected_fen"),
        _number("permille", null=True),
        _number("limit_permille"),
        _number("used_fen"),
        _number("cap_fen"),
        _number("noted_at"),
        sa.PrimaryKeyConstraint("community_id", "business_date", name="pk_coverage_day"),
    )
