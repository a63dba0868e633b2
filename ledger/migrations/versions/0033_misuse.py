"""What holders say they did not spend, what was given back, and how it was decided."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _to_entry(name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["community_id", "txn_id"],
        ["misuse_entry.community_id", "misuse_entry.txn_id"],
        name=name,
    )


def upgrade() -> None:
    """Create the tables; nobody has said anything yet."""
    op.create_table(
        "pin_shown",
        _number("community_id"),
        _text("request_id"),
        _number("person_id"),
        _number("shown_at"),
        sa.PrimaryKeyConstraint("community_id", "request_id", name="pk_pin_shown"),
    )
    op.create_table(
        "misuse_form",
        _number("community_id"),
        _number("form_id"),
        _number("person_id"),
        _number("household_id"),
        _text("told"),
        _text("source"),
        _number("taken_by"),
        _number("business_date"),
        _number("due_date"),
        _number("taken_at"),
        _text("request_id"),
        sa.PrimaryKeyConstraint("community_id", "form_id", name="pk_misuse_form"),
        sa.UniqueConstraint("community_id", "request_id", name="uq_misuse_form_0"),
    )
    op.create_index(
        "ix_misuse_form_person", "misuse_form", ["community_id", "person_id", "form_id"]
    )
    op.create_table(
        "misuse_entry",
        _number("community_id"),
        _number("txn_id"),
        _number("form_id"),
        _number("commodity"),
        _number("wallet_owner_id"),
        _number("units"),
        _number("pin_asked"),
        sa.PrimaryKeyConstraint("community_id", "txn_id", name="pk_misuse_entry"),
        sa.ForeignKeyConstraint(
            ["community_id", "form_id"],
            ["misuse_form.community_id", "misuse_form.form_id"],
            name="fk_misuse_entry_form",
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "txn_id"],
            ["txn.community_id", "txn.txn_id"],
            name="fk_misuse_entry_txn",
        ),
        sa.CheckConstraint("units > 0", name="ck_misuse_entry_units"),
    )
    op.create_index("ix_misuse_entry_form", "misuse_entry", ["community_id", "form_id"])
    _answers()


def _answers() -> None:
    op.create_table(
        "misuse_given",
        _number("community_id"),
        _number("txn_id"),
        _number("units"),
        _number("is_final"),
        _number("given_by"),
        _number("business_date"),
        _number("given_at"),
        _number("given_txn_id", null=True),
        sa.PrimaryKeyConstraint("community_id", "txn_id", name="pk_misuse_given"),
        _to_entry("fk_misuse_given_entry"),
        sa.CheckConstraint("units >= 0", name="ck_misuse_given_units"),
    )
    op.create_table(
        "misuse_end",
        _number("community_id"),
        _number("txn_id"),
        _text("how"),
        _text("why"),
        _number("decided_by"),
        _number("business_date"),
        _number("decided_at"),
        _number("taken_units"),
        _number("owed_units"),
        _number("taken_txn_id", null=True),
        sa.PrimaryKeyConstraint("community_id", "txn_id", name="pk_misuse_end"),
        _to_entry("fk_misuse_end_entry"),
        sa.CheckConstraint(
            "taken_units >= owed_units AND owed_units >= 0", name="ck_misuse_end_units"
        ),
    )
