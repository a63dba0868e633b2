"""What an export holds of channels' bills: which time each speaks for, and every payment it lists."""

from __future__ import annotations

from typing import Final

from settlement.export.shape import shape

CHANNEL_BILLS: Final = (
    shape(
        "channel_bill",
        "Bills of payment channels as they came, with what became of each.",
        key=("bill_id",),
        columns="""
            bill_id number the bill's number
            merchant_id number whose bill
            layout text which layout it has
            channel text wechat, alipay, acquirer or plain
            kinds text all; pay or back where it holds payments or refunds alone
            outcome text ok, EMPTY, UNREADABLE or TOTALS_WRONG
            covers_from number from when it speaks
            covers_until number until when, left out
            sha256 text of the bill
            file_sha256 text of the file as it came
            pay_count number payments
            pay_fen number their sum
            back_count number refunds
            back_fen number their sum
            taken_by number the member of staff
            taken_at number when
        """,
        left_out="""
            account the shop's account at its channel
            file_name typed by a person
            answer follows from the rest
        """,
    ),
    shape(
        "earning_pause",
        "Shops that gave no points while no bill of theirs came.",
        key=("merchant_id", "from_date"),
        columns="""
            merchant_id number the shop
            from_date number the day from which it gave none
            silent_since number the first sale for whose time no bill had come
            began_at number when it was paused
            ended_at number? when it went on
        """,
    ),
    shape(
        "channel_line",
        "Payments and refunds as the first bill that held them says.",
        key=("merchant_id", "channel", "payment_ref", "refund_ref"),
        columns="""
            bill_id number the bill
            line_no number the line in it
            merchant_id number whose
            channel text wechat, alipay, acquirer or plain
            kind text pay or back
            payment_ref text the channel's number of the payment
            refund_ref text the channel's number of the refund
            fen number the amount
            at number when
        """,
    ),
)
