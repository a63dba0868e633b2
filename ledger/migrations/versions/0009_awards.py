"""Points given and taken by a decision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    """Create the table of decided awards."""
    op.create_table(
        "award",
        _number("community_id"),
        _number("award_id"),
        _text("request_id"),
        _text("item_code"),
        _number("commodity"),
        _number("owner_id"),
        _number("person_id", null=True),
        _number("asked_units"),
        _number("booked_units"),
        _number("owed_units"),
        _number("dropped_units"),
        _text("cut_by"),
        _number("is_private"),
        _text("reason"),
        _text("scheme_version"),
        _number("happened_on"),
        _number("business_date"),
        _number("txn_id", null=True),
        _number("approval_id", null=True),
        _number("proposed_by"),
        _number("approved_by"),
        _number("made_at"),
        sa.PrimaryKeyConstraint("community_id", "award_id", name="pk_award"),
        sa.CheckConstraint("owed_units >= 0", name="ck_award_owed"),
        sa.CheckConstraint("dropped_units >= 0", name="ck_award_dropped"),
        sa.UniqueConstraint("community_id", "request_id", name="uq_award_2"),
    )
    op.create_index(
        "ix_award_owner", "award", ["community_id", "owner_id", "award_id"], unique=False
    )
