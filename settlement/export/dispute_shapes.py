"""What an export holds of the lines shops objected to."""

from __future__ import annotations

from typing import Final

from settlement.export.shape import shape

DISPUTES: Final = (
    shape(
        "dispute",
        "Lines of statements that their shops do not agree with, and how each was ruled on.",
        key=("dispute_id",),
        columns="""
            dispute_id number made of the statement and its line
            claimant_id number the shop
            statement_id number the statement
            row_no number its line; 0: something is missing from it
            ref text one receipt of a day's line; empty: the line as a whole
            business_date number the day it is about
            booked_fen number as it stands there, signed
            asked_fen number? as the shop says it should stand
            held_fen number not paid until it is first ruled on
            state text raised, evidence_due, under_review, ruling_proposed, upheld, rejected, split, appealed or final
            appealed number 1: presented again
            outcome text empty, upheld, rejected or split
            outcome_fen number what the rulings added to the payable, signed
            ruled_by number? one person
            approved_by number? another person, where it pays more
            due_date number? until when the shop may answer, or appeal
            raised_at number when
            changed_at number since when it is where it is
        """,
    ),
    shape(
        "dispute_step",
        "Every step of a disputed line, each with its posting.",
        key=("dispute_id", "step_no"),
        columns="""
            dispute_id number the line
            step_no number the step, from 1
            verb text what was done
            state text where it came to
            by_kind text merchant, staff or job
            by_id number who; 0: the system
            fen number what the step says or adds, signed
            txn_id number? the posting
            at number when
        """,
        left_out="note free text of a person",
    ),
    shape(
        "payment_rule",
        "How one shop is paid where it differs from the settings; the last one counts.",
        key=("claimant_id", "rule_no"),
        columns="""
            claimant_id number the shop
            rule_no number from 1
            risk_days number? days its money stays; none: as the settings say
            least_fen number? the least that is paid; none: as the settings say
            set_by number who
            set_at number when
        """,
        left_out="why free text of a person",
    ),
    shape(
        "merchant_leaving",
        "The last day of a shop that left, and until when it claims.",
        key=("merchant_id", "left_on"),
        columns="""
            merchant_id number the shop
            left_on number its last business date
            cause text left, or died
            claims_until number the last day a claim of it is taken
            recorded_by number who noted it
            recorded_at number when
        """,
        left_out="why free text of a person",
    ),
)
"""Tables of disputed lines."""
