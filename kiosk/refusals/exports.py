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
}
"""What an export refuses."""
