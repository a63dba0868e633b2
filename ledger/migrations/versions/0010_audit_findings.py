"""What the second engine finds in a night stands beside it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    """Create the table of findings; a batch of claims keeps what tells whether a line was altered."""
    op.add_column("claim_batch", sa.Column("line_checks", sa.Text(), nullable=True))
    op.create_table(
        "audit_finding",
        _number("community_id"),
        _number("run_no"),
        _number("finding_no"),
        _text("check_name"),
        _text("file"),
        _text("row_key"),
        _text("facts"),
        _text("follows"),
        _number("found_at"),
        _number("cleared_at", null=True),
        sa.PrimaryKeyConstraint("community_id", "run_no", "finding_no", name="pk_audit_finding"),
    )
