"""Refusals around the payment channel."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "payment_already_used": Known(
        409,
        mark(
            "Another sale has already earned points on this payment. Check the payment "
            "reference, or refund that sale first."
        ),
    ),
    "payment_route_ended": Known(
        409,
        mark(
            "The sale took too long and its hold on the payment was given up. Send the same "
            "sale again."
        ),
    ),
    "webhook_bad_signature": Known(
        400,
        mark(
            "The signature of this notice does not fit our secret. Check the webhook secret "
            "in the settings; the payment itself is found by asking the channel."
        ),
    ),
    "webhook_too_old": Known(
        400,
        mark(
            "This notice was signed more than five minutes from our time. Set the clock right"
            " if this repeats; the channel sends the notice again."
        ),
    ),
    "webhook_repeated": Known(
        200,
        mark("This notice was received before; nothing more is to be done."),
    ),
    "webhook_changed": Known(
        409,
        mark(
            "A notice with the same number and other content was received before; this one "
            "was not stored. Ask the payment channel which one holds."
        ),
    ),
    "webhook_unreadable": Known(
        400,
        mark(
            "This notice is signed but is not an event of the payment channel. Check which "
            "address the channel sends to."
        ),
    ),
}
