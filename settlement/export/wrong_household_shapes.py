"""What an export holds of purchases booked to the wrong household."""

from __future__ import annotations

from typing import Final

from settlement.export.shape import shape

WRONG_HOUSEHOLD: Final = (
    shape(
        "wrong_household",
        "Purchases that a household says are not its own; a purchase is named once.",
        key=("txn_id",),
        columns="""
            txn_id number the posting of the sale
            discrepancy_no number its T2
            person_id number on whose account it stands
            household_id number and of which household
            source text office or resident: where it was said
            taken_by number who took it in; 0: the resident's own page
            business_date number the day it was said
            taken_at number when
        """,
        left_out="told the resident's own words",
    ),
    shape(
        "rebooked",
        "Purchases reversed at one household and booked to another, decided by two people of neither.",
        key=("txn_id",),
        columns="""
            txn_id number the posting of the sale
            from_owner number whose points it had taken
            to_owner number whose purchase it is since
            to_person number who bought
            commodity number which kind of points
            units number points it had used
            earned_units number points it had brought
            owed_units number of these: spent by then, a debt of the first
            lacked_units number of what it used: not there, a debt of the second
            borne_units number of what it used: a debt let go before, back to the community
            made_txn number the posting
            proposed_by number who proposed it
            approved_by number who agreed
            business_date number the day it counts for
            made_at number when
        """,
    ),
)
"""Tables of `settlement.household_tables`."""
