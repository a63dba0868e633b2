"""Refusals of funds, of the solvency gate and of votes."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "coverage_too_low": Known(
        409,
        mark(
            "Under these rules the fund would cover {after_percent} % of the points ({before_percent} % now, at "
            "least {limit_percent} % is demanded). Raise money first, or record the committee's vote for this text."
        ),
    ),
    "fund_empty": Known(
        409,
        mark(
            "There is not so much in this fund. Look at what is in it, and book less or fill it first."
        ),
    ),
    "fund_not_found": Known(
        404,
        mark("The rules name no fund {fund}. Choose one of the list."),
    ),
    "fund_of_points": Known(
        409,
        mark(
            "The points' fund pays for points alone. Choose the fund of the work, and another one as target."
        ),
    ),
    "shop_owes_less": Known(
        409,
        mark("This shop owes {owes_fen} yuan. Book at most that much."),
    ),
    "vote_counts": Known(
        422,
        mark(
            "The counts do not fit: for, against and abstained together are those who came, and no more came than "
            "there are members. Compare with the minutes."
        ),
    ),
    "vote_day": Known(
        422,
        mark("The vote must have been held, on a day of the calendar. Correct the day."),
    ),
    "vote_minutes": Known(
        422,
        mark("The minutes are missing. Choose the signed minutes as a file."),
    ),
    "vote_missing": Known(
        409,
        mark(
            "This needs the committee's vote on “{subject}”, entered by one person and confirmed by another. Record "
            "the vote under “Rules” first."
        ),
    ),
}
