"""Stacks of slip halves, the third key beside claims and book."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    """Create the three tables; no stack was counted yet."""
    op.create_table(
        "slip_stack",
        _number("community_id"),
        _number("claimant_id"),
        _number("stack_no"),
        _number("first_date"),
        _number("last_date"),
        _number("is_whole"),
        _text("sha256"),
        _number("half_count"),
        _text("answer"),
        _number("counted_by"),
        _number("counted_at"),
        sa.PrimaryKeyConstraint("community_id", "claimant_id", "stack_no", name="pk_slip_stack"),
    )
    op.create_table(
        "slip_half",
        _number("community_id"),
        _number("claimant_id"),
        _text("ref"),
        _number("stack_no"),
        _number("line_no"),
        _number("business_date"),
        _number("fen", null=True),
        sa.PrimaryKeyConstraint("community_id", "claimant_id", "ref", name="pk_slip_half"),
    )
    op.create_index(
        "ix_slip_half_date", "slip_half", ["community_id", "claimant_id", "business_date"]
    )
    op.create_table(
        "slip_finding",
        _number("community_id"),
        _number("claimant_id"),
        _text("ref"),
        _text("code"),
        _number("business_date"),
        _number("claim_fen", null=True),
        _number("slip_fen", null=True),
        _number("booked_fen", null=True),
        _text("state"),
        _text("reason"),
        _number("opened_at"),
        _number("closed_at", null=True),
        _number("closed_by", null=True),
        sa.PrimaryKeyConstraint(
            "community_id", "claimant_id", "ref", "code", name="pk_slip_finding"
        ),
    )
    op.create_index(
        "ix_slip_finding_state", "slip_finding", ["community_id", "state", "claimant_id"]
    )
