"""The enrolment slip: one page an owner can follow, from the tablet in the hand to the first real sale."""

from __future__ import annotations

from typing import Final, NamedTuple

from kiosk.prints.typeset import typeset
from kiosk.qr_image import CARD, FREE, draw_svg
from kiosk.texts import mark, translator

STEPS: Final = (
    mark(
        "Open the camera of the tablet on the code above, or type the address. Then press “Set up”:"
        " both codes are filled in. Typed by hand they work as well."
    ),
    mark("Choose your name and type your four digits; the office has set them with you."),
    mark(
        "The striped training opens first. Make one sale: amount, “Scan the code”, “Use the practice"
        " card”, confirm. Nothing counts."
    ),
    mark("Press “Leave the training”, then “Start real sales”."),
    mark(
        "First real sale: press “Sale”, type the amount, let the customer show the code or the card,"
        " confirm, and take the yuan as always."
    ),
    mark("In the evening press “Close the day” and “File these figures”."),
)
HELP: Final = (
    mark(
        "Every morning: “Self-test”, then scan this card. It buys nothing and works without network."
    ),
    mark(
        "The camera stays off? Use a hand scanner. The address must begin with https for the camera."
    ),
    mark("No network? Go on selling; the tablet keeps it and sends it later."),
    mark(
        "Keep this sheet from strangers until the tablet is set up; afterwards the codes are dead."
    ),
)


DAILY: Final = (
    mark(
        "A sale: “Sale”, type the amount, scan the code or the card, confirm, take the yuan as always."
    ),
    mark(
        "Too few points, or another sum? Press minus or plus, or “Back”; nothing is booked before you confirm."
    ),
    mark(
        "Goods come back: “Refund”, scan the slip. A mistake a moment ago: “Undo” on the last screen."
    ),
    mark("A certificate on paper: scan it, or type its nine digits under the camera's picture."),
    mark(
        "No network: sell on and give the slip; the tablet says how many points may be used, and sends all later."
    ),
    mark("No power either: write the paper slips, and take them to the office."),
    mark("In the evening press “Close the day” and “File these figures”."),
)


class Slip(NamedTuple):
    """What stands on it. `code` works once, '' where the till is set up; `card` is the test card's, nobody's."""

    shop: str
    branch: str
    terminal: str
    issuer: str
    code: str
    address: str
    until: str
    card: str
    hotline: str


def draw_enrolment_slip(slip: Slip, *, language: str = "zh") -> bytes:
    """The slip as a PDF of one page; without a code it is the page for the days after."""
    _ = translator(language)
    texts = {
        "title": _("Set up your till") if slip.code else _("Your till, day by day"),
        "till": _("Till"),
        "address": _("Address"),
        "community": _("Community code (4 characters)"),
        "enrolment": _("Enrolment code (12 characters)"),
        "until": _("Good once, until {time}. Afterwards ask the office for a new one.").format(
            time=slip.until
        ),
        "scan_here": _("Scan with the tablet's camera"),
        "test_card": _("Test card of this community"),
        "hotline": _("Hotline"),
    }
    return typeset(
        "enrolment_slip.typ",
        {
            "language": language,
            "texts": texts,
            "shop": slip.shop,
            "branch": slip.branch,
            "terminal": slip.terminal,
            "issuer": slip.issuer,
            "code": grouped(slip.code),
            "address": slip.address,
            "address_picture": draw_svg(_opening(slip), FREE),
            "card_picture": draw_svg(slip.card, CARD),
            "steps": [_(step) for step in (STEPS if slip.code else DAILY)],
            "help": [_(line) for line in (HELP if slip.code else HELP[:-1])],
            "hotline": slip.hotline,
        },
    )


def _opening(slip: Slip) -> str:
    return f"{slip.address}#{slip.issuer}-{slip.code}" if slip.code else slip.address


def grouped(code: str) -> str:
    """Twelve characters as people type them: four and four and four."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))
