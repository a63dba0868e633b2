"""Tables of what shops object to: one row for each line in dispute, and every step of its life."""

from __future__ import annotations

from ledger.schema import index, number, points_to, table, text, unique

# A line of a statement that its shop does not agree with; what agrees goes on to payment.
dispute = table(
    "dispute",
    number("dispute_id"),
    number("claimant_id"),
    number("statement_id"),
    number("row_no"),  # the statement's line; 0: something is missing from it
    text("ref"),  # one receipt of a day's line; '' the line as a whole
    number("business_date"),  # the day it is about
    number("booked_fen"),  # as it stands there, signed
    number("asked_fen", null=True),  # as the shop says it should stand
    number("held_fen"),  # not paid until it is first ruled on
    text("state"),  # see `settlement.dispute_life.State`
    number("appealed"),  # 0 | 1
    text("outcome"),  # '' | upheld | rejected | split
    number("outcome_fen"),  # what the rulings added to the payable, signed; a proposed one too
    number("ruled_by", null=True),
    number("approved_by", null=True),
    number("due_date", null=True),  # until when the shop may answer, or appeal
    number("raised_at"),
    number("changed_at"),
    points_to("fk_dispute", "statement", statement_id="statement_id"),
    unique("community_id", "statement_id", "row_no", "ref"),
    index("ix_dispute_state", "state", "due_date"),
    index("ix_dispute_claimant", "claimant_id", "state"),
    key=("dispute_id",),
)

dispute_step = table(
    "dispute_step",
    number("dispute_id"),
    number("step_no"),
    text("verb"),  # see `settlement.dispute_life.Verb`
    text("state"),  # where it came to
    text("by_kind"),  # merchant | staff | system
    number("by_id"),
    number("fen"),  # what the step says or adds, signed
    number("txn_id", null=True),
    text("note"),  # in that person's words
    number("at"),
    points_to("fk_dispute_step", "dispute", dispute_id="dispute_id"),
    key=("dispute_id", "step_no"),
)
