"""What an export holds of payments that went to a bank by file; accounts and holders stay at home."""

from __future__ import annotations

from typing import Final

from settlement.export.shape import shape

BANK: Final = (
    shape(
        "bank_batch",
        "Files for a bank.",
        key=("batch_id",),
        columns="""
            batch_id number the file
            batch_no number contiguous, part of every reference in it
            bank text the template's code
            value_date number the day to pay
            file_name text what it was called
            sha256 bytes SHA-256 of it
            line_count number payments in it
            amount_fen number their sum
            state text out, read or not_sent
            made_by number who made it
            made_at number when
            ended_by number? who took the answer in, or said it was not sent
            ended_at number? when
            bulk_fee text? the statement's one line for this batch's fees, by its SHA-256
            fees_by text? which of the two is booked: lines or bulk
        """,
        left_out="why free text of a person",
    ),
    shape(
        "bank_line",
        "The payments in a file, and what the bank answered.",
        key=("batch_id", "line_no"),
        columns="""
            batch_id number the file
            line_no number the line in it
            payout_id number the payout
            attempt number in which attempt
            reference text its name at the bank
            amount_fen number how much
            outcome text? waiting, paid, failed, amount, account, late or not_sent
            paid_fen number what the bank paid
            fee_fen number? the bank's fee of this payment
            answered_at number? when the bank's answer was taken in
            settled text? how two people ended what differed: paid or failed
            booked_fen number? what is booked as paid since then, where it is not what was asked
        """,
        left_out="""
            holder an account stands in no export
            bank_name an account stands in no export
            account_no an account stands in no export
            reason the bank's own words may name a person
        """,
    ),
)
"""Tables of `settlement.bank_tables`."""
