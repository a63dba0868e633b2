"""What an export holds of fee bills: bills, what each file said of them, and the points taken off."""

from __future__ import annotations

from typing import Final

from settlement.export.shape import shape

BILLS: Final = (
    shape(
        "fee_bill",
        "Fee bills of households as they stand.",
        key=("bill_id",),
        columns="""
            bill_id number the bill's number here
            biller_id number the merchant who sent it
            bill_no text the biller's own number
            household_id number whose bill
            kind text property_fee or refuse_fee
            period text what it is for, as the biller writes it
            amount_fen number the amount; 0: cancelled
            due_date number to be paid by
            version number counts up with each correction
            ceiling_fen number the most that points may pay
            scheme_version text the rules the ceiling comes from
            offset_fen number what points pay of it, held or booked
            offsets number how many offsets were asked for
            opened_at number when it came
            changed_at number when it last changed
        """,
    ),
    shape(
        "fee_bill_version",
        "What each file said of a bill.",
        key=("bill_id", "version"),
        columns="""
            bill_id number the bill
            version number the version
            amount_fen number the amount
            due_date number to be paid by
            period text what it is for
            ceiling_fen number the most that points may pay
            scheme_version text the rules the ceiling comes from
            file_sha256 text the file
            row_no number the row in it
            back_fen number given back of offsets by this correction
            recorded_at number when
        """,
    ),
    shape(
        "fee_offset",
        "Points asked to be taken off a bill.",
        key=("offset_id",),
        columns="""
            offset_id number the offset's number
            bill_id number the bill
            biller_id number who may claim it
            ref text the number it is claimed under
            household_id number whose bill
            person_id number who asked
            wallet_owner_id number whose wallet
            commodity number which points
            units number the points
            fen number their yuan
            units_per_fen number the rate
            scheme_version text the rules it was asked under
            cap_code text the month's limit it counts against
            counted_month number the month it counts in
            hold_request text the request its hold stands under
            state text held, booked or released
            asked_by text resident or office
            opened_at number when asked
            expires_at number until when the biller may confirm
            ended_at number? when booked or released
            why text of a release: expired, given_up or corrected
            txn_id number? the posting
            business_date number? the day it was booked on
            backs number how often something of it came back
            back_units number points that came back
            back_fen number their yuan
        """,
    ),
)
"""Tables of `ledger.bills`."""
