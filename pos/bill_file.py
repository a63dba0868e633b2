"""A channel's bill as proof of payment: its payments, in the order of the file."""

from __future__ import annotations

from typing import Final

from ledger.channel_bills.bill import Bill
from ledger.channel_bills.layouts import layouts
from ledger.channel_bills.reading import read_channel_bill
from ledger.errors import Refusal
from pos.proof import BillLine

MOST_BYTES: Final = 50_000_000


def read_bill(body: bytes) -> list[BillLine]:
    """The payments of a bill in the order of the file; refund rows and the closing totals are left out.

    Refuses: bill_too_large, bill_unreadable (no encoding fits), bill_unknown (no layout fits), bill_row_bad (the row's
    number and column; nothing of the file is used then), bill_totals_wrong.
    """
    if len(body) > MOST_BYTES:
        raise Refusal("bill_too_large", most_bytes=MOST_BYTES)
    bill = read_channel_bill(body)
    if bill is None:
        raise Refusal("bill_unknown", known=", ".join(layout.name for layout in layouts()))
    if bill.faults:
        fault = bill.faults[0]
        if fault.fault == "encoding":
            raise Refusal("bill_unreadable")
        raise Refusal("bill_row_bad", row=fault.line_no, column=fault.fault)
    if bill.wrong:
        wrong = bill.wrong[0]
        raise Refusal(
            "bill_totals_wrong", name=wrong.name, stated=wrong.stated, counted=wrong.counted
        )
    return payments_in(bill)


def payments_in(bill: Bill) -> list[BillLine]:
    """A bill's payments as what they may prove."""
    return [BillLine(line.payment_ref, line.fen, line.at) for line in bill.of_kind("pay")]
