"""Consent by version: what people agree to, and who agreed to which version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def upgrade() -> None:
    """Consents given so far are to version 0: before any text was written down."""
    op.create_table(
        "consent_text",
        _number("community_id"),
        _number("version_no"),
        sa.Column("body", sa.Text(), nullable=False),
        _number("from_at"),
        _number("set_by"),
        sa.PrimaryKeyConstraint("community_id", "version_no", name="pk_consent_text"),
    )
    op.create_table(
        "resident_consent",
        _number("community_id"),
        _number("person_id"),
        _number("version_no"),
        _number("given_at"),
        sa.Column("how", sa.Text(), nullable=False),
        _number("by_id"),
        sa.PrimaryKeyConstraint(
            "community_id", "person_id", "version_no", name="pk_resident_consent"
        ),
    )
    op.execute(
        "INSERT INTO resident_consent (community_id, person_id, version_no, given_at, how, by_id)"
        " SELECT community_id, person_id, 0, consent_at, 'desk', 0 FROM resident"
        " WHERE consent_at IS NOT NULL"
    )
