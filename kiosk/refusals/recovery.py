"""Refusals while the book is brought back after a loss, and those of what tills send for it."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "daybook_before_backup": Known(
        409,
        mark("This line is older than the copy that was put back. It is in the book or never was."),
    ),
    "daybook_edited": Known(
        409,
        mark(
            "Request or answer is not the one this line was signed over. It is kept as evidence; "
            "look at the paper slip."
        ),
    ),
    "daybook_foreign": Known(
        409,
        mark("This line belongs to another till. Each till sends its own daybook."),
    ),
    "daybook_forked": Known(
        409,
        mark(
            "The till has signed two lines under one number. Both are kept as evidence; take the "
            "tablet out of service."
        ),
    ),
    "daybook_future": Known(
        409,
        mark("This line was told in the future. Put the clocks right."),
    ),
    "daybook_incomplete": Known(
        409,
        mark(
            "The till told of {told} lines and {arrived} arrived. It sends them again by itself; "
            "leave it switched on."
        ),
    ),
    "daybook_line_bad": Known(
        422,
        mark("This is no line of a till's daybook. It is kept as evidence."),
    ),
    "daybook_not_told": Known(
        409,
        mark(
            "This server never gave this answer. The line is kept as evidence; take the tablet "
            "out of service."
        ),
    ),
    "daybook_order": Known(
        409,
        mark("This line comes before one that was sent already. The order was changed."),
    ),
    "daybook_revoked": Known(
        409,
        mark("This line was signed after the till was taken out of service. It does not count."),
    ),
    "daybook_signature": Known(
        409,
        mark(
            "None of this till's keys signed this line. It is kept as evidence; take the tablet "
            "out of service."
        ),
    ),
    "recovery_no_refunds": Known(
        409,
        mark(
            "The community's book is being brought back. Take the goods back later today; the "
            "receipt stays good."
        ),
    ),
    "recovery_no_spending": Known(
        409,
        mark(
            "The community's book is being brought back. Points can be collected now; they can be "
            "used again soon."
        ),
    ),
    "recovery_none": Known(
        404,
        mark("The book is not being brought back at the moment. Nothing has to be sent."),
    ),
    "recovery_not_applied": Known(
        409,
        mark("What the tills sent is not written yet. Run first: jifen recover-from-tills apply."),
    ),
    "recovery_not_started": Known(
        409,
        mark("The tills have not been asked yet. Run first: jifen recover-from-tills start."),
    ),
    "recovery_open": Known(
        409,
        mark(
            "The community's book is being brought back, and this has to wait until it is whole. "
            "See how far it is: jifen recover-from-tills status."
        ),
    ),
    "recovery_there": Known(
        409,
        mark("The book is being brought back already. Finish that first."),
    ),
    "recovery_till_not_asked": Known(
        409,
        mark("This till has reported already, or was never asked. Look at the list."),
    ),
    "recovery_tills_missing": Known(
        409,
        mark(
            "{count} tills have not sent their daybook yet ({tills}). Switch them on; one that is "
            "lost is given up by two persons in the office."
        ),
    ),
    "recovery_wait": Known(
        503,
        mark(
            "The community's book is being brought back. The till sends this again by itself; "
            "leave it switched on."
        ),
    ),
}
