"""Paper lists of claims, typed in twice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    """Create the table; nothing was typed in twice before."""
    op.create_table(
        "claim_keying",
        *map(_number, ("community_id", "claimant_id", "list_no", "round_no")),
        _text("kind"),
        _number("business_date"),
        *map(_text, ("rows", "reason")),
        *map(_number, ("keyed_by", "keyed_at")),
        sa.PrimaryKeyConstraint(
            "community_id", "claimant_id", "list_no", "round_no", name="pk_claim_keying"
        ),
    )


def downgrade() -> None:
    """Drop the table; what was filed stays filed."""
    op.drop_table("claim_keying")
