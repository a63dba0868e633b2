"""The monthly roots as they went up, and the alarms of tills."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both tables; nothing was put up or reported before."""
    op.create_table(
        "publication",
        _number("community_id"),
        _number("month"),
        _number("size"),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        _text("note"),
        _text("figures"),
        _number("published_on"),
        _number("published_at"),
        sa.PrimaryKeyConstraint("community_id", "month", name="pk_publication"),
    )
    op.create_table(
        "seal_alarm",
        _number("community_id"),
        _number("alarm_id"),
        _text("request_id"),
        _number("terminal_id"),
        _text("why"),
        sa.Column("kept_note", sa.Text(), nullable=True),
        _text("offered_note"),
        _text("path"),
        _number("seen_at"),
        _number("reported_at"),
        _number("answered_at", null=True),
        _number("answered_by", null=True),
        _text("answer"),
        sa.UniqueConstraint("community_id", "request_id", name="uq_seal_alarm_0"),
        sa.PrimaryKeyConstraint("community_id", "alarm_id", name="pk_seal_alarm"),
    )


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)
