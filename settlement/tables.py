"""Settlement's tables: what shops claimed, what the nights found, what is owed and paid.

No row is written for a claim that agrees: it is settled by lying in a run's leaf range and not
on its exception list. Booked offsets stand in the book and are never copied, except the few
that wait (`open_item`).
"""

from __future__ import annotations

from sqlalchemy import Column

from ledger.schema import blob, index, number, points_to, table, text, unique

# One upload of a till, or one file of a shop.
claim_batch = table(
    "claim_batch",
    number("batch_id"),  # made of the content, so the same upload has the same number everywhere
    number("claimant_id"),
    number("terminal_id"),  # 0: the whole shop
    number("batch_no"),  # contiguous for each claimant and terminal
    text("source"),  # till | file | api | paper
    number("first_date"),
    number("last_date"),
    text("outcome"),  # receiving | ok | EMPTY | UNREADABLE | TOTALS_WRONG
    blob("sha256"),
    number("line_count"),
    number("claim_count"),
    number("again_count"),
    text("header"),  # JSON: what the till said of itself and its totals
    text("answer"),  # JSON: what it was told
    text(
        "line_checks", null=True
    ),  # each line's number and CRC-32, hexadecimal; the whole is sealed
    number("filed_at"),
    number("run_no", null=True),  # the night that took it in
    unique("community_id", "claimant_id", "terminal_id", "batch_no"),
    index("ix_claim_batch_sha", "claimant_id", "sha256"),
    index("ix_claim_batch_run", "run_no"),
    index("ix_claim_batch_date", "last_date"),
    key=("batch_id",),
)


# A till's batch that was refused; the file itself lies in stored_file under its hash.
claim_refused = table(
    "claim_refused",
    blob("sha256"),
    text("code"),  # the refusal
    number("claimant_id"),
    number("terminal_id"),
    number("batch_no"),
    number("business_date"),
    number("refused_at"),  # the first time; the same again is no new one
    index("ix_claim_refused", "refused_at"),
    key=("sha256", "code"),
)


def _claim_columns() -> tuple[Column[int] | Column[str], ...]:
    return (
        number("batch_id"),
        number("line_no"),
        number("claimant_id"),
        text("ref"),
        text("kind"),  # sale | refund
        number("units"),
        number("fen"),
        number("occurred_at"),
        number("business_date"),
    )


# The first claim of each reference. Its key is the join with the book, so a second one cannot
# come in here: duplicates are told apart while filing, not by sorting a million lines at night.
claim = table(
    "claim",
    *_claim_columns(),
    index("ix_claim_batch", "batch_id"),
    key=("claimant_id", "ref"),
)

# A claim that a later pass joined with the one booking it means; its own reference names none.
claim_pairing = table(
    "claim_pairing",
    number("claimant_id"),
    text("ref"),  # as the shop wrote it
    text("booked_ref"),
    text("how"),  # entry | repaired | nearby
    number("run_no"),  # the night that joined them
    unique("community_id", "claimant_id", "booked_ref"),
    index("ix_claim_pairing_run", "run_no"),
    key=("claimant_id", "ref"),
)

claim_again = table("claim_again", *_claim_columns(), key=("batch_id", "line_no"))

# Where the columns of a shop's own list stand, as a person confirmed them for these very headings.
claim_layout = table(
    "claim_layout",
    number("claimant_id"),
    text("fingerprint"),  # SHA-256 of the headings
    text("headings"),  # JSON: the row of headings
    text("columns"),  # JSON: what each column is, to its position
    number("confirmed_by"),
    number("confirmed_at"),
    key=("claimant_id", "fingerprint"),
)

night_run = table(
    "night_run",
    number("run_no"),
    number("business_date"),
    text("run_id"),  # SHA-256 of `input`
    text("input"),  # JSON: leaf range, batches with hashes, rule version, the run before
    number("first_leaf"),
    number("end_leaf"),
    text("state"),  # begun | matched | settled | locked; stopped, blocked: a C2; audit_failed
    text("digest", null=True),  # SHA-256 over everything the run found
    number("begun_at"),
    number("ended_at", null=True),
    unique("community_id", "business_date"),
    key=("run_no",),
)

