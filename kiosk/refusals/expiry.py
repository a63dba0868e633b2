"""Refusals about points that lapse, and about points given and taken by a decision."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "award_item_unknown": Known(
        404,
        mark("The scheme has no item {item} for this. Choose one of its items."),
    ),
    "award_item_closed": Known(
        409,
        mark("The item {item} is not in use, or is honour alone. Choose another."),
    ),
    "award_units_wrong": Known(
        422,
        mark("The item {item} does not name this number of points. Use the scheme's number."),
    ),
    "award_needs_two": Known(
        403,
        mark("Nobody takes points alone. Propose it; a second person agrees."),
    ),
    "award_given_already": Known(
        409,
        mark("The item {item} was scored for this period already. Nothing more is to be done."),
    ),
    "award_cap_reached": Known(
        409,
        mark(
            "The limit {cap} of the item {item} is reached. Nothing more is given in this period."
        ),
    ),
    "award_over_balance": Known(
        409,
        mark(
            "The wallet holds fewer points than would be taken, and this scheme forbids a minus."
            " Nothing was taken."
        ),
    ),
    "award_day_wrong": Known(
        422,
        mark("This day has not come yet. Name the day it happened."),
    ),
    "award_person_needed": Known(
        422,
        mark("These points are a person's, not a household's. Give the number of their card."),
    ),
    "pending_not_found": Known(
        404,
        mark(
            "No pending points belong to this receipt: its number is wrong, or they can be spent already."
            " Look at the receipt again."
        ),
    ),
    "pending_flagged": Known(
        409,
        mark("This receipt is flagged already. A second person decides under Approvals."),
    ),
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
