"""Refusals about what residents agree to, and about forgetting who takes part no longer."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "person_active": Known(
        409,
        mark("This person still takes part. Note first that they have left, then delete the name."),
    ),
    "person_forgotten": Known(
        409, mark("The name of this person is deleted already. Nothing more is to be done.")
    ),
    "person_estate": Known(
        409,
        mark(
            "Heirs may still claim this person's points. Wait until they have, or until the twelve months are over."
        ),
    ),
    "consent_text": Known(
        422,
        mark("The text is empty or longer than {most} characters. Shorten it and try again."),
    ),
    "consent_same": Known(
        409, mark("This is the text in force already. Change it first, or leave it as it is.")
    ),
    "consent_changed": Known(
        409, mark("The text was changed meanwhile. Read the new version, then agree.")
    ),
}
