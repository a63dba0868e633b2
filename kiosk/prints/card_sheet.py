"""Sheets of printed cards: A4, ten to a page, each with a code a till reads and a short number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from kiosk.prints.typeset import typeset
from kiosk.qr_image import CARD, draw_svg, side_mm
from kiosk.texts import translator
from ledger.errors import Refusal

CARDS_A_PAGE: Final = 10
MOST_CARDS: Final = 300
"""More than this in one file keeps a small machine busy for too long."""

# Eight dots a module at 300 dpi: 38.6 mm, and every module is exactly square on paper.
_DOTS, _DPI = 8, 300


class CardFace(NamedTuple):
    """What one card shows.

    `holder` is the household's code, or a masked name where the household agreed, or empty.
    """

    code: str
    number: str
    holder: str = ""


def draw_card_sheet(
    cards: Sequence[CardFace], *, community: str, hotline: str, language: str = "zh"
) -> bytes:
    """The PDF of `cards` in order, with the community's name and its hotline on each.

    Refusals: card_sheet_empty, card_sheet_too_long.
    """
    if not cards:
        raise Refusal("card_sheet_empty")
    if len(cards) > MOST_CARDS:
        raise Refusal("card_sheet_too_long", count=len(cards), most=MOST_CARDS)
    _ = translator(language)
    texts = {
        "title": _("Points card"),
        "picture": _("Code of this points card"),
        "show": _("Show this code when you pay."),
        "hotline": _("Hotline"),
        "lost": _(
            "Lost it? Call the hotline at once: the card is blocked and your points are kept. "
            "Found it? Please hand it in at the community office."
        ),
        "ruler": _("Print at actual size: this line is 50 mm long."),
    }
    faces = [
        {"picture": draw_svg(card.code, CARD), "number": card.number, "holder": card.holder}
        for card in cards
    ]
    return typeset(
        "card_sheet.typ",
        {
            "language": language,
            "texts": texts,
            "community": community,
            "hotline": hotline,
            "picture_mm": side_mm(CARD, dots=_DOTS, dpi=_DPI),
            "cards": faces,
        },
    )