# What a night found for one shop. Plus and minus stand apart and are never netted.
night_total = table(
    "night_total",
    number("run_no"),
    number("claimant_id"),
    number("booked_count"),
    number("booked_units_plus"),
    number("booked_units_minus"),
    number("booked_fen_plus"),
    number("booked_fen_minus"),
    number("claimed_count"),
    number("claimed_fen_plus"),
    number("claimed_fen_minus"),
    number("matched_count"),
    number("carried_count"),
    number("carried_fen_plus"),
    number("carried_fen_minus"),
    number("settled_units_plus"),
    number("settled_units_minus"),
    number("settled_fen_plus"),
    number("settled_fen_minus"),
    number("txn_id", null=True),  # the SETTLE posting
    key=("run_no", "claimant_id"),
)

# A booked offset that no night has settled yet, so that a later claim can still meet it.
open_item = table(
    "open_item",
    number("claimant_id"),
    text("ref"),
    number("txn_id"),
    number("terminal_id"),
    text("kind"),
    text("original_ref", null=True),
    number("units"),
    number("fen"),
    number("units_per_fen"),
    number("business_date"),
    number("occurred_at"),
    text("reason"),  # cut_off | no_file | unclaimed
    number("opened_run"),
    number("flagged_run", null=True),  # the night that called it X2
    number("closed_run", null=True),
    text("closed_by"),  # '' | claimed | decided | statement
    number("closed_date", null=True),  # when a decision ended it
    index("ix_open_item_open", "closed_run", "claimant_id"),
    key=("claimant_id", "ref"),
)

# Both sides in one row.
discrepancy = table(
    "discrepancy",
    number("discrepancy_no"),  # yyyymmdd and six digits
    number("run_no"),
    number("business_date"),
    text("code"),
    text("sub_code"),
    number("claimant_id"),
    number("terminal_id"),
    text("ref"),
    text("booked_kind", null=True),
    number("booked_units", null=True),
    number("booked_fen", null=True),
    number("booked_at", null=True),
    number("booked_txn", null=True),
    number("claimed_batch", null=True),
    number("claimed_line", null=True),
    text("claimed_kind", null=True),
    number("claimed_units", null=True),
    number("claimed_fen", null=True),
    number("claimed_at", null=True),
    number("plus_fen"),  # the community may owe this much more
    number("minus_fen"),  # the party may owe this much back
    number("held_fen"),  # not paid while this is open
    number("rest_units"),  # booked and not settled because of this discrepancy
    number("rest_fen"),
    text("state"),  # pooled | open | asked | proposed | decided | auto_cleared
    number("owner_id", null=True),
    number("due_date"),
    number("opened_at"),
    text("decision", null=True),  # pay_booked | pay_claimed | ask_shop | credit_late | statement
    text("reason"),  # why, in the decider's words
    number("decided_by", null=True),
    number("decided_at", null=True),
    number("approved_by", null=True),
    number("posted_txn", null=True),
    number("posted_fen"),  # signed: what the decision added to the payable
    number("closed_run", null=True),
    number("closed_date", null=True),
    index("ix_discrepancy_state", "state", "due_date"),
    index("ix_discrepancy_claimant", "claimant_id", "ref"),
    index("ix_discrepancy_run", "run_no"),
    key=("discrepancy_no",),
)

# Steps a discrepancy came to by waiting: nobody's, overdue, told on, before the committee. Written by the night.
discrepancy_step = table(
    "discrepancy_step",
    number("discrepancy_no"),
    text("step"),  # unowned | overdue | escalated | committee
    number("business_date"),  # the day it was reached
    number("reached_at"),
    points_to("fk_discrepancy_step", "discrepancy", discrepancy_no="discrepancy_no"),
    key=("discrepancy_no", "step"),
)

