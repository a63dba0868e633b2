"""Acts on differences, each with its verb and its entry."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    """Create the table; acts done before stand in the record of acts alone."""
    op.create_table(
        "discrepancy_act",
        *map(_number, ("community_id", "discrepancy_no", "act_no")),
        *map(_text, ("verb", "choice", "state", "by_kind")),
        _number("by_id"),
        _text("role"),
        *map(_number, ("fen", "units")),
        _number("txn_id", null=True),
        _number("due_date"),
        _text("note"),
        _number("at"),
        sa.PrimaryKeyConstraint(
            "community_id", "discrepancy_no", "act_no", name="pk_discrepancy_act"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "discrepancy_no"],
            ["discrepancy.community_id", "discrepancy.discrepancy_no"],
            name="fk_discrepancy_act",
        ),
    )
