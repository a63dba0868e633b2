"""The notice of one act on a difference or an objection: one A5 page for the shop, naming roles and no person."""

from __future__ import annotations

from typing import NamedTuple

from kiosk.prints.typeset import typeset
from kiosk.texts import translator

Facts = list[tuple[str, str]]


class Decision(NamedTuple):
    """What the page says, as people write it: what was found, what was decided in which role, sums, how to object."""

    title: str
    number: str
    shop: str
    found: Facts
    decided: Facts
    sums: Facts
    object_how: str


def draw_decision(notice: Decision, *, community: str, hotline: str, language: str = "zh") -> bytes:
    """The PDF; the same facts give the same bytes."""
    _ = translator(language)
    return typeset(
        "decision.typ",
        {
            "language": language,
            "community": community,
            "title": notice.title,
            "number": f"{_('Number')} {notice.number}",
            "shop": notice.shop,
            "parts": [
                [_("What was found"), notice.found],
                [_("What was decided"), notice.decided],
                [_("What follows"), notice.sums],
            ],
            "object_name": _("If you do not agree"),
            "object_how": notice.object_how,
            "seal": _("Stamp of the community"),
            "hotline": _("Hotline"),
            "phone": hotline,
        },
    )