# What the second engine said of a night that it did not let lock: file, row and reason.
audit_finding = table(
    "audit_finding",
    number("run_no"),
    number("finding_no"),
    text("check_name"),
    text("file"),
    text("row_key"),  # txn_id=12 line_no=0
    text("facts"),  # JSON: the figures of the row
    text("follows"),  # '' | the check whose finding this one follows from
    number("found_at"),
    number("cleared_at", null=True),
    key=("run_no", "finding_no"),
)

statement = table(
    "statement",
    number("statement_id"),
    number("claimant_id"),
    number("statement_no"),  # one series for each shop
    number("month"),
    number("first_date"),
    number("last_date"),
    number("issued_at"),
    number("objection_until"),
    text("state"),  # issued | accepted | deemed | objected
    number("state_at"),
    number("offset_count"),
    number("offset_units"),
    number("booked_fen_plus"),
    number("booked_fen_minus"),
    number("claimed_fen_plus"),
    number("claimed_fen_minus"),
    number("settled_fen_plus"),
    number("settled_fen_minus"),
    number("carried_fen"),
    number("adjusted_fen_plus"),
    number("adjusted_fen_minus"),
    number("cofund_fen"),  # the shop's share of the points it gave out; below 0: given back
    number("opening_fen"),
    number("payable_fen"),
    number("paid_fen"),
    text("account_tail"),
    text("previous_digest"),
    text("digest"),
    unique("community_id", "claimant_id", "statement_no"),
    unique("community_id", "claimant_id", "month"),
    key=("statement_id",),
)

# A shop's share of the points it gave out, taken at the close of `month`.
cofund_line = table(
    "cofund_line",
    number("claimant_id"),
    number("month"),
    number(
        "given_month"
    ),  # the month whose share counts; an earlier one for what refunds took back
    number("units_per_fen"),
    number("share_bp"),  # hundredths of a percent
    number("units_plus"),
    number("units_minus"),
    number("fen"),
    number("rest_num"),  # what is left of a fen after this line, as a fraction
    number("rest_den"),
    number("txn_id", null=True),  # the COFUND posting; none where nothing was due
    key=("claimant_id", "month", "given_month", "units_per_fen"),
)

# Frozen lines: a day, a discrepancy, an adjustment, a share of points given out, something carried.
statement_row = table(
    "statement_row",
    number("statement_id"),
    number("row_no"),
    text("section"),  # day | discrepancy | adjustment | cofund | carried
    number("business_date"),
    text("ref"),
    text("code"),
    text("sub_code"),
    number("lines"),
    number("units"),
    number("booked_fen", null=True),
    number("claimed_fen", null=True),
    number("plus_fen"),
    number("minus_fen"),
    number("settled_fen"),
    text("state"),
    number("corrects_no", null=True),  # an adjustment: the shop's earlier statement it corrects
    number("corrects_row", null=True),  # and the line there, where it is one
    points_to("fk_statement_row", "statement", statement_id="statement_id"),
    key=("statement_id", "row_no"),
)

payout = table(
    "payout",
    number("payout_id"),
    number("claimant_id"),
    number("statement_id"),
    number("amount_fen"),
    # proposed | approved | sending | sent | unknown | confirmed | failed | returned | cancelled
    text("state"),
    number("attempt"),
    text("channel_ref"),
    text("account_tail"),
    number("proposed_by"),
    number("proposed_at"),
    number("approved_by", null=True),
    number("approved_at", null=True),
    number("sent_at", null=True),
    number("changed_at"),
    text("route"),  # how this attempt went: gateway | bank_file | hand; '' before it went
    index("ix_payout_state", "state", "proposed_at"),
    index("ix_payout_statement", "statement_id"),
    key=("payout_id",),
)

payout_event = table(
    "payout_event",
    number("payout_id"),
    number("event_no"),
    text("state"),
    number("attempt"),
    text("attempt_key"),
    number("txn_id", null=True),
    number("by_id"),
    text("note"),
    number("at"),
    points_to("fk_payout_event", "payout", payout_id="payout_id"),
    key=("payout_id", "event_no"),
)
