"""Where the columns of a shop's own list stand, as a person confirmed them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    """Create the table; lists read so far had the form's own headings."""
    op.create_table(
        "claim_layout",
        _number("community_id"),
        _number("claimant_id"),
        _text("fingerprint"),
        _text("headings"),
        _text("columns"),
        _number("confirmed_by"),
        _number("confirmed_at"),
        sa.PrimaryKeyConstraint(
            "community_id", "claimant_id", "fingerprint", name="pk_claim_layout"
        ),
    )
