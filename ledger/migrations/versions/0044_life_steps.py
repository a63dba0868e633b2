"""The trail of days and months: every state each came to, and where it failed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    """Create the table; days and months begun before have no trail of what they passed."""
    op.create_table(
        "life_step",
        _number("community_id"),
        _text("subject"),
        *map(_number, ("claimant_id", "period", "step_no")),
        *map(_text, ("state", "failed_step", "reason", "row_key", "by_kind")),
        *map(_number, ("by_id", "at")),
        sa.PrimaryKeyConstraint(
            "community_id", "subject", "claimant_id", "period", "step_no", name="pk_life_step"
        ),
    )
