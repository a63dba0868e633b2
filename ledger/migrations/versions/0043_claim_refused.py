"""Batches of tills that were refused, each with why."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def upgrade() -> None:
    """Create the table; what was refused before was not kept."""
    op.create_table(
        "claim_refused",
        _number("community_id"),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        *map(_number, ("claimant_id", "terminal_id", "batch_no", "business_date", "refused_at")),
        sa.PrimaryKeyConstraint("community_id", "sha256", "code", name="pk_claim_refused"),
    )
    op.create_index("ix_claim_refused", "claim_refused", ["community_id", "refused_at"])


def downgrade() -> None:
    """Drop the table; the refused batches are lost."""
    op.drop_table("claim_refused")
