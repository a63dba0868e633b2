"""Tables of channels' bills; only ledger.channel_bills writes them."""

from __future__ import annotations

from typing import Final

from ledger.schema import index, number, points_to, table, text, unique

# A bill that came, with what became of it: the same bytes again are answered from here.
channel_bill: Final = table(
    "channel_bill",
    number(
        "bill_id"
    ),  # made of the shop and the content, so the same bill has the same number everywhere
    number("merchant_id"),
    text("layout"),
    text("channel"),  # wechat | alipay | acquirer | plain
    text(
        "account"
    ),  # whose collecting account, as the channel numbers it; '' where it does not say
    text("kinds"),  # all | pay | back: what the channel was asked for
    text("outcome"),  # ok | EMPTY | UNREADABLE | TOTALS_WRONG
    number("covers_from"),  # the time it speaks for, microseconds UTC
    number("covers_until"),  # the end is left out
    text("sha256"),  # of the bill itself, unpacked
    text("file_sha256"),  # of what was sent
    text("file_name"),
    number("pay_count"),
    number("pay_fen"),
    number("back_count"),
    number("back_fen"),
    text("answer"),  # JSON: what the sender was told
    number("taken_by"),
    number("taken_at"),
    unique("community_id", "merchant_id", "sha256"),
    index("ix_channel_bill_cover", "merchant_id", "channel", "covers_until"),
    key=("bill_id",),
)

# A payment, or money given back, as the first bill that held it says; a later bill may only say the same.
channel_line: Final = table(
    "channel_line",
    number("bill_id"),
    number("line_no"),
    number("merchant_id"),
    text("channel"),
    text("kind"),  # pay | back
    text("payment_ref"),
    text("refund_ref"),  # '' on a payment
    number("fen"),
    number("at"),
    points_to("fk_channel_line_bill", "channel_bill", bill_id="bill_id"),
    index("ix_channel_line_at", "merchant_id", "at"),
    key=("merchant_id", "channel", "payment_ref", "refund_ref"),
)

# Who made a payment, for the watch: a hash of the channel's own number, which says nothing outside it.
channel_payer: Final = table(
    "channel_payer",
    number("merchant_id"),
    text("channel"),
    text("payment_ref"),
    text("payer"),
    number("told_at"),
    key=("merchant_id", "channel", "payment_ref"),
)
