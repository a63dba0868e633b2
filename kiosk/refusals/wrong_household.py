"""Refusals of purchases that a household says are another's."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "purchase_none": Known(
        422,
        mark("Nothing is ticked, or more than {most}. Tick the purchases again and send the form."),
    ),
    "purchase_other": Known(
        409,
        mark(
            "One of these stands on no account of this household, is too old, or came back already. Load the page"
            " again and tick those that are listed."
        ),
    ),
    "purchase_named": Known(
        409,
        mark("This purchase was named already. Wait for the office's answer to it."),
    ),
    "rebook_same_household": Known(
        422,
        mark(
            "This resident lives in the same household. Choose somebody of the household that bought."
        ),
    ),
    "rebook_pending": Known(
        409,
        mark(
            "The points of this purchase are not proven yet. Agree to it once they count, or refuse the proposal."
        ),
    ),
}
