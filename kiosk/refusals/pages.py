"""Refusals of forms people fill in."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "form_amount": Known(
        422,
        mark("“{text}” is not an amount. Type digits with at most two decimals, such as 12.50."),
    ),
    "form_number": Known(
        422,
        mark("“{text}” is not a whole number. Type digits only."),
    ),
    "form_day": Known(
        422,
        mark("“{text}” is not a day. Choose a day, such as 2026-03-02."),
    ),
    "form_gap": Known(
        422,
        mark("Something is not filled in. Fill in every field that is not marked as optional."),
    ),
    "form_stale": Known(
        422,
        mark("This form is from an older page. Go back, load the page again and repeat."),
    ),
    "pin_not_same": Known(
        422,
        mark("The two PINs are not the same. Type the six digits twice."),
    ),
    "card_none": Known(
        409,
        mark("There is no card in use, so there is no code. Ask the community office for a card."),
    ),
}
