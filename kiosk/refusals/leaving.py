"""Refusals about shops that left."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "claims_over": Known(
        409,
        mark(
            "This shop has left, and claims were taken until {until_date}. What it forgot stands in its last statement"
            " and is claimed by accepting that."
        ),
    ),
    "heirs_account_missing": Known(
        409,
        mark(
            "The owner of this shop died. Propose the heirs' account on the shop's page; when a second person has"
            " agreed and its pause is over, propose the payout again."
        ),
    ),
    "last_statement_early": Known(
        409,
        mark(
            "The night of {business_date}, the shop's last day, is not closed yet. Close it, then issue the statement."
        ),
        next="wait",
    ),
    "last_statement_share": Known(
        409,
        mark(
            "This shop bears a share of the points it gave out, which is reckoned when the month closes. Its last"
            " statement comes with the month's close."
        ),
    ),
    "leaving_bad": Known(
        422,
        mark(
            "Something is missing. Say why it leaves, its last day (today or earlier), and for how many days it may"
            " still claim (at most {most_days})."
        ),
    ),
    "leaving_unknown": Known(
        409,
        mark(
            "Nobody has noted this shop's last day. Note it first, then issue the last statement."
        ),
    ),
    "merchant_left": Known(
        409, mark("It is noted already that this shop has left. Look at its page.")
    ),
}
