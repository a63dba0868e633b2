"""Purchases booked to the wrong household, and what was booked anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _to(name: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["community_id", column], [f"{other}.community_id", f"{other}.{column}"], name=name
    )


def upgrade() -> None:
    """Create the tables; nobody has said anything yet."""
    op.create_table(
        "wrong_household",
        *map(_number, ("community_id", "txn_id", "discrepancy_no", "person_id", "household_id")),
        *map(_text, ("told", "source")),
        *map(_number, ("taken_by", "business_date", "taken_at")),
        sa.PrimaryKeyConstraint("community_id", "txn_id", name="pk_wrong_household"),
        _to("fk_wrong_household_txn", "txn_id", "txn"),
        _to("fk_wrong_household_row", "discrepancy_no", "discrepancy"),
        sa.UniqueConstraint("community_id", "discrepancy_no", name="uq_wrong_household_2"),
    )
    op.create_table(
        "rebooked",
        *map(
            _number, ("community_id", "txn_id", "from_owner", "to_owner", "to_person", "commodity")
        ),
        *map(_number, ("units", "earned_units", "owed_units", "lacked_units", "made_txn")),
        *map(_number, ("proposed_by", "approved_by", "business_date", "made_at")),
        sa.PrimaryKeyConstraint("community_id", "txn_id", name="pk_rebooked"),
        _to("fk_rebooked_said", "txn_id", "wrong_household"),
        sa.CheckConstraint("units >= 0 AND earned_units >= 0", name="ck_rebooked_units"),
        sa.UniqueConstraint("community_id", "made_txn", name="uq_rebooked_2"),
    )
