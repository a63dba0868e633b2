"""Mandates on paper: who acts for a resident until when, and whom a resident wants no longer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    """Two tables beside the list of proxies, which stays as it is."""
    op.create_table(
        "proxy_mandate",
        _number("community_id"),
        _number("person_id"),
        _number("slot"),
        _number("until_date"),
        _text("paper"),
        _number("acts_person_id", null=True),
        _number("may_see"),
        _number("set_by"),
        _number("set_at"),
        sa.PrimaryKeyConstraint("community_id", "person_id", "slot", name="pk_proxy_mandate"),
    )
    op.create_index("ix_proxy_mandate_acts", "proxy_mandate", ["community_id", "acts_person_id"])
    op.create_table(
        "proxy_ended",
        _number("community_id"),
        _number("person_id"),
        _text("name"),
        _number("ended_at"),
        _text("by_kind"),
        _number("by_id"),
        sa.PrimaryKeyConstraint("community_id", "person_id", "name", name="pk_proxy_ended"),
    )
