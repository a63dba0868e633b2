"""Tables of payments that go to a bank by file: what was handed over, what the bank said, the setup."""

from __future__ import annotations

from ledger.schema import blob, index, number, points_to, table, text, unique

# One file for a bank. While it is `out`, none of its payments can go out once more.
bank_batch = table(
    "bank_batch",
    number("batch_id"),
    number("batch_no"),  # contiguous for each community; part of every reference in the file
    text("bank"),  # the template's code
    number("value_date"),
    text("file_name"),
    blob("sha256"),
    number("line_count"),
    number("amount_fen"),
    text("state"),  # out | read | not_sent
    number("made_by"),
    number("made_at"),
    number("ended_by", null=True),
    number("ended_at", null=True),
    text("why", null=True),
    text("bulk_fee", null=True),  # the statement's one line for the fees of this batch, by its hash
    text("fees_by", null=True),  # which of the two is booked: lines | bulk
    unique("community_id", "batch_no"),
    index("ix_bank_batch_state", "state"),
    key=("batch_id",),
)

bank_line = table(
    "bank_line",
    number("batch_id"),
    number("line_no"),
    number("payout_id"),
    number("attempt"),
    text("reference"),
    number("amount_fen"),
    text("holder"),
    text("bank_name"),
    text("account_no"),
    # null: no answer yet | waiting | paid | failed | amount | account | late | not_sent
    text("outcome", null=True),
    number("paid_fen"),
    number("fee_fen", null=True),  # the bank's fee of this payment
    text("reason"),
    number("answered_at", null=True),
    text("settled", null=True),  # how two people ended what differed: paid | failed
    number(
        "booked_fen", null=True
    ),  # what is booked as paid since then, where it is not what was asked
    unique("community_id", "reference"),
    index("ix_bank_line_payout", "payout_id", "attempt"),
    index("ix_bank_line_outcome", "outcome"),
    points_to("fk_bank_line_batch", "bank_batch", batch_id="batch_id"),
    points_to("fk_bank_line_payout", "payout", payout_id="payout_id"),
    key=("batch_id", "line_no"),
)

# A file of the bank's by its SHA-256: the same bytes again get the same answer.
bank_answer = table(
    "bank_answer",
    blob("sha256"),
    text("bank"),
    text("answer"),  # JSON: what was told
    number("taken_by"),
    number("taken_at"),
    key=("sha256",),
)

# The community's own bank account and the account codes of its bookkeeping program, a whole document a version.
finance_setup = table(
    "finance_setup",
    number("version_no"),
    text("body"),  # JSON
    number("set_by"),
    number("set_at"),
    key=("version_no",),
)
