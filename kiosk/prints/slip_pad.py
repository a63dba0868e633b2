"""Pads for a day on paper: slips in two halves with one number and one short code, and the sheet that adds them up."""

from __future__ import annotations

from typing import Final

from kiosk.prints.typeset import typeset
from kiosk.qr_image import FREE, draw_svg
from kiosk.texts import translator
from ledger.errors import Refusal
from pos.paper import MOST_SLIPS, short_code, slip_number

SLIPS_A_PAGE: Final = 4
MOST_IN_ONE_FILE: Final = 200


def draw_slip_pad(
    *,
    terminal_code: str,
    shop: str,
    community: str,
    hotline: str,
    first: int,
    count: int,
    language: str = "zh",
) -> bytes:
    """The PDF of `count` slips from number `first` on, and the day's sheet as its last page.

    Refuses slip_number_bad where a number is below 1 or has more than five digits, card_sheet_too_long.
    """
    if not 1 <= count <= MOST_IN_ONE_FILE:
        raise Refusal("card_sheet_too_long", count=count, most=MOST_IN_ONE_FILE)
    if first < 1 or first + count - 1 > MOST_SLIPS:
        raise Refusal("slip_number_bad")
    slips = [
        {
            "number": slip_number(terminal_code, number),
            "code": short_code(terminal_code, number),
            "picture": draw_svg(slip_number(terminal_code, number), FREE),
        }
        for number in range(first, first + count)
    ]
    return typeset(
        "slip_pad.typ",
        {
            "language": language,
            "texts": _texts(language),
            "community": community,
            "shop": shop,
            "hotline": hotline,
            "slips": slips,
        },
    )


def _texts(language: str) -> dict[str, str]:
    _ = translator(language)
    return {
        "title": _("Points slip"),
        "shop_half": _("Shop's half: keep it for the community"),
        "resident_half": _("Customer's half"),
        "date": _("Date"),
        "time": _("Time"),
        "card": _("Number under the code on the card"),
        "total": _("Purchase, yuan"),
        "points": _("Points used"),
        "pays": _("Customer pays, yuan"),
        "how": _("Paid by: code / bank card / cash"),
        "signed": _("Signature of the shop"),
        "booked": _("Written down on paper; it is booked when the shop hands its slips in."),
        "hotline": _("Hotline"),
        "cut": _("tear here"),
        "sheet": _("The day's sheet"),
        "sheet_first": _("First slip used"),
        "sheet_last": _("Last slip used"),
        "sheet_spoilt": _("Spoilt slips (keep both halves)"),
        "sheet_count": _("Slips written"),
        "sheet_total": _("Purchases together, yuan"),
        "sheet_points": _("Points used together"),
        "sheet_do": _(
            "Every number is written, spoilt or still blank; hand this sheet and the shop's halves in together."
        ),
    }
