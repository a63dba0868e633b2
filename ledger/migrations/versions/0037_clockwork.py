"""What the clockwork ran."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    """Create the table; what ran before is known from the book's own states."""
    op.create_table(
        "clockwork_run",
        _number("community_id"),
        _text("step"),
        _number("period"),
        _number("due_at"),
        _text("state"),
        _number("tries"),
        _text("worker"),
        _number("lease_until"),
        _number("started_at"),
        _number("ended_at", null=True),
        _number("next_try_at", null=True),
        _text("problem"),
        _text("answer"),
        sa.PrimaryKeyConstraint("community_id", "step", "period", name="pk_clockwork_run"),
    )
    op.create_index("ix_clockwork_run_due", "clockwork_run", ["community_id", "due_at"])
