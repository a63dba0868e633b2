"""Refusals of the goods counter: its hours, queue, orders, returns and whoever collects for another."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "counter_closed": Known(
        409,
        mark(
            "The goods counter is closed now. It opens next on {next_day}, {opens} to {closes}. Please come then; the"
            " points stay."
        ),
    ),
    "counter_closed_for_good": Known(
        409,
        mark("The goods counter has no opening ahead. Ask the community office when it opens."),
    ),
    "redemption_not_found": Known(
        404,
        mark(
            "There is no slip with this number from this counter today. Scan the card, or the slip's code once more."
        ),
    ),
    "return_too_late": Known(
        409,
        mark(
            "These goods were handed out on {business_date}. At the counter goods come back on the same day only; ask"
            " the community office."
        ),
    ),
    "return_wrong": Known(
        422, mark("More came back than this slip handed out. Look at the slip and count again.")
    ),
    "price_moved": Known(
        409,
        mark(
            "The price has changed: {fen} yuan beside the points, not {shown_fen}. Open the basket again and ask the"
            " resident; nothing was booked."
        ),
    ),
    "till_short": Known(
        409,
        mark(
            "Only {left_fen} yuan lie in this counter's till by the book, not {asked_fen}. Count the till first, then"
            " bring to the bank what is there."
        ),
    ),
    "return_at_office": Known(
        409, mark("Yuan were paid beside the points. Send the resident to the community office.")
    ),
    "goods_order_not_found": Known(
        404, mark("There is no such order for this card here. Ask for the order's number.")
    ),
    "goods_order_ended": Known(
        409,
        mark(
            "This order is over: collected, cancelled, or not fetched in time. Its points went back; choose anew."
        ),
    ),
    "proxy_wrong": Known(
        422,
        mark(
            "It is not said how the person who collects is related. Choose one of the relations and try again."
        ),
    ),
    "proxy_too_many": Known(
        409,
        mark(
            "At most {most} persons may collect for one resident. The office can take one off the list."
        ),
    ),
    "proxy_not_found": Known(
        404,
        mark(
            "Nobody with this number collects for this resident. Look at the list of who does and try again."
        ),
    ),
    "proxy_ended": Known(
        409,
        mark(
            "The resident does not want this person to collect any more. Hand nothing out; ask the community office."
        ),
    ),
    "proxy_over": Known(
        409,
        mark(
            "The mandate of this person ended on {until_date}. Ask for the resident, or for a new mandate at the"
            " office."
        ),
    ),
    "proxy_needs_mandate": Known(
        409,
        mark(
            "Here only somebody with a mandate on paper collects for another. The community office writes it down."
        ),
    ),
    "mandate_paper": Known(
        422,
        mark("It is not said which paper was shown. Name it and who witnessed it; then try again."),
    ),
    "mandate_until": Known(
        422,
        mark(
            "A mandate ends on a day from today on, within three years. Correct the last day and try again."
        ),
    ),
    "mandate_oneself": Known(
        422, mark("Nobody holds a mandate for themselves. Choose somebody else's card.")
    ),
    "help_call_taken": Known(
        409,
        mark(
            "Somebody has gone there already, or the call is over. Look at the list of calls again."
        ),
    ),
    "queue_empty": Known(404, mark("Nobody is waiting. Give out a number first.")),
    "opening_not_found": Known(
        404,
        mark("This extra opening is over or was never set. Look at the list and try again."),
    ),
    "opening_wrong": Known(
        422,
        mark(
            "These are no times for an extra opening. It ends after it begins, lies ahead and lasts at most 400 days;"
            " enter it again."
        ),
    ),
}
