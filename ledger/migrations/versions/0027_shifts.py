"""Shifts of a till, signed and chained, and what each tablet says of its own health."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    """Create the tables; no shift was ever opened and no tablet has said anything."""
    op.create_table(
        "shift_entry",
        _number("community_id"),
        _number("terminal_id"),
        _number("entry_no"),
        _text("kind"),
        _number("shift_no"),
        _number("clerk_id", null=True),
        _number("happened_at"),
        _number("first_counter"),
        _number("last_counter"),
        _number("expected_fen"),
        _number("counted_fen"),
        _number("taken_fen"),
        _number("expected_slips"),
        _number("counted_slips"),
        _text("hash"),
        _text("line"),
        _text("request_id"),
        _number("recorded_at"),
        sa.CheckConstraint("taken_fen >= 0 AND taken_fen <= counted_fen", name="ck_shift_taken"),
        sa.UniqueConstraint("community_id", "request_id", name="uq_shift_entry_0"),
        sa.PrimaryKeyConstraint("community_id", "terminal_id", "entry_no", name="pk_shift_entry"),
    )
    op.create_index(
        "ix_shift_entry_time", "shift_entry", ["community_id", "kind", "happened_at"], unique=False
    )
    op.create_table(
        "terminal_health",
        _number("community_id"),
        _number("terminal_id"),
        _number("seen_at"),
        _text("version"),
        _number("battery_percent", null=True),
        _number("charging", null=True),
        _number("waiting"),
        _number("clock_ahead_ms"),
        _number("secure"),
        _number("synced_at", null=True),
        _number("tested_at", null=True),
        _text("test_failed"),
        sa.ForeignKeyConstraint(
            ["community_id", "terminal_id"],
            ["terminal.community_id", "terminal.terminal_id"],
            name="fk_health_terminal",
        ),
        sa.PrimaryKeyConstraint("community_id", "terminal_id", name="pk_terminal_health"),
    )
