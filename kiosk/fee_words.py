"""Fee bills in plain words: what a fee is called, how an offset stands, why no more points can be used."""

from __future__ import annotations

from typing import Final

from kiosk.page_words import Word
from kiosk.texts import mark

FEES: Final = {
    "property_fee": Word(mark("property fee")),
    "refuse_fee": Word(mark("refuse fee")),
}
OFFSET_STATES: Final = {
    "held": Word(mark("waits for the biller"), "wait"),
    "booked": Word(mark("taken off"), "good"),
    "released": Word(mark("let go"), ""),
}
REASONS: Final = {
    "bill_share": mark(
        "Points pay at most {percent} percent of a bill; that is reached with this."
    ),
    "sale_cap": mark("The rules allow no more at once."),
    "month_cap": mark("A household uses at most {most} points a month for bills; {left} are left."),
    "balance": mark("There are no more points to use."),
    "no_points": mark("There are no points to use at present."),
    "points_owed": mark("First the points that are owed are made up."),
    "cancelled": mark("The bill is cancelled: nothing has to be paid."),
    "not_offered": mark("Points cannot pay this bill at present."),
}
"""The word for what keeps an offset from being larger to its sentence."""

LINE_STATES: Final = {
    "confirmed": Word(mark("confirmed and booked"), "good"),
    "confirmed_before": Word(mark("was confirmed before"), ""),
    "unknown": Word(mark("no such offset number"), "bad"),
    "other_amount": Word(mark("another amount is held"), "bad"),
    "released": Word(mark("was let go already"), "bad"),
}
"""What a line of a biller's confirmation came to."""
