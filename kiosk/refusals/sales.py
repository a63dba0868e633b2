"""Refusals at the till: sales, refunds, redemptions."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
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
    "amount_code_bad": Known(
        422,
        mark("This bill was not shown by a till of this community. Ask the shop to show it anew."),
    ),
    "amount_code_foreign": Known(
        409,
        mark("This bill is of another community. Your points are not used there."),
        "check",
    ),
    "amount_code_expired": Known(
        409,
        mark("This bill was shown more than three minutes ago. Ask the shop to show it anew."),
    ),
    "amount_code_used": Known(
        409,
        mark("This bill was answered already. Ask the shop to show a new one."),
    ),
    "amount_code_cancelled": Known(
        409,
        mark("The shop has taken this bill back. Ask it to show a new one."),
    ),
    "undo_not_whole": Known(
        409,
        mark(
            "Something of this sale was given back already, so it cannot be undone. Open "
            "“Refund” for the rest."
        ),
    ),
    "undo_other_till": Known(
        409,
        mark("Only the till that made a sale undoes it. Open “Refund” here, or go to that till."),
    ),
    "undo_too_late": Known(
        409,
        mark("A sale is undone on its own day only. Open “Refund” instead."),
    ),
    "undo_claimed": Known(
        409,
        mark(
            "This sale stands in a claim that was filed, so it cannot be undone any more. "
            "Open “Refund” instead."
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
    "insufficient_points": Known(
        409,
        mark(
            "The resident has {available_units} points; {asked_units} were asked for. Use "
            "fewer points."
        ),
    ),
    "points_owed": Known(
        409,
        mark(
            "{owed_units} points are still owed from a refund. New points make them up first;"
            " sell without points this time."
        ),
    ),
    "merchant_not_offsetting": Known(
        403,
        mark(
            "This shop's agreement does not let points pay for purchases. Sell without "
            "points, or ask the office."
        ),
    ),
    "offset_not_in_steps": Known(
        422,
        mark("Points are used in steps of {step_units}. Choose a whole number of steps."),
    ),
    "offset_below_minimum": Known(
        422,
        mark("At least {min_units} points are used at once. Use more, or none."),
    ),
    "offset_over_sale_cap": Known(
        409,
        mark("At most {cap_units} points are used for one purchase. Use fewer."),
    ),
    "offset_over_bill_share": Known(
        409,
        mark("Points pay at most {percent} percent of a bill. Use fewer."),
    ),
    "offset_over_month_cap": Known(
        409,
        mark("This month {left_units} points can still be used at shops. Use fewer."),
    ),
}
