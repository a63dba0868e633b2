"""Refusals of the shelf: what is left of a good, holds, deliveries, counts."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "stock_form_good": Known(
        422,
        mark(
            "No good of this supermarket has this name and pack. Write them as on the office's page of goods."
        ),
    ),
    "stock_form_note": Known(
        422,
        mark(
            "Each row needs the number of its delivery note, once for each good. Correct it and send again."
        ),
    ),
    "stock_form_purpose": Known(
        422,
        mark(
            "It is not said what the pieces were for. Write it as the heading of the column names it."
        ),
    ),
    "stock_form_two": Known(
        409,
        mark(
            "Writing goods off takes two people. Propose it on the good's page, then a colleague agrees."
        ),
    ),
    "stock_form_source": Known(
        422,
        mark(
            "It is not said whether it was bought or donated. Write it as the heading of the column names it."
        ),
    ),
    "stock_form_other": Known(
        409,
        mark(
            "This delivery note is in the book with another count, amount or source. Look at the good's page; a count"
            " puts pieces right."
        ),
    ),
    "photo_wrong": Known(
        422, mark("This is no photo. Choose a JPEG or PNG picture, or send it without one.")
    ),
    "slots_not_fast": Known(
        409,
        mark("{good} is not marked as a good that goes fast. Mark it under its settings first."),
    ),
    "slots_wrong": Known(
        422,
        mark(
            "No slot fits: at least one and at most {most} slots, of 1 to 240 minutes, not over yet, with pieces in"
            " each. Correct the times and send again."
        ),
    ),
    "slots_meet": Known(
        409, mark("A slot that begins on {slot_at} is there already. Choose another time.")
    ),
    "slot_gone": Known(
        409,
        mark(
            "This slot is not there any more, or somebody has ordered in it. Look at the slots again."
        ),
    ),
    "good_slot_full": Known(
        409,
        mark("This slot of {good} is full. The next free one begins on {next_at}: take that one."),
    ),
    "slots_full": Known(
        409,
        mark("No slot of {good} has {asked} pieces left. Ask for fewer, or come on another day."),
    ),
    "slot_needed": Known(
        409,
        mark(
            "{good} is handed out by time today, so that nobody has to queue. The next free slot begins on {next_at}:"
            " order it for then."
        ),
    ),
    "slot_not_yet": Known(
        409, mark("This order's time begins on {slot_at}. Please come then; it is kept.")
    ),
    "slot_alone": Known(
        422, mark("{good} is ordered by time and alone. Order the other goods separately.")
    ),
    "slot_had": Known(
        409, mark("{good} is ordered for you already. Collect it, or give that order up first.")
    ),
    "stock_short": Known(
        409,
        mark(
            "Of {good} there are {left} left, {asked} were asked for. Nobody has said yet when more comes:"
            " choose fewer, or ask at the counter."
        ),
    ),
    "stock_short_until": Known(
        409,
        mark(
            "Of {good} there are {left} left, {asked} were asked for. More is expected on {more_on}:"
            " choose fewer, or come again then."
        ),
    ),
    "good_paused": Known(
        409, mark("{good} is not being handed out for a while: {notice} Choose something else.")
    ),
    "hold_ended": Known(
        409, mark("What was set aside is not set aside any more. Choose the goods again.")
    ),
    "good_settings_wrong": Known(
        422,
        mark(
            "A limit, shelf life or low mark of this good is no number from 0 on, or its period is none of"
            " day, week, month, quarter and year. Correct it and send again."
        ),
    ),
    "delivery_wrong": Known(
        422,
        mark(
            "This delivery is not whole: say bought or given, how many pieces, real dates, and for a gift who gave"
            " it and no price. Correct it and save again."
        ),
    ),
    "write_off_why": Known(
        422,
        mark(
            "Say why the goods are written off: expired, broken, vermin, or other with a few words."
        ),
    ),
    "lot_short": Known(
        409, mark("Of this delivery {left} pieces are left, {asked} were asked for. Choose fewer.")
    ),
    "return_too_much": Known(
        409,
        mark(
            "More of {good} would come back than was handed out on this slip and is still out. Choose fewer."
        ),
    ),
    "count_not_found": Known(404, mark("There is no such count. Open the list of counts again.")),
    "count_ended": Known(409, mark("This count has ended. Begin a new one.")),
    "count_third_person": Known(
        409, mark("Two people are counting already. Let one of the two enter the figure.")
    ),
    "count_first_missing": Known(
        409,
        mark("The first of the two has not counted this good yet. Let that person count first."),
    ),
    "count_differs": Known(
        409,
        mark(
            "The two figures for {good} differ. Count once more together and enter what both see."
        ),
    ),
    "count_one_person": Known(
        409,
        mark(
            "Not every good was counted by a second person. Let somebody else count what is missing."
        ),
    ),
    "count_reason_missing": Known(
        422,
        mark(
            "{good} differs from the book without a reason. Write the reason beside it and book the count again."
        ),
    ),
    "shop_paused": Known(
        409, mark("Nothing is handed out here for a while: {notice} Come again another day.")
    ),
    "notice_long": Known(
        422, mark("The notice is longer than {most} characters. Shorten it and save again.")
    ),
    "good_limit_person": Known(
        409,
        mark(
            "Of {good} each person may have {limit} for now; {left} of them are left. Choose fewer."
        ),
    ),
    "good_limit_household": Known(
        409,
        mark(
            "Of {good} each household may have {limit} for now; {left} of them are left. Choose fewer."
        ),
    ),
}
