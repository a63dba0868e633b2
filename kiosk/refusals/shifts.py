"""Refusals of shifts."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "shift_line_bad": Known(
        422,
        mark("This entry of a shift is not signed by this till. Enrol the tablet anew."),
    ),
    "shift_changed": Known(
        409,
        mark(
            "Entry {entry_no} of this till's shifts is another one in the book. Show both slips"
            " to the office."
        ),
    ),
    "shift_gap": Known(
        409,
        mark("Entries of shifts are missing: the next is number {expected}. Send that one first."),
    ),
    "shift_not_chained": Known(
        409,
        mark(
            "This entry does not follow the last one of this till's shifts. Look at the last"
            " closing and count again."
        ),
    ),
    "shift_entries_wait": Known(
        409,
        mark(
            "{count} entries of this shift still wait at the till. Connect it, wait until none"
            " is waiting, and close again."
        ),
        "wait",
    ),
}
