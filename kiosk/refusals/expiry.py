"""Refusals about points that lapse, and about points given and taken by a decision."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "slip_unknown": Known(
        404,
        mark("There is no such slip. Load the page again and tick the slips there."),
    ),
    "slips_none": Known(
        422,
        mark("No slip was ticked. Tick those that were brought, then note them."),
    ),
    "expiry_list_empty": Known(
        409,
        mark("There is nothing to print: no slip waits, and nothing is announced."),
    ),
    "expiry_list_long": Known(
        422,
        mark(
            "{count} slips are more than {most} in one file. Choose a building and print its own."
        ),
    ),
}
