"""Claims that a later pass of the night joined with the booking they mean."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def upgrade() -> None:
    """Create the table; nights before it joined by whole references alone."""
    op.create_table(
        "claim_pairing",
        _number("community_id"),
        _number("claimant_id"),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("booked_ref", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        _number("run_no"),
        sa.PrimaryKeyConstraint("community_id", "claimant_id", "ref", name="pk_claim_pairing"),
        sa.UniqueConstraint(
            "community_id",
            "claimant_id",
            "booked_ref",
            name="uq_claim_pairing_0",
        ),
    )
    op.create_index(
        "ix_claim_pairing_run", "claim_pairing", ["community_id", "run_no"], unique=False
    )
