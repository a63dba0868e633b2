"""A shop's share of the points it gives out, and the counts it is reckoned from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def upgrade() -> None:
    """Create the counts and the shares' lines; whoever shared nothing before goes on so."""
    _counts()
    _shares()
    # The default fills the rows that are there; the program always says the value.
    for table, column in (("agreement", "cofund_bp"), ("statement", "cofund_fen")):
        op.add_column(
            table,
            sa.Column(
                column, sa.BigInteger(), autoincrement=False, nullable=False, server_default="0"
            ),
        )


def _counts() -> None:
    op.create_table(
        "issue_sum",
        _number("community_id"),
        sa.Column("kind", sa.Text(), nullable=False),
        _number("commodity"),
        _number("merchant_id"),
        _number("month"),
        _number("given_month"),
        _number("units_per_fen"),
        _number("plus"),
        _number("minus"),
        sa.PrimaryKeyConstraint(
            "community_id",
            "kind",
            "commodity",
            "merchant_id",
            "month",
            "given_month",
            "units_per_fen",
            name="pk_issue_sum",
        ),
    )
    op.create_table(
        "issue_count",
        _number("community_id"),
        _number("counted"),
        sa.PrimaryKeyConstraint("community_id", name="pk_issue_count"),
    )


def _shares() -> None:
    op.create_table(
        "cofund_line",
        _number("community_id"),
        _number("claimant_id"),
        _number("month"),
        _number("given_month"),
        _number("units_per_fen"),
        _number("share_bp"),
        _number("units_plus"),
        _number("units_minus"),
        _number("fen"),
        _number("rest_num"),
        _number("rest_den"),
        _number("txn_id", null=True),
        sa.PrimaryKeyConstraint(
            "community_id",
            "claimant_id",
            "month",
            "given_month",
            "units_per_fen",
            name="pk_cofund_line",
        ),
    )
