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
    "form_unknown": Known(
        404,
        mark("There is no form “{form}”. Choose one of the list of forms."),
    ),
    "form_shop_missing": Known(
        422,
        mark("This form is about one shop. Choose the shop first."),
    ),
    "form_long": Known(
        422,
        mark("{count} rows are more than the {most} that are printed at once. Take it as Excel."),
    ),
    "form_sum_wrong": Known(
        422,
        mark("The rows above add up to {counted}. Correct the sum or the rows."),
    ),
    "form_not_taken": Known(
        422,
        mark("This form does not come back: the book fills it, or it stays on paper."),
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
