"""First schema: households, residents, cards, shops and terminals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Create them, those that others point at first."""
    _card()
    _household()
    _merchant()
    _agreement()
    _branch()
    _clerk()
    _payout_account()
    _resident()
    _person_identity()
    _pin()
    _terminal()
    _enrolment()


def _card() -> None:
    op.create_table(
        "card",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("serial", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("issue", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("last_debit_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("issued_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("changed_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("community_id", "serial", name="pk_card"),
        sa.UniqueConstraint("community_id", "number", name="uq_card_0"),
    )
    op.create_index("ix_card_person", "card", ["community_id", "person_id"], unique=False)


def _household() -> None:
    op.create_table(
        "household",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("household_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("building", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("head_person_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("opened_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("closed_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("community_id", "household_id", name="pk_household"),
        sa.UniqueConstraint("community_id", "code", name="uq_household_0"),
    )


def _merchant() -> None:
    op.create_table(
        "merchant",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("merchant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("community_id", "merchant_id", name="pk_merchant"),
        sa.UniqueConstraint("community_id", "code", name="uq_merchant_0"),
    )


def _agreement() -> None:
    op.create_table(
        "agreement",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("merchant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("effective_from", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("effective_to", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("agreement_no", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("proof_days", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("allowance_day_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("signed_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id", "merchant_id"],
            ["merchant.community_id", "merchant.merchant_id"],
            name="fk_agreement_merchant",
        ),
        sa.PrimaryKeyConstraint(
            "community_id", "merchant_id", "effective_from", name="pk_agreement"
        ),
    )


def _branch() -> None:
    op.create_table(
        "branch",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("branch_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("merchant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id", "merchant_id"],
            ["merchant.community_id", "merchant.merchant_id"],
            name="fk_branch_merchant",
        ),
        sa.PrimaryKeyConstraint("community_id", "branch_id", name="pk_branch"),
        sa.UniqueConstraint("community_id", "merchant_id", "code", name="uq_branch_1"),
    )


def _clerk() -> None:
    op.create_table(
        "clerk",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("clerk_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("merchant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("phc", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("wrong_tries", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id", "merchant_id"],
            ["merchant.community_id", "merchant.merchant_id"],
            name="fk_clerk_merchant",
        ),
        sa.PrimaryKeyConstraint("community_id", "clerk_id", name="pk_clerk"),
    )


def _payout_account() -> None:
    op.create_table(
        "payout_account",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("merchant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("effective_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("account_no", sa.Text(), nullable=False),
        sa.Column("set_by", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("approved_by", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(
            ["community_id", "merchant_id"],
            ["merchant.community_id", "merchant.merchant_id"],
            name="fk_payout_account_merchant",
        ),
        sa.PrimaryKeyConstraint(
            "community_id", "merchant_id", "effective_at", name="pk_payout_account"
        ),
    )


def _resident() -> None:
    op.create_table(
        "resident",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("household_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("birth_year", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("consent_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("joined_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("left_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(
            ["community_id", "household_id"],
            ["household.community_id", "household.household_id"],
            name="fk_resident_household",
        ),
        sa.PrimaryKeyConstraint("community_id", "person_id", name="pk_resident"),
    )
    op.create_index(
        "ix_resident_household", "resident", ["community_id", "household_id"], unique=False
    )


def _person_identity() -> None:
    op.create_table(
        "person_identity",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id", "person_id"],
            ["resident.community_id", "resident.person_id"],
            name="fk_identity_resident",
        ),
        sa.PrimaryKeyConstraint("community_id", "person_id", name="pk_person_identity"),
    )


def _pin() -> None:
    op.create_table(
        "pin",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("phc", sa.Text(), nullable=False),
        sa.Column("wrong_tries", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("locked_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("set_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint("wrong_tries >= 0", name="ck_pin_tries"),
        sa.ForeignKeyConstraint(
            ["community_id", "person_id"],
            ["resident.community_id", "resident.person_id"],
            name="fk_pin_resident",
        ),
        sa.PrimaryKeyConstraint("community_id", "person_id", name="pk_pin"),
    )


def _terminal() -> None:
    op.create_table(
        "terminal",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("terminal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("merchant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("branch_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("public_jwk", sa.Text(), nullable=True),
        sa.Column("enrolled_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(
            ["community_id", "branch_id"],
            ["branch.community_id", "branch.branch_id"],
            name="fk_terminal_branch",
        ),
        sa.PrimaryKeyConstraint("community_id", "terminal_id", name="pk_terminal"),
        sa.UniqueConstraint("community_id", "code", name="uq_terminal_1"),
    )


def _enrolment() -> None:
    op.create_table(
        "enrolment",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("terminal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("made_by", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("used_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(
            ["community_id", "terminal_id"],
            ["terminal.community_id", "terminal.terminal_id"],
            name="fk_enrolment_terminal",
        ),
        sa.PrimaryKeyConstraint("community_id", "code_hash", name="pk_enrolment"),
    )
