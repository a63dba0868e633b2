"""Refusals about fee bills: the list a biller sends, and points taken off a bill."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "fee_bill_not_found": Known(
        404, mark("There is no such bill. Look at its number again, or ask the property company.")
    ),
    "fee_bill_other_household": Known(
        403, mark("This is another household's bill. Points pay one's own household's bills only.")
    ),
    "fee_bill_cancelled": Known(
        409, mark("The property company cancelled this bill. Nothing has to be paid for it.")
    ),
    "fee_not_offered": Known(
        409,
        mark(
            "Points cannot pay this bill: the rules or the agreement with the biller do not allow it"
            " today. Call the office."
        ),
    ),
    "fee_over_month_cap": Known(
        409, mark("This month {left_units} points can still be used for fee bills. Use fewer.")
    ),
    "fee_offset_not_found": Known(
        404, mark("There is no such offset. Look at the list of the bill again.")
    ),
    "fee_offset_ended": Known(
        409,
        mark("This offset has ended already: it was confirmed or let go. Load the page again."),
    ),
    "import_biller": Known(
        422,
        mark(
            "No biller has this code: sign an agreement with the role for fee bills first,"
            " or correct the code."
        ),
    ),
    "import_form": Known(
        422,
        mark(
            "This is not written as expected. Numbers have letters, digits, points, lines and slashes;"
            " a period is 2026, 2026-06 or 2026Q2."
        ),
    ),
    "import_cancels": Known(
        422, mark("An amount of 0 cancels a bill, and this bill is not known. Correct the number.")
    ),
    "import_other_household": Known(
        422,
        mark(
            "This bill belongs to another household. Cancel it with the amount 0 and send a new number."
        ),
    ),
    "import_other_fee": Known(
        422,
        mark("This bill was for another fee. Cancel it with the amount 0 and send a new number."),
    ),
}
"""Code to HTTP status and sentence."""
