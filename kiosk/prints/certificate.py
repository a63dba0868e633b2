"""The certificate on paper: in large type, with a code a till reads and a number that can be read aloud."""

from __future__ import annotations

from typing import Final, NamedTuple

from kiosk.pages import day_text
from kiosk.prints.typeset import typeset
from kiosk.qr_image import CARD, draw_svg, side_mm
from kiosk.texts import translator

_DOTS, _DPI = 9, 300
FORM: Final = CARD
"""As a card's: a quarter of the code may be under glare or a fold."""


class Paper(NamedTuple):
    """What one certificate shows. The name stands on the paper alone; days are yyyymmdd."""

    code: str
    number: str
    name: str
    points: str
    yuan: str
    shop_kind: str
    day: int
    last_day: int


def draw_certificate(
    paper: Paper, *, community: str, hotline: str, percent: int, language: str = "zh"
) -> bytes:
    """The PDF of one certificate; `percent` is the most of a bill that points may pay."""
    _ = translator(language)
    texts = {
        "title": _("Certificate: points for a purchase"),
        "picture": _("Code of this certificate"),
        "whose": _("Resident"),
        "points": _("Points"),
        "kind": _("At a shop"),
        "until": _("Usable until"),
        "printed": _("Printed on"),
        "number": _("Number, in threes"),
        "hotline": _("Hotline"),
        "rules": [
            _(
                "Give it to the shop when you pay. The shop scans it, types the number, or reads"
                " it to the hotline."
            ),
            _(
                "Used once, whole or in part: points pay at most {percent}% of the bill, and what"
                " is left goes back to you."
            ).format(percent=percent),
            _(
                "Not used by the last day, all points go back to you. Lost? Call at once: the"
                " office cancels it."
            ),
        ],
    }
    return typeset(
        "certificate.typ",
        {
            "language": language,
            "texts": texts,
            "community": community,
            "hotline": hotline,
            "picture": draw_svg(paper.code, FORM),
            "picture_mm": side_mm(FORM, dots=_DOTS, dpi=_DPI),
            "number": paper.number,
            "name": paper.name,
            "points": _("{points} points = {yuan} yuan").format(
                points=paper.points, yuan=paper.yuan
            ),
            "kind": paper.shop_kind,
            "printed": day_text(paper.day),
            "until": day_text(paper.last_day),
        },
    )
