"""Months that close: their rollups and trial balances, and corrections that name what they correct."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    """Create the period's tables; a statement's line gets room for what it corrects."""
    op.create_table(
        "period",
        _number("community_id"),
        _number("period_key"),
        _text("state"),
        _number("first_date"),
        _number("last_date"),
        _number("tree_size", null=True),
        _text("root"),
        _text("trial_balance_hash"),
        _number("closed_at", null=True),
        sa.PrimaryKeyConstraint("community_id", "period_key", name="pk_period"),
    )
    op.create_table(
        "rollup",
        _number("community_id"),
        _number("account_id"),
        _number("period_key"),
        _number("debits"),
        _number("credits"),
        sa.ForeignKeyConstraint(
            ["community_id", "account_id"],
            ["account.community_id", "account.account_id"],
            name="fk_rollup_account",
        ),
        sa.PrimaryKeyConstraint("community_id", "account_id", "period_key", name="pk_rollup"),
    )
    op.create_table(
        "trial_balance",
        _number("community_id"),
        _number("period_key"),
        _number("commodity"),
        _text("kind"),
        _number("debits"),
        _number("credits"),
        sa.PrimaryKeyConstraint(
            "community_id", "period_key", "commodity", "kind", name="pk_trial_balance"
        ),
    )
    op.add_column("statement_row", _number("corrects_no", null=True))
    op.add_column("statement_row", _number("corrects_row", null=True))
