"""Refusals of selling without network: at the till, at the upload, in the office."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "offline_policy_bad": Known(
        422,
        mark(
            "The limits sent with this sale are not this till's. Connect the till once, and sell "
            "without points until then."
        ),
    ),
    "offline_no_spending": Known(
        409,
        mark(
            "This till may not take points without network. Sell without points, or ask the office "
            "to let the shop do it."
        ),
    ),
    "offline_code_class": Known(
        409,
        mark(
            "This kind of code takes points with network only. Use the printed card, or sell "
            "without points."
        ),
    ),
    "offline_too_long": Known(
        409,
        mark(
            "The till had been without network for too long to take points. The shop asks the "
            "office how this sale is settled."
        ),
    ),
    "offline_too_old": Known(
        409,
        mark(
            "This sale is more than {days} days old and earns no points any more. The shop asks the office if in doubt."
        ),
    ),
    "offline_over_sale": Known(
        409,
        mark(
            "Without network one sale takes at most {limit_units} points. The shop asks the office "
            "how this sale is settled."
        ),
    ),
    "offline_over_card": Known(
        409,
        mark(
            "Without network one card takes at most {limit_units} points a day at one till. The "
            "shop asks the office how this sale is settled."
        ),
    ),
    "offline_over_terminal": Known(
        409,
        mark(
            "Without network this till takes at most {limit_units} points a day. The shop asks the "
            "office how this sale is settled."
        ),
    ),
    "offline_channel": Known(
        409,
        mark(
            "Without network the gateway cannot be asked. Take the money another way, or wait for "
            "the network."
        ),
    ),
    "offline_fund_empty": Known(
        503,
        mark(
            "The fund has nothing left for what this shop took in points. The till keeps the sale "
            "and sends it again once money is in."
        ),
    ),
    "offline_units_bad": Known(
        422,
        mark("A till may be allowed from 0 to {limit_units} points a day. Type another number."),
    ),
    "status_list_bad": Known(
        422,
        mark(
            "The list of cards that are not good is damaged or not this community's. Fetch it anew."
        ),
    ),
    "status_list_old": Known(
        409,
        mark("The list of cards that are not good is too old. Connect the till and fetch it anew."),
    ),
    "slip_time_bad": Known(
        422,
        mark(
            "The day does not fit the slip's number, or lies ahead. Type day and time as the slip "
            "has them."
        ),
    ),
    "offline_entries_wait": Known(
        409,
        mark(
            "{count} sales of this till still wait to be sent. Send them first, then close the day."
        ),
    ),
    "slip_counter_bad": Known(
        422,
        mark("A slip's number is from 1 to {most}. Type the number on the newest slip."),
    ),
    "terminal_is_paper": Known(
        409,
        mark(
            "A pad of paper slips is no device and has no code. Print its slips under Paper slips."
        ),
    ),
    "slip_number_bad": Known(
        422,
        mark(
            "The number and the letter behind it do not belong together. Read them from the slip again."
        ),
    ),
    "slip_number_used": Known(
        409,
        mark(
            "This slip was typed in before as {ref}, on another day. Look at the slip's number and day again:"
            " one slip is one sale."
        ),
    ),
    "paper_slips_missing": Known(
        409,
        mark(
            "Slips are missing: {numbers}. Type them in, or name them as spoilt where the shop has both halves."
        ),
    ),
    "paper_totals_wrong": Known(
        409,
        mark(
            "The sheet and the slips differ: {slips} slips, {total_fen} yuan and {used_units} points were typed in."
            " Look for the slip that was read wrongly."
        ),
    ),
    "paper_day_filed": Known(
        409, mark("This day of the pad is filed already. Look for it in the list of claims.")
    ),
    "spare_paused": Known(
        409,
        mark(
            "A spare code of yours was shown at two shops lately, so there are none until {until_at}. "
            "Show the printed card, or ask the community office."
        ),
        "ask",
    ),
    "forgive_none": Known(
        409,
        mark(
            "Nothing is owed out of a sale without network any more: it was made up meanwhile. Load the page again."
        ),
    ),
    "forgive_too_much": Known(
        422,
        mark(
            "Only {owed_units} points are owed out of sales without network. Choose that many or fewer."
        ),
    ),
    "forgive_waiting": Known(
        409,
        mark(
            "A proposal for this debt waits already. A second person decides it under Approvals first."
        ),
    ),
}
