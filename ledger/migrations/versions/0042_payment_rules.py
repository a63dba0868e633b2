"""How one shop is paid where it differs from the community's settings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def upgrade() -> None:
    """Create the table; every shop follows the settings."""
    op.create_table(
        "payment_rule",
        *map(_number, ("community_id", "claimant_id", "rule_no")),
        _number("risk_days", null=True),
        _number("least_fen", null=True),
        sa.Column("why", sa.Text(), nullable=False),
        *map(_number, ("set_by", "set_at")),
        sa.PrimaryKeyConstraint("community_id", "claimant_id", "rule_no", name="pk_payment_rule"),
        sa.ForeignKeyConstraint(
            ["community_id", "claimant_id"],
            ["merchant.community_id", "merchant.merchant_id"],
            name="fk_payment_rule",
        ),
    )
