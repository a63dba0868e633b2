"""What an export holds of slip halves: stacks, halves, and where they do not agree with the claims."""

from __future__ import annotations

from typing import Final

from settlement.export.shape import shape

SLIPS: Final = (
    shape(
        "slip_stack",
        "Stacks of slip halves as they were counted.",
        key=("claimant_id", "stack_no"),
        columns="""
            claimant_id number the shop
            stack_no number counts up for each shop
            first_date number the first day
            last_date number the last day
            is_whole number 1 where every slip of those days is in it
            sha256 text of the list
            half_count number halves in it
            counted_by number the member of staff
            counted_at number when
        """,
        left_out="""
            answer follows from the rest
        """,
    ),
    shape(
        "slip_half",
        "Halves of slips.",
        key=("claimant_id", "ref"),
        columns="""
            claimant_id number the shop
            ref text the slip's number
            stack_no number the stack it was in last
            line_no number its line
            business_date number the day in its number
            fen number? what the slip says was taken off
        """,
    ),
    shape(
        "slip_finding",
        "Where slip, claim and book do not agree.",
        key=("claimant_id", "ref", "code"),
        columns="""
            claimant_id number the shop
            ref text the slip's number
            code text K1 claimed without slip, K2 slip without claim, K3 other amount
            business_date number the day
            claim_fen number? as claimed
            slip_fen number? as the slip says
            booked_fen number? as booked
            state text open, cleared or closed
            opened_at number when it was found
            closed_at number? when it ended
            closed_by number? who ended it
        """,
        left_out="""
            reason typed by a person
        """,
    ),
)
