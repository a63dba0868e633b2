"""More refusals at the counter: codes and cards, refunds, goods, bills, the fund."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "amount_wrong": Known(
        422, mark("The amount must be above zero and below ten billion yuan. Type it again.")
    ),
    "reason_missing": Known(422, mark("Write a reason; it stays on record with the entry.")),
    "busy_try_again": Known(
        503, mark("Too many people asked at the same moment; nothing was written. Try once more.")
    ),
    "token_earn_only": Known(
        409,
        mark(
            "This code only collects points. Ask the resident to show the code for paying with points."
        ),
    ),
    "card_replaced": Known(
        409,
        mark(
            "This card was replaced by a newer one. Ask for the new card, or call the community office."
        ),
    ),
    "spent_day_cap": Known(
        409,
        mark(
            "Today's limit of {limit_units} points for this kind of code is reached. Use fewer points, or none."
        ),
    ),
    "sale_of_other_shop": Known(
        409, mark("This sale was made in another shop. Send the customer there with the receipt.")
    ),
    "refund_by_channel": Known(
        409,
        mark(
            "This sale was paid through the community's own channel; the money goes back the same way."
        ),
    ),
    "refund_declined": Known(
        402,
        mark(
            "The payment channel refused to give the money back. No points were moved; call the office."
        ),
    ),
    "merchant_not_redeeming": Known(
        403, mark("This place does not hand out goods for points. Go to the points supermarket.")
    ),
    "basket_wrong": Known(
        422,
        mark(
            "This is too little or too much at once. Choose 1 to {most_lines} different goods,"
            " at most {most_pieces} of each."
        ),
    ),
    "good_not_found": Known(
        404, mark("This good is not on the list any more. Load the list again.")
    ),
    "good_code_taken": Known(409, mark("The good code {taken} is in use. Choose another.")),
    "good_off": Known(
        409, mark("{good} is not being handed out at present. Choose something else.")
    ),
    "good_other_points": Known(
        409, mark("This good is priced in another kind of points. Choose something else.")
    ),
    "bill_too_large": Known(
        413, mark("The bill is too large. Export one day at a time and send the parts.")
    ),
    "bill_unreadable": Known(
        422, mark("The bill is no text. Send the CSV file as the payment channel exported it.")
    ),
    "bill_unknown": Known(
        422,
        mark(
            "No known layout fits this bill ({known}). Send the file unchanged, or ask for its "
            "layout to be added."
        ),
    ),
    "bill_row_bad": Known(
        422,
        mark(
            "Row {row}, column {column} of the bill cannot be read; nothing of it was used. "
            "Correct it or export again."
        ),
    ),
    "bill_totals_wrong": Known(
        422,
        mark(
            "The bill's own total {name} says {stated}, its lines come to {counted} (amounts in fen); nothing of it "
            "was used. Export it again."
        ),
    ),
    "bill_day_open": Known(
        409, mark("The bill speaks for a day that is not over. Export it again on the next day.")
    ),
    "bill_days_missing": Known(
        422, mark("Nothing says which days this bill speaks for. Give its first and last day.")
    ),
    "bill_other_shop": Known(
        409,
        mark("This bill is of the account of shop {merchant}. Choose that shop, or its own bill."),
    ),
    "bill_changed": Known(
        409,
        mark(
            "Row {row}, column {column}, is not what the bill {file} said (row 0: a payment is "
            "gone). Ask the channel for the bill again."
        ),
    ),
    "payment_channel_missing": Known(
        409,
        mark("This server has no payment channel. Take the money on the shop's own device."),
    ),
    "order_replaced": Known(
        409,
        mark("This order was replaced by a newer one. Look at what is kept for the resident now."),
    ),
}
