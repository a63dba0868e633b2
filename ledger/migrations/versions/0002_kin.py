"""Relatives by declaration."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of declared relatives."""
    op.create_table(
        "kin",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("other_person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("declared_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("declared_by", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ended_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("ended_by", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.CheckConstraint("person_id < other_person_id", name="ck_kin_order"),
        sa.ForeignKeyConstraint(
            ["community_id", "person_id"],
            ["resident.community_id", "resident.person_id"],
            name="fk_kin_person",
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "other_person_id"],
            ["resident.community_id", "resident.person_id"],
            name="fk_kin_other",
        ),
        sa.PrimaryKeyConstraint(
            "community_id", "person_id", "other_person_id", "declared_at", name="pk_kin"
        ),
    )
    op.create_index("ix_kin_other", "kin", ["community_id", "other_person_id"], unique=False)
