"""Refusals of exports and of what is read back from them."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "export_unreadable": Known(
        422,
        mark(
            "This is not an export that can be read ({why}). Name the folder or ZIP that jifen export wrote."
        ),
    ),
    "export_folder_taken": Known(
        409,
        mark("There is something in {folder} already. Name a new folder, or empty this one."),
    ),
    "kit_page_missing": Known(
        503,
        mark(
            "The auditor's page is not built on this server. Run “make web”, or install the wheel."
        ),
    ),
    "kit_months": Known(
        422,
        mark("The last month lies before the first. Name them the other way round."),
    ),
    "replay_differs": Known(
        409,
        mark(
            "Replayed, this does not come out as the export says: {what}. Audit the export, and start"
            " again with an empty database."
        ),
    ),
    "replay_not_empty": Known(
        409,
        mark("This database holds a community already. Replay into a new, migrated one."),
    ),
}
"""What an export refuses."""
