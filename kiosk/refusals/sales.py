"""Refusals at the till: sales, refunds, redemptions."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "insufficient_points": Known(
        409,
        mark(
            "The resident has {available_units} points; {needed_units} are needed. Use fewer "
            "points."
        ),
    ),
    "wallet_in_debt": Known(
        409,
        mark(
            "{owed_units} points are still owed from a refund. They are made up by earning "
            "first; sell without points."
        ),
    ),
    "cover_empty": Known(
        409,
        mark(
            "Today's sum for offsets in this shop is used up; {left_fen} yuan are left. Sell "
            "without points, or use fewer."
        ),
    ),
    "token_used": Known(
        409,
        mark(
            "This code was used already. Ask the resident to refresh the phone page and scan again."
        ),
    ),
    "sale_not_found": Known(
        404,
        mark(
            "There is no sale with this receipt number in this shop. Check the number on the "
            "receipt."
        ),
    ),
    "sale_open": Known(
        409,
        mark("This sale is not finished yet. Wait a moment and look again."),
    ),
    "sale_void": Known(
        409,
        mark(
            "This sale did not take place, so there is nothing to refund. Check the receipt number."
        ),
    ),
    "refund_over_sale": Known(
        409,
        mark("At most {left_fen} yuan of this sale can still be refunded. Type a smaller amount."),
    ),
    "ref_bad": Known(
        422,
        mark(
            "The receipt number was typed wrongly: its last character does not fit. Type it again."
        ),
    ),
    "ref_taken": Known(
        409,
        mark("Another sale already has this receipt number. Let the till take the next number."),
    ),
    "period_locked": Known(
        409,
        mark(
            "{business_date} is closed and takes no more entries. Book it on an open day, or "
            "ask the accountant."
        ),
    ),
    "already_reversed": Known(
        409,
        mark(
            "This entry was reversed already. Look at the entries; nothing more needs to be done."
        ),
    ),
    "payment_declined": Known(
        402,
        mark("The payment was declined. Ask for another way to pay; no points were used."),
    ),
    "payment_unknown": Known(
        503,
        mark(
            "It is not known yet whether the payment went through. Do not take it again; look"
            " at today's sales in a minute."
        ),
    ),
}
