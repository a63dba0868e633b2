"""What an export holds of certificates on paper."""

from __future__ import annotations

from typing import Final

from settlement.export.shape import shape

CERTIFICATES: Final = (
    shape(
        "certificate",
        "Certificates as they were printed: points set aside for one purchase at one kind of shop.",
        key=("certificate_id",),
        columns="""
            certificate_id number the certificate's number in the book
            person_id number for whom
            wallet_owner_id number whose points wait
            commodity number which kind of points
            units number how many
            shop_kind text the kind of shop that may take it
            hold_id number the hold of the points
            cap_code text the limit a month it was counted against; empty without one
            counted_month number the month of that limit
            business_date number the day it was printed
            last_day number its last day
            printed_by number who printed it
            printed_at number when
            request_id text the request that printed it
        """,
        left_out="serial whoever knows it may use the certificate",
    ),
    shape(
        "certificate_end",
        "How a certificate ended; there is one row at most for each.",
        key=("certificate_id",),
        columns="""
            certificate_id number the certificate
            how text used, cancelled or expired
            used_units number what a sale took of it; the rest went back
            merchant_id number? the shop that took it
            terminal_id number? at which till, or over the hotline
            ref text? the sale
            business_date number the day it counts for
            ended_by number who cancelled it; 0: a till or the night
            ended_at number when
            txn_id number? the posting
        """,
    ),
)
"""Tables of `ledger.certificates`."""
