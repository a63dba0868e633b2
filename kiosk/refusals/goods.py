"""Refusals of the goods counter: its hours, queue, orders, returns and whoever collects for another."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "counter_closed": Known(
        409,
        mark(
            "The goods counter is closed now. It opens next on {next_day}, {opens} to {closes}. Please come then; the"
            " points stay."
        ),
    ),
    "counter_closed_for_good": Known(
        409,
        mark("The goods counter has no opening ahead. Ask the community office when it opens."),
    ),
    "redemption_not_found": Known(
        404,
        mark(
            "There is no slip with this number from this counter today. Scan the card, or the slip's code once more."
        ),
    ),
    "opening_wrong": Known(
        422,
        mark("An extra opening ends after it begins, lies ahead and lasts at most 400 days."),
    ),
}
