"""The notice that a debt was let go: a letter on A5 for the holder."""

from __future__ import annotations

from typing import NamedTuple

from kiosk.prints.typeset import typeset
from kiosk.texts import translator


class Notice(NamedTuple):
    """What it says. The name is on the paper alone; points and day as people write them."""

    name: str
    household: str
    points: str
    reason: str
    day: str
    number: str


def draw_forgiven(notice: Notice, *, community: str, hotline: str, language: str = "zh") -> bytes:
    """The PDF."""
    _ = translator(language)
    return typeset(
        "forgiven.typ",
        {
            "language": language,
            "community": community,
            "title": _("Notice: a debt in points is let go"),
            "facts": [
                [_("Resident"), notice.name],
                [_("Household"), notice.household],
                [_("Points let go"), notice.points],
                [_("Reason"), notice.reason],
                [_("Decided on"), notice.day],
                [_("Number"), notice.number],
            ],
            "text": _(
                "These points had been used at a shop without network and were not in the account. You need not make"
                " them up any more, and you pay nothing. Two people of the community decided it; the shop was paid."
            ),
            "seal": _("Stamp of the community"),
            "hotline": _("Hotline"),
            "phone": hotline,
        },
    )
