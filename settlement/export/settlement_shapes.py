"""What an export holds of claims, nights, statements and payouts."""

from __future__ import annotations

from typing import Final

from settlement.export.shape import shape

_CLAIM: Final = """
    batch_id number the batch
    line_no number the line in it
    claimant_id number the shop
    ref text the number on the receipt
    kind text sale or refund
    units number points, signed
    fen number fen, signed
    occurred_at number when, as the shop says
    business_date number the day, as the shop says
"""

SETTLEMENT: Final = (
    shape(
        "claim_batch",
        "One upload of a till, or one file of a shop.",
        key=("batch_id",),
        columns="""
            batch_id number made of the content
            claimant_id number the shop
            terminal_id number the till; 0: the whole shop
            batch_no number contiguous for each shop and till
            source text till or file
            first_date number its first day
            last_date number its last day
            outcome text receiving, ok, EMPTY, UNREADABLE or TOTALS_WRONG
            sha256 bytes SHA-256 of what came
            line_count number lines in it
            claim_count number of those, first claims of a receipt
            again_count number of those, claimed before
            header text what it said of itself and its totals, as JSON
            line_checks text? each line's number and CRC-32, eight hexadecimal digits each
            filed_at number when it came
            run_no number? the night that took it in
        """,
        left_out="answer what the shop was told; it follows from the rest",
    ),
    shape(
        "claim",
        "What a shop claims: the first claim of each receipt.",
        key=("claimant_id", "ref"),
        columns=_CLAIM,
    ),
    shape(
        "claim_again",
        "Receipts claimed once more.",
        key=("batch_id", "line_no"),
        columns=_CLAIM,
    ),
    shape(
        "claim_pairing",
        "Claims that a later pass joined with the one booking they mean.",
        key=("claimant_id", "ref"),
        columns="""
            claimant_id number the shop
            ref text the number as the shop wrote it
            booked_ref text the number on the receipt
            how text entry, repaired or nearby
            run_no number the night that joined them
        """,
    ),
    shape(
        "night_run",
        "Nights: each takes a range of the one order and certain batches, and locks its day.",
        key=("run_no",),
        columns="""
            run_no number the night's number
            business_date number the day it closes
            run_id text SHA-256 of `input`
            input text range, batches, rules and the night before, as JSON
            first_leaf number the range's first place
            end_leaf number the place after its last
            state text begun, matched, settled, locked; stopped, blocked, audit_failed
            digest text? SHA-256 over everything it found
            begun_at number when it began
            ended_at number? when it locked its day
        """,
    ),
    shape(
        "night_total",
        "What a night found for one shop; plus and minus never netted.",
        key=("run_no", "claimant_id"),
        columns="""
            run_no number the night
            claimant_id number the shop
            booked_count number offsets booked in its range
            booked_units_plus number their points, sales
            booked_units_minus number their points, refunds
            booked_fen_plus number their fen, sales
            booked_fen_minus number their fen, refunds
            claimed_count number claims in its batches
            claimed_fen_plus number their fen, sales
            claimed_fen_minus number their fen, refunds
            matched_count number offsets that agree with a claim
            carried_count number offsets of its range that wait
            carried_fen_plus number their fen, sales
            carried_fen_minus number their fen, refunds
            settled_units_plus number points settled, sales
            settled_units_minus number points settled, refunds
            settled_fen_plus number fen settled, sales
            settled_fen_minus number fen settled, refunds
            txn_id number? the posting that settles
        """,
    ),
    shape(
        "open_item",
        "Offsets that no night settled in its own range, and how each ended.",
        key=("claimant_id", "ref"),
        columns="""
            claimant_id number the shop
            ref text the number on the receipt
            txn_id number the offset's posting
            terminal_id number the till
            kind text sale or refund
            original_ref text? a refund's sale
            units number points, signed
            fen number fen, signed
            units_per_fen number the rate
            business_date number the day it counts for
            occurred_at number when
            reason text cut_off, no_file or unclaimed
            opened_run number the night that let it wait
            flagged_run number? the night that called it unclaimed
            closed_run number? the night, or the last one before the decision, that ended it
            closed_by text empty, claimed, decided or statement
            closed_date number? the day of the decision
        """,
    ),
    shape(
        "discrepancy",
        "Lines that do not agree, with both sides, and what was decided.",
        key=("discrepancy_no",),
        columns="""
            discrepancy_no number yyyymmdd and six digits
            run_no number the night
            business_date number the day of the line
            code text the verdict
            sub_code text more of it
            claimant_id number the shop
            terminal_id number the till; 0: not of one
            ref text the number on the receipt
            booked_kind text? the book's side: sale or refund
            booked_units number? its points
            booked_fen number? its fen
            booked_at number? its time
            booked_txn number? its posting
            claimed_batch number? the shop's side: the batch
            claimed_line number? its line
            claimed_kind text? sale or refund
            claimed_units number? its points
            claimed_fen number? its fen
            claimed_at number? its time
            plus_fen number the community may owe this much more
            minus_fen number the shop may owe this much back
            held_fen number not paid while it is open
            rest_units number booked and not settled because of it
            rest_fen number the same in fen
            state text pooled, open, asked, proposed, decided or auto_cleared
            owner_id number? who looks after it
            due_date number the day an answer is due
            opened_at number since when
            decision text? pay_booked, pay_claimed, ask_shop, credit_late or statement
            decided_by number? one person
            decided_at number? when
            approved_by number? another person
            posted_txn number? the posting of the decision
            posted_fen number what it added to the payable, signed
            closed_run number? the last night before it ended
            closed_date number? the day it ended
        """,
        left_out="reason free text of a person",
    ),
    shape(
        "discrepancy_step",
        "Steps a discrepancy came to by waiting.",
        key=("discrepancy_no", "step"),
        columns="""
            discrepancy_no number the discrepancy
            step text unowned, overdue, escalated or committee
            business_date number the day it was reached
            reached_at number when the night wrote it down
        """,
    ),
    shape(
        "discrepancy_act",
        "What people did with a discrepancy, each act with its verb and its posting.",
        key=("discrepancy_no", "act_no"),
        columns="""
            discrepancy_no number the discrepancy
            act_no number the act, from 1
            verb text inquire, claim_more, give_back, refuse, rule, approve, turn_down or answer
            choice text pay_booked, pay_claimed, ask_shop or credit_late; empty for a shop's answer
            state text where it came to
            by_kind text staff or merchant
            by_id number who
            role text the role it was done in
            fen number what it adds to the payable, signed; a proposed one too
            units number points retired with it
            txn_id number? the posting
            due_date number until when an answer is due, 0: none
            at number when
        """,
        left_out="note free text of a person",
    ),
    shape(
        "audit_finding",
        "What the second engine found in a night, which kept its day from being locked.",
        key=("run_no", "finding_no"),
        columns="""
            run_no number the night
            finding_no number the finding
            check_name text what does not hold
            file text the exported file
            row_key text the row in it
            facts text its figures, as JSON
            follows text empty, or the check whose finding this one follows from
            found_at number when
            cleared_at number? when it was gone again
        """,
    ),
    shape(
        "statement",
        "A shop's month: numbered, frozen, chained by digest.",
        key=("statement_id",),
        columns="""
            statement_id number made of the digest
            claimant_id number the shop
            statement_no number in one series for each shop
            month number yyyymm
            first_date number its first day
            last_date number its last day
            issued_at number when
            objection_until number the last day to object
            state text issued, accepted, deemed or objected
            state_at number since when
            offset_count number offsets booked
            offset_units number their points, net
            booked_fen_plus number booked for sales
            booked_fen_minus number booked for refunds
            claimed_fen_plus number claimed for sales
            claimed_fen_minus number claimed for refunds
            settled_fen_plus number settled for sales
            settled_fen_minus number settled for refunds
            carried_fen number booked and not settled, net
            adjusted_fen_plus number decided in the shop's favour
            adjusted_fen_minus number decided against it
            cofund_fen number the shop's own share of the points it gave out; below 0: given back
            opening_fen number owed before
            payable_fen number owed at the end
            paid_fen number paid in the month
            account_tail text last four digits of the account, as printed
            previous_digest text digest of the statement before
            digest text SHA-256 of head and rows
        """,
    ),
    shape(
        "cofund_line",
        "A shop's share of the points it gave out, taken at the close of a month.",
        key=("claimant_id", "month", "given_month", "units_per_fen"),
        columns="""
            claimant_id number the shop
            month number the month that closed, yyyymm
            given_month number the month whose share counts; earlier for what refunds took back
            units_per_fen number the rate
            share_bp number hundredths of a percent
            units_plus number points given out
            units_minus number points taken back
            fen number its share in fen, after what earlier lines left of one
            rest_num number what is left of a fen after this line: numerator
            rest_den number denominator
            txn_id number? the posting; none where nothing was due
        """,
    ),
    shape(
        "statement_row",
        "A statement's frozen lines.",
        key=("statement_id", "row_no"),
        columns="""
            statement_id number the statement
            row_no number the line, from 1
            section text day, discrepancy, adjustment, cofund or carried
            business_date number the day
            ref text the number on the receipt
            code text the verdict
            sub_code text more of it
            lines number how many lines it stands for
            units number points, net
            booked_fen number? booked, net
            claimed_fen number? claimed, net
            plus_fen number plus
            minus_fen number minus
            settled_fen number settled, net
            state text what became of it
            corrects_no number? an adjustment: the shop's earlier statement it corrects
            corrects_row number? and the line there, where it is one
        """,
    ),
    shape(
        "payout",
        "Yuan to a shop: proposed by one, approved by another.",
        key=("payout_id",),
        columns="""
            payout_id number the payout's number
            claimant_id number the shop
            statement_id number the statement it pays
            amount_fen number how much
            state text proposed, approved, sending, sent, unknown, confirmed, failed, returned or cancelled
            attempt number how often it was sent
            channel_ref text the channel's number of it
            account_tail text last four digits of the account
            proposed_by number one person
            proposed_at number when
            approved_by number? another person
            approved_at number? when
            sent_at number? when it was sent
            changed_at number since when it is where it is
            route text gateway, bank_file or hand; empty before it went
        """,
    ),
    shape(
        "payout_event",
        "Every step of a payout, each with its posting.",
        key=("payout_id", "event_no"),
        columns="""
            payout_id number the payout
            event_no number the step, from 1
            state text where it came to
            attempt number in which attempt
            attempt_key text the attempt's name to the channel
            txn_id number? the posting
            by_id number who; 0: the system
            at number when
        """,
        left_out="note may hold free text of a person",
    ),
)
"""Tables of `settlement`."""
