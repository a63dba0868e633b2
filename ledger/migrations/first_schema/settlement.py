"""First schema: claims, nights, discrepancies, statements and payouts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Create them, those that others point at first."""
    _claim()
    _claim_again()
    _claim_batch()
    _discrepancy()
    _night_run()
    _night_total()
    _open_item()
    _payout()
    _statement()
    _payout_event()
    _statement_row()


def _claim() -> None:
    op.create_table(
        "claim",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("claimant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("units", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_date", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("community_id", "claimant_id", "ref", name="pk_claim"),
    )
    op.create_index("ix_claim_batch", "claim", ["community_id", "batch_id"], unique=False)


def _claim_again() -> None:
    op.create_table(
        "claim_again",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("claimant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("units", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_date", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("community_id", "batch_id", "line_no", name="pk_claim_again"),
    )


def _claim_batch() -> None:
    op.create_table(
        "claim_batch",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("claimant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("terminal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("first_date", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_date", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("line_count", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("claim_count", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("again_count", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("header", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("filed_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("run_no", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("community_id", "batch_id", name="pk_claim_batch"),
        sa.UniqueConstraint(
            "community_id", "claimant_id", "terminal_id", "batch_no", name="uq_claim_batch_0"
        ),
    )
    op.create_index(
        "ix_claim_batch_date", "claim_batch", ["community_id", "last_date"], unique=False
    )
    op.create_index("ix_claim_batch_run", "claim_batch", ["community_id", "run_no"], unique=False)
    op.create_index(
        "ix_claim_batch_sha", "claim_batch", ["community_id", "claimant_id", "sha256"], unique=False
    )


def _discrepancy() -> None:
    op.create_table(
        "discrepancy",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("discrepancy_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("run_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_date", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("sub_code", sa.Text(), nullable=False),
        sa.Column("claimant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("terminal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("booked_kind", sa.Text(), nullable=True),
        sa.Column("booked_units", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("booked_fen", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("booked_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("booked_txn", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("claimed_batch", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("claimed_line", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("claimed_kind", sa.Text(), nullable=True),
        sa.Column("claimed_units", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("claimed_fen", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("claimed_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("plus_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("minus_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("held_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rest_units", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rest_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("due_date", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("opened_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("decided_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("approved_by", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("posted_txn", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("posted_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("closed_run", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("closed_date", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("community_id", "discrepancy_no", name="pk_discrepancy"),
    )
    op.create_index(
        "ix_discrepancy_claimant",
        "discrepancy",
        ["community_id", "claimant_id", "ref"],
        unique=False,
    )
    op.create_index("ix_discrepancy_run", "discrepancy", ["community_id", "run_no"], unique=False)
    op.create_index(
        "ix_discrepancy_state", "discrepancy", ["community_id", "state", "due_date"], unique=False
    )


def _night_run() -> None:
    op.create_table(
        "night_run",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("run_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_date", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("input", sa.Text(), nullable=False),
        sa.Column("first_leaf", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("end_leaf", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("begun_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ended_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("community_id", "run_no", name="pk_night_run"),
        sa.UniqueConstraint("community_id", "business_date", name="uq_night_run_0"),
    )


def _night_total() -> None:
    op.create_table(
        "night_total",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("run_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("claimant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("booked_count", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("booked_units_plus", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("booked_units_minus", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("booked_fen_plus", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("booked_fen_minus", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("claimed_count", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("claimed_fen_plus", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("claimed_fen_minus", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("matched_count", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("carried_count", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("carried_fen_plus", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("carried_fen_minus", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("settled_units_plus", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("settled_units_minus", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("settled_fen_plus", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("settled_fen_minus", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("txn_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("community_id", "run_no", "claimant_id", name="pk_night_total"),
    )


def _open_item() -> None:
    op.create_table(
        "open_item",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("claimant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("txn_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("terminal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("original_ref", sa.Text(), nullable=True),
        sa.Column("units", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("units_per_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_date", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_run", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("flagged_run", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("closed_run", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=False),
        sa.Column("closed_date", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("community_id", "claimant_id", "ref", name="pk_open_item"),
    )
    op.create_index(
        "ix_open_item_open",
        "open_item",
        ["community_id", "closed_run", "claimant_id"],
        unique=False,
    )


def _payout() -> None:
    op.create_table(
        "payout",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("payout_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("claimant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("statement_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("channel_ref", sa.Text(), nullable=False),
        sa.Column("account_tail", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("approved_by", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("approved_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("sent_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("changed_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("community_id", "payout_id", name="pk_payout"),
    )
    op.create_index(
        "ix_payout_state", "payout", ["community_id", "state", "proposed_at"], unique=False
    )
    op.create_index("ix_payout_statement", "payout", ["community_id", "statement_id"], unique=False)


def _statement() -> None:
    op.create_table(
        "statement",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("statement_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("claimant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("statement_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("month", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_date", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_date", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("issued_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("objection_until", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("offset_count", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("offset_units", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("booked_fen_plus", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("booked_fen_minus", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("claimed_fen_plus", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("claimed_fen_minus", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("settled_fen_plus", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("settled_fen_minus", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("carried_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("adjusted_fen_plus", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("adjusted_fen_minus", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("opening_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("payable_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_tail", sa.Text(), nullable=False),
        sa.Column("previous_digest", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("community_id", "statement_id", name="pk_statement"),
        sa.UniqueConstraint("community_id", "claimant_id", "month", name="uq_statement_1"),
        sa.UniqueConstraint("community_id", "claimant_id", "statement_no", name="uq_statement_0"),
    )


def _payout_event() -> None:
    op.create_table(
        "payout_event",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("payout_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("attempt_key", sa.Text(), nullable=False),
        sa.Column("txn_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("by_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id", "payout_id"],
            ["payout.community_id", "payout.payout_id"],
            name="fk_payout_event",
        ),
        sa.PrimaryKeyConstraint("community_id", "payout_id", "event_no", name="pk_payout_event"),
    )


def _statement_row() -> None:
    op.create_table(
        "statement_row",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("statement_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("business_date", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("sub_code", sa.Text(), nullable=False),
        sa.Column("lines", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("units", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("booked_fen", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("claimed_fen", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("plus_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("minus_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("settled_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id", "statement_id"],
            ["statement.community_id", "statement.statement_id"],
            name="fk_statement_row",
        ),
        sa.PrimaryKeyConstraint("community_id", "statement_id", "row_no", name="pk_statement_row"),
    )
