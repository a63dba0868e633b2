"""Recovery after a loss: its state, what tills sent, and the mark that closes spending meanwhile."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    """Create the tables; no community is in recovery."""
    op.add_column("community", _number("recovery_id", null=True))
    _recovery()
    _till()
    _line()
    op.create_table(
        "recovery_behind",
        _number("community_id"),
        _number("terminal_id"),
        _text("request_id"),
        _number("noticed_at"),
        sa.PrimaryKeyConstraint(
            "community_id", "terminal_id", "request_id", name="pk_recovery_behind"
        ),
    )
    op.create_table(
        "recovery_refused",
        _number("community_id"),
        _number("recovery_id"),
        _number("terminal_id"),
        _text("hash"),
        _text("code"),
        _text("line"),
        _number("came_at"),
        sa.PrimaryKeyConstraint(
            "community_id", "recovery_id", "terminal_id", "hash", "code", name="pk_recovery_refused"
        ),
    )


def _recovery() -> None:
    op.create_table(
        "recovery",
        _number("community_id"),
        _number("recovery_id"),
        _text("state"),
        _text("proof"),
        _text("backup"),
        _number("since_at"),
        _number("kept_size"),
        sa.Column("kept_root", sa.LargeBinary(), nullable=False),
        _number("opened_at"),
        _number("started_at", null=True),
        _number("applied_at", null=True),
        _number("finished_at", null=True),
        _text("report"),
        sa.PrimaryKeyConstraint("community_id", "recovery_id", name="pk_recovery"),
    )


def _till() -> None:
    op.create_table(
        "recovery_till",
        _number("community_id"),
        _number("recovery_id"),
        _number("terminal_id"),
        _text("state"),
        _number("lines"),
        _number("last_counter"),
        _text("unused"),
        _text("checkpoint"),
        _number("changed_at"),
        _text("why"),
        sa.CheckConstraint("lines >= 0", name="ck_recovery_till_lines"),
        sa.PrimaryKeyConstraint(
            "community_id", "recovery_id", "terminal_id", name="pk_recovery_till"
        ),
    )


def _line() -> None:
    op.create_table(
        "recovery_line",
        _number("community_id"),
        _number("recovery_id"),
        _number("terminal_id"),
        _text("key_name"),
        _number("n"),
        _text("request_id"),
        _text("path"),
        _number("told_at"),
        _text("hash"),
        _text("line"),
        _text("body"),
        _text("answer"),
        _text("state"),
        _text("code"),
        _text("differences"),
        _number("applied_at", null=True),
        sa.PrimaryKeyConstraint(
            "community_id", "recovery_id", "terminal_id", "key_name", "n", name="pk_recovery_line"
        ),
    )
    op.create_index(
        "ix_recovery_line_order",
        "recovery_line",
        ["community_id", "recovery_id", "state", "told_at"],
        unique=False,
    )
