"""Refusals of scheme files and of the rules they set."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "scheme_refused": Known(
        422,
        mark(
            "The scheme file {file} is not taken: {problem_count} problems, the first being "
            "{first_problem}. Mend them all, then load it again."
        ),
    ),
    "merchant_not_earning": Known(
        409,
        mark(
            "Purchases at a shop of the kind {category} earn no points; these kinds do: "
            "{allowed}. Sell without earning."
        ),
    ),
    "channel_not_approved": Known(
        409,
        mark(
            "Paying by {channel} earns no points; these ways do: {allowed}. Sell without "
            "earning, or let the resident pay another way."
        ),
    ),
    "formula_input_missing": Known(
        422,
        mark("The points of this deed depend on {name}, which is missing. Enter it."),
    ),
    "formula_input_unknown": Known(
        422,
        mark("{value} is no value of {name} in this scheme. Choose one of the list."),
    ),
    "formula_input_negative": Known(
        422,
        mark("The value of {name} is below zero. Enter what was really done."),
    ),
    "formula_no_result": Known(
        422,
        mark(
            "The scheme's formula gives no points for this deed ({why}). Check what was "
            "entered, or ask the office to mend the formula."
        ),
    ),
}
