"""Points that lapse, wallet by wallet, and the notices given of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    """Create the three tables."""
    _lapse()
    _notice()
    _run()


def _lapse() -> None:
    op.create_table(
        "lapse",
        _number("community_id"),
        _number("commodity"),
        _number("owner_id"),
        _number("earned_until"),
        _number("units"),
        _number("last_day"),
        _text("notice_days"),
        _number("next_days", null=True),
        _number("next_due", null=True),
        _text("state"),
        _number("expired_units"),
        _number("txn_id", null=True),
        _number("opened_on"),
        _number("changed_at"),
        sa.PrimaryKeyConstraint(
            "community_id", "commodity", "owner_id", "earned_until", name="pk_lapse"
        ),
        sa.CheckConstraint("units >= 0", name="ck_lapse_units"),
        sa.CheckConstraint("expired_units >= 0", name="ck_lapse_expired"),
    )
    op.create_index(
        "ix_lapse_state", "lapse", ["community_id", "state", "commodity", "last_day"], unique=False
    )


def _notice() -> None:
    op.create_table(
        "lapse_notice",
        _number("community_id"),
        _number("commodity"),
        _number("owner_id"),
        _number("earned_until"),
        _number("notice_days"),
        _text("channel"),
        _number("units"),
        _number("last_day"),
        _number("run_id"),
        _number("made_on"),
        _number("given_on", null=True),
        _number("given_by", null=True),
        sa.PrimaryKeyConstraint(
            "community_id",
            "commodity",
            "owner_id",
            "earned_until",
            "notice_days",
            "channel",
            name="pk_lapse_notice",
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "commodity", "owner_id", "earned_until"],
            ["lapse.community_id", "lapse.commodity", "lapse.owner_id", "lapse.earned_until"],
            name="fk_lapse_notice_lapse",
        ),
    )
    op.create_index("ix_lapse_notice_run", "lapse_notice", ["community_id", "run_id"], unique=False)


def _run() -> None:
    op.create_table(
        "notice_run",
        _number("community_id"),
        _number("run_id"),
        _number("commodity"),
        _number("notice_days"),
        _number("made_on"),
        _number("wallets"),
        _number("units"),
        _number("slips"),
        _text("digest"),
        _number("made_at"),
        sa.PrimaryKeyConstraint("community_id", "run_id", name="pk_notice_run"),
    )
