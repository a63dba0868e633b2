"""First schema: accounts, entries, balances, requests, offsets and the outbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Create them, those that others point at first."""
    _account()
    _book_day()
    _cap_counter()
    _leaf()
    _log_head()
    _outbox()
    _request()
    _token_use()
    _txn()
    _balance()
    _evidence()
    _hold()
    _offset_booked()
    _pending()
    _transfer()
    _hold_end()


def _account() -> None:
    op.create_table(
        "account",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("commodity", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("bounded", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("opened_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("closed_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("community_id", "account_id", name="pk_account"),
        sa.UniqueConstraint("community_id", "account_id", "commodity", name="uq_account_0"),
        sa.UniqueConstraint("community_id", "kind", "commodity", "owner_id", name="uq_account_1"),
    )


def _book_day() -> None:
    op.create_table(
        "book_day",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_date", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("community_id", "business_date", name="pk_book_day"),
    )


def _cap_counter() -> None:
    op.create_table(
        "cap_counter",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("cap_code", sa.Text(), nullable=False),
        sa.Column("period_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("used", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("cap", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint("used >= 0", name="ck_cap_used"),
        sa.PrimaryKeyConstraint(
            "community_id", "subject_id", "cap_code", "period_key", name="pk_cap_counter"
        ),
    )


def _leaf() -> None:
    op.create_table(
        "leaf",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("leaf_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("txn_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("community_id", "leaf_index", name="pk_leaf"),
        sa.UniqueConstraint("community_id", "txn_id", name="uq_leaf_0"),
    )


def _log_head() -> None:
    op.create_table(
        "log_head",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("community_id", name="pk_log_head"),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("txn_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("community_id", "txn_id", name="pk_outbox"),
    )


def _request() -> None:
    op.create_table(
        "request",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("response", sa.Text(), nullable=False),
        sa.Column("txn_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("balance_after", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("received_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("community_id", "request_id", name="pk_request"),
    )


def _token_use() -> None:
    op.create_table(
        "token_use",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kid", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("serial", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("issued_at_s", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("used_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("terminal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "community_id", "kid", "serial", "issued_at_s", "sequence", name="pk_token_use"
        ),
    )


def _txn() -> None:
    op.create_table(
        "txn",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("txn_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.Column("business_date", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("scheme_period", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("scheme_version", sa.Text(), nullable=False),
        sa.Column("units_per_fen", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("wallet_owner_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("card_serial", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("card_issue", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("on_behalf_of", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("merchant_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("branch_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("terminal_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("staff_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("issuing_community", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("accepting_community", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reason_key", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("provisional", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reverses_txn", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("corrects_date", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("community_id", "txn_id", name="pk_txn"),
        sa.UniqueConstraint("community_id", "request_id", "kind", name="uq_txn_2"),
        sa.UniqueConstraint("community_id", "reverses_txn", name="uq_txn_3"),
    )
    op.create_index(
        "ix_txn_person", "txn", ["community_id", "wallet_owner_id", "txn_id"], unique=False
    )
    op.create_index(
        "ix_txn_terminal_day", "txn", ["community_id", "terminal_id", "business_date"], unique=False
    )


def _balance() -> None:
    op.create_table(
        "balance",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("posted", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("held", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint("held >= 0", name="ck_balance_held"),
        sa.CheckConstraint("posted >= held", name="ck_balance_covered"),
        sa.ForeignKeyConstraint(
            ["community_id", "account_id"],
            ["account.community_id", "account.account_id"],
            name="fk_balance_account",
        ),
        sa.PrimaryKeyConstraint("community_id", "account_id", name="pk_balance"),
    )


def _evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("txn_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sale_id", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("payment_ref", sa.Text(), nullable=True),
        sa.Column("merchant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("terminal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("counter", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("paid_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("proven_by", sa.Text(), nullable=True),
        sa.Column("proven_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(
            ["community_id", "txn_id"], ["txn.community_id", "txn.txn_id"], name="fk_evidence_txn"
        ),
        sa.PrimaryKeyConstraint("community_id", "txn_id", name="pk_evidence"),
        sa.UniqueConstraint("community_id", "sale_id", name="uq_evidence_2"),
    )
    op.create_index(
        "ix_evidence_match",
        "evidence",
        ["community_id", "merchant_id", "state", "paid_fen", "paid_at"],
        unique=False,
    )


def _hold() -> None:
    op.create_table(
        "hold",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hold_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("commodity", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("amount", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint("amount > 0", name="ck_hold_amount"),
        sa.ForeignKeyConstraint(
            ["community_id", "account_id", "commodity"],
            ["account.community_id", "account.account_id", "account.commodity"],
            name="fk_hold_account",
        ),
        sa.PrimaryKeyConstraint("community_id", "hold_id", name="pk_hold"),
        sa.UniqueConstraint("community_id", "request_id", "account_id", name="uq_hold_2"),
    )


def _offset_booked() -> None:
    op.create_table(
        "offset_booked",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("txn_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("claimant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("terminal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("original_ref", sa.Text(), nullable=True),
        sa.Column("units", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("units_per_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_date", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id", "txn_id"], ["txn.community_id", "txn.txn_id"], name="fk_offset_txn"
        ),
        sa.PrimaryKeyConstraint("community_id", "txn_id", name="pk_offset_booked"),
        sa.UniqueConstraint("community_id", "claimant_id", "ref", name="uq_offset_booked_1"),
    )


def _pending() -> None:
    op.create_table(
        "pending",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("txn_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("wallet_owner_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("commodity", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("merchant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("units", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("left_units", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("business_date", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ended_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.CheckConstraint("left_units >= 0", name="ck_pending_left"),
        sa.ForeignKeyConstraint(
            ["community_id", "txn_id"], ["txn.community_id", "txn.txn_id"], name="fk_pending_txn"
        ),
        sa.PrimaryKeyConstraint("community_id", "txn_id", name="pk_pending"),
    )
    op.create_index(
        "ix_pending_merchant",
        "pending",
        ["community_id", "merchant_id", "state", "business_date"],
        unique=False,
    )
    op.create_index(
        "ix_pending_owner", "pending", ["community_id", "wallet_owner_id", "state"], unique=False
    )


def _transfer() -> None:
    op.create_table(
        "transfer",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("txn_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("commodity", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("debit_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("credit_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("amount", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint("amount > 0", name="ck_transfer_amount"),
        sa.CheckConstraint("debit_id <> credit_id", name="ck_transfer_sides"),
        sa.ForeignKeyConstraint(
            ["community_id", "credit_id", "commodity"],
            ["account.community_id", "account.account_id", "account.commodity"],
            name="fk_transfer_credit",
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "debit_id", "commodity"],
            ["account.community_id", "account.account_id", "account.commodity"],
            name="fk_transfer_debit",
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "txn_id"], ["txn.community_id", "txn.txn_id"], name="fk_transfer_txn"
        ),
        sa.PrimaryKeyConstraint("community_id", "txn_id", "line_no", name="pk_transfer"),
    )
    op.create_index(
        "ix_transfer_credit", "transfer", ["community_id", "credit_id", "txn_id"], unique=False
    )
    op.create_index(
        "ix_transfer_debit", "transfer", ["community_id", "debit_id", "txn_id"], unique=False
    )


def _hold_end() -> None:
    op.create_table(
        "hold_end",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hold_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("captured", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("txn_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("ended_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id", "hold_id"],
            ["hold.community_id", "hold.hold_id"],
            name="fk_hold_end_hold",
        ),
        sa.PrimaryKeyConstraint("community_id", "hold_id", name="pk_hold_end"),
    )
