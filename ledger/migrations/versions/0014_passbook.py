"""Which line of paper each entry of a passbook stands on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def upgrade() -> None:
    """Create the table; every passbook begins empty."""
    op.create_table(
        "passbook_line",
        _number("community_id"),
        _number("wallet_owner_id"),
        _number("commodity"),
        _number("txn_id"),
        _number("line_no"),
        sa.Column("print_id", sa.Text(), nullable=False),
        _number("business_date"),
        _number("plus_units"),
        _number("minus_units"),
        _number("printed_at"),
        _number("terminal_id"),
        _number("clerk_id", null=True),
        sa.PrimaryKeyConstraint(
            "community_id", "wallet_owner_id", "commodity", "txn_id", name="pk_passbook_line"
        ),
    )
    op.create_index(
        "ix_passbook_line",
        "passbook_line",
        ["community_id", "wallet_owner_id", "commodity", "line_no"],
        unique=False,
    )
