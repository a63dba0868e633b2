"""Codes that were shown again at another till, as they were refused there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

_KEY = ("kid", "serial", "issued_at_s", "sequence", "terminal_id")


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def upgrade() -> None:
    """Create the table; what was shown before was not kept."""
    op.create_table(
        "code_again",
        *map(_number, ("community_id", *_KEY, "shown_at")),
        sa.PrimaryKeyConstraint("community_id", *_KEY, name="pk_code_again"),
    )
    op.create_index("ix_code_again", "code_again", ["community_id", "shown_at"])


def downgrade() -> None:
    """Drop the table; nobody knows any more what was shown twice."""
    op.drop_table("code_again")
