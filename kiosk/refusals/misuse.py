"""Refusals of unauthorised use: what a holder says somebody else spent."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "misuse_nothing": Known(
        422,
        mark("Nothing is ticked, or more than {most}. Tick the purchases again and send the form."),
    ),
    "misuse_entry_other": Known(
        409,
        mark(
            "One of these is no purchase with this holder's card within {days} days, or its points are back already."
            " Load the page again and tick those that are listed."
        ),
    ),
    "misuse_entry_named": Known(
        409,
        mark(
            "Receipt {ref} stands on a form already. Leave it out; the office answers the first form."
        ),
    ),
    "misuse_not_found": Known(404, mark("There is no such form. Open it from the list again.")),
    "misuse_decided": Known(
        409,
        mark(
            "This form was decided already. Look at the answer; a new form names other purchases."
        ),
    ),
    "misuse_same_person": Known(
        403,
        mark(
            "You took this form in or gave its points back. Ask a colleague to decide it: two people must agree."
        ),
    ),
    "return_misuse": Known(
        409,
        mark(
            "The holder said this was not their purchase, and its points were given back. Take nothing back here;"
            " send whoever brings the goods to the office."
        ),
    ),
}
