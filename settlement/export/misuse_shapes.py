"""What an export holds of unauthorised use: the entries named, what was given back, how it was decided."""

from __future__ import annotations

from typing import Final

from settlement.export.shape import shape

MISUSE: Final = (
    shape(
        "misuse_form",
        "Forms on which holders say that they did not spend these points.",
        key=("form_id",),
        columns="""
            form_id number the form
            person_id number whose card
            household_id number whose points
            source text office or resident: where it was taken in
            taken_by number who took it in; 0: the holder's own page
            business_date number the day it came
            due_date number by then points are back where no PIN was asked
            taken_at number when
            request_id text the request that brought it
        """,
        left_out="told the holder's own words",
    ),
    shape(
        "misuse_entry",
        "Entries that a form names; an entry is named once.",
        key=("txn_id",),
        columns="""
            txn_id number the posting of the sale or redemption
            form_id number the form
            commodity number which kind of points
            wallet_owner_id number whose points they were
            units number what the entry had taken, less what had come back by then
            pin_asked number 1: the PIN was typed for it
        """,
    ),
    shape(
        "misuse_given",
        "Points given back for such an entry, out of the community's loss.",
        key=("txn_id",),
        columns="""
            txn_id number the entry
            units number how many; 0: all of it had come back by refunds
            is_final number 0: until it is decided
            given_by number who; 0: the night, on the last day
            business_date number the day it counts for
            given_at number when
            given_txn_id number? the posting
        """,
    ),
    shape(
        "misuse_end",
        "How an entry was decided by a second person.",
        key=("txn_id",),
        columns="""
            txn_id number the entry
            how text upheld or rejected
            decided_by number who
            business_date number the day it counts for
            decided_at number when
            taken_units number rejected: what was taken again
            owed_units number of these: spent by then, a debt now
            taken_txn_id number? the posting
        """,
        left_out="why the reviewer's own words",
    ),
)
"""Tables of `pos.misuse`."""
