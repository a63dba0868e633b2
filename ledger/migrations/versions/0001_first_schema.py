"""The first schema: books, members, counter, settlement."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table."""
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
    op.create_table(
        "approval",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("approval_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("decided_by", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("decided_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("community_id", "approval_id", name="pk_approval"),
    )
    op.create_index(
        "ix_approval_state", "approval", ["community_id", "state", "proposed_at"], unique=False
    )
    op.create_table(
        "audit",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("audit_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("community_id", "audit_id", name="pk_audit"),
    )
    op.create_table(
        "book_day",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_date", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("community_id", "business_date", name="pk_book_day"),
    )
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
    op.create_table(
        "channel_event",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("community_id", "event_id", name="pk_channel_event"),
    )
    op.create_index(
        "ix_channel_event_state",
        "channel_event",
        ["community_id", "state", "received_at"],
        unique=False,
    )
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
    op.create_table(
        "code_sequence",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("serial", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_issue", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("community_id", "serial", name="pk_code_sequence"),
    )
    op.create_table(
        "community",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("hotline", sa.Text(), nullable=False),
        sa.Column("config_version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("opened_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("community_id", name="pk_community"),
    )
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
    op.create_table(
        "good",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("good_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("merchant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("picture", sa.Text(), nullable=False),
        sa.Column("price_units", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("commodity", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("cost_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stock", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("community_id", "good_id", name="pk_good"),
        sa.UniqueConstraint("community_id", "merchant_id", "code", name="uq_good_0"),
    )
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
    op.create_table(
        "leaf",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("leaf_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("txn_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("community_id", "leaf_index", name="pk_leaf"),
        sa.UniqueConstraint("community_id", "txn_id", name="uq_leaf_0"),
    )
    op.create_table(
        "log_head",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("community_id", name="pk_log_head"),
    )
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
    op.create_table(
        "outbox",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("txn_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("community_id", "txn_id", name="pk_outbox"),
    )
    op.create_table(
        "payment_posting",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("payment_ref", sa.Text(), nullable=False),
        sa.Column("turn", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sale_id", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("community_id", "payment_ref", "turn", name="pk_payment_posting"),
    )
    op.create_table(
        "payment_route",
        sa.Column("payment_ref", sa.Text(), nullable=False),
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sale_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("turn", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("payment_ref", name="pk_payment_route"),
    )
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
    op.create_table(
        "redemption",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("redemption_id", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("terminal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("clerk_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("wallet_owner_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_date", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("units", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("txn_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("community_id", "redemption_id", name="pk_redemption"),
        sa.UniqueConstraint("community_id", "ref", name="uq_redemption_0"),
    )
    op.create_index(
        "ix_redemption_day",
        "redemption",
        ["community_id", "merchant_id", "business_date"],
        unique=False,
    )
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
    op.create_table(
        "sale",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sale_id", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("terminal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("clerk_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("wallet_owner_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_date", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("total_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("offset_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("offset_units", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("earned_units", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("refunded_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("payment_ref", sa.Text(), nullable=True),
        sa.Column("txn_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "refunded_fen >= 0 AND refunded_fen <= total_fen", name="ck_sale_refunded"
        ),
        sa.PrimaryKeyConstraint("community_id", "sale_id", name="pk_sale"),
        sa.UniqueConstraint("community_id", "ref", name="uq_sale_1"),
    )
    op.create_index("ix_sale_open", "sale", ["community_id", "state", "occurred_at"], unique=False)
    op.create_index(
        "ix_sale_person", "sale", ["community_id", "wallet_owner_id", "occurred_at"], unique=False
    )
    op.create_index(
        "ix_sale_terminal", "sale", ["community_id", "terminal_id", "business_date"], unique=False
    )
    op.create_table(
        "scheme_version",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("scheme_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("adopted_by", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("adopted_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("community_id", "scheme_id", "version", name="pk_scheme_version"),
    )
    op.create_table(
        "session",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("started_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ended_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("community_id", "token_hash", name="pk_session"),
    )
    op.create_table(
        "setting_version",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("set_by", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("set_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("community_id", "version_no", name="pk_setting_version"),
    )
    op.create_table(
        "staff",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("staff_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("phc", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("merchant_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("wrong_tries", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("locked_until", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("made_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("community_id", "staff_id", name="pk_staff"),
        sa.UniqueConstraint("community_id", "login", name="uq_staff_0"),
    )
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
    op.create_table(
        "stored_file",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("received_by", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("received_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("community_id", "sha256", name="pk_stored_file"),
    )
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
    op.create_table(
        "visit",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("merchant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("community_id", "person_id", "merchant_id", name="pk_visit"),
    )
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
    op.create_table(
        "redemption_line",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("redemption_id", sa.Text(), nullable=False),
        sa.Column("line_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("good_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("quantity", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("price_units", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("below_zero", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint("quantity > 0", name="ck_redemption_quantity"),
        sa.ForeignKeyConstraint(
            ["community_id", "redemption_id"],
            ["redemption.community_id", "redemption.redemption_id"],
            name="fk_redemption_line",
        ),
        sa.PrimaryKeyConstraint(
            "community_id", "redemption_id", "line_no", name="pk_redemption_line"
        ),
    )
    op.create_table(
        "refund",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("refund_id", sa.Text(), nullable=False),
        sa.Column("sale_id", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("terminal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_date", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("goods_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("cash_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("offset_fen", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("units_back", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("earned_back_units", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("owed_units", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("txn_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(
            ["community_id", "sale_id"],
            ["sale.community_id", "sale.sale_id"],
            name="fk_refund_sale",
        ),
        sa.PrimaryKeyConstraint("community_id", "refund_id", name="pk_refund"),
        sa.UniqueConstraint("community_id", "ref", name="uq_refund_1"),
    )
    op.create_index("ix_refund_sale", "refund", ["community_id", "sale_id"], unique=False)
    op.create_index(
        "ix_refund_terminal",
        "refund",
        ["community_id", "terminal_id", "business_date"],
        unique=False,
    )
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
    op.create_table(
        "staff_identity",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("staff_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id", "staff_id"],
            ["staff.community_id", "staff.staff_id"],
            name="fk_staff_identity_staff",
        ),
        sa.PrimaryKeyConstraint("community_id", "staff_id", name="pk_staff_identity"),
    )
    op.create_table(
        "staff_role",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("staff_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("granted_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("granted_by", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("revoked_by", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(
            ["community_id", "staff_id"],
            ["staff.community_id", "staff.staff_id"],
            name="fk_staff_role_staff",
        ),
        sa.PrimaryKeyConstraint(
            "community_id", "staff_id", "role", "granted_at", name="pk_staff_role"
        ),
    )
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
    op.create_table(
        "token_key",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kid", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key_class", sa.Text(), nullable=False),
        sa.Column("alg", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("private_key_encrypted", sa.LargeBinary(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("not_after", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("made_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("retired_by", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("retired_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.CheckConstraint("kid BETWEEN 0 AND 255", name="ck_token_key_kid"),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.community_id"], name="fk_token_key_community"
        ),
        sa.PrimaryKeyConstraint("community_id", "kid", "not_before", name="pk_token_key"),
    )
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
