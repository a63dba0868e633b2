"""Refusals of certificates on paper: printed at the desk, taken at a shop or read to the hotline."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "carer_limit": Known(
        422,
        mark(
            "A carer's card spends less than the resident's own. Choose less than {most_units} points a day."
        ),
    ),
    "carer_day_cap": Known(
        409,
        mark(
            "This carer's card may spend {left_units} more points today. Use fewer, or ask for the resident's own card."
        ),
    ),
    "forgotten_shape": Known(
        422,
        mark("Four digits are wanted. Type the last four of the telephone number, nothing else."),
    ),
    "forgotten_unknown": Known(
        404,
        mark(
            "Name, building and digits do not fit one resident. Ask again, or look at the identity card."
        ),
    ),
    "forgotten_often": Known(
        409,
        mark(
            "This resident was looked up so {most} times within 30 days. Give them another card instead."
        ),
    ),
    "forgotten_tries": Known(
        429, mark("You searched {most} times within a day. Ask a colleague to go on.")
    ),
    "certificate_not_offered": Known(
        409, mark("The rules in force know no certificates on paper. Hand out a card instead.")
    ),
    "certificate_points": Known(
        422,
        mark(
            "A certificate is for {least_units} to {most_units} points, in steps of {step_units}."
            " Change the points and print again."
        ),
    ),
    "certificate_kind": Known(
        422, mark("No shop of this kind takes points off bills today. Choose another kind.")
    ),
    "certificate_too_many": Known(
        409,
        mark(
            "This resident has {most} certificates that are not used yet. Cancel one of them first."
        ),
    ),
    "certificate_number_wrong": Known(
        422, mark("This is no certificate number. Ask for all nine digits again, in threes.")
    ),
    "certificate_not_found": Known(
        404, mark("There is no such certificate. Check the number, or call the hotline.")
    ),
    "certificate_used": Known(
        409,
        mark(
            "This certificate was used already, on {used_day}. The resident may ask at the office."
        ),
    ),
    "certificate_cancelled": Known(
        409,
        mark(
            "This certificate was cancelled at the office on {cancelled_day}; its points are back"
            " with the resident. The resident may ask for a new one."
        ),
    ),
    "certificate_expired": Known(
        409,
        mark(
            "This certificate's last day was {last_day}; its points are back with the resident."
            " The resident may ask for a new one."
        ),
    ),
    "certificate_moved": Known(
        409,
        mark(
            "This certificate was printed before the resident changed households. Send the resident to the"
            " office: cancelled there, its points go back and a new one can be printed."
        ),
    ),
    "certificate_own_print": Known(
        409,
        mark("You printed this certificate yourself. Ask a colleague to take this call."),
    ),
    "certificate_other_kind": Known(
        409,
        mark(
            "This certificate is for another kind of shop: {shop_kind}. Send the resident there; it stays good."
        ),
    ),
}
