"""What an export holds of points that lapse, of the notices given of it, and of awards decided by people."""

from __future__ import annotations

from typing import Final

from settlement.export.shape import shape

EXPIRY: Final = (
    shape(
        "lapse",
        "Points of one wallet, earned up to one day, that lapse unless they are used in time.",
        key=("commodity", "owner_id", "earned_until"),
        columns="""
            commodity number which kind of points
            owner_id number whose wallet: a household's or a person's
            earned_until number earned up to this day, counted in
            units number how many, as announced last
            last_day number the last day to use them
            notice_days text the notices the scheme asked for, in days before the last day: 90,30
            next_days number? the next notice to be given; none when all are
            next_due number? the first day of that notice
            state text open, expired, used or withdrawn
            expired_units number how many lapsed in the end
            txn_id number? the posting that took them
            opened_on number the day of the first notice
            changed_at number when the row changed last
        """,
    ),
    shape(
        "lapse_notice",
        "One notice by one channel. A slip counts from the day it was handed out.",
        key=("commodity", "owner_id", "earned_until", "notice_days", "channel"),
        columns="""
            commodity number which kind of points
            owner_id number whose wallet
            earned_until number earned up to this day
            notice_days number which notice: so many days before the last day
            channel text page or slip
            units number how many points it names
            last_day number the last day it names
            run_id number the run that made it
            made_on number the day it was made
            given_on number? the day it was given
            given_by number? the staff member who handed a slip out
        """,
    ),
    shape(
        "notice_run",
        "The notices of one kind of one night, with their sums.",
        key=("run_id",),
        columns="""
            run_id number the run's number
            commodity number which kind of points
            notice_days number which notice
            made_on number its day
            wallets number how many owners were told
            units number of how many points in all
            slips number how many of them on paper
            digest text SHA-256 over every notice of the run
            made_at number when it was sealed
        """,
    ),
    shape(
        "award",
        "Points given or taken by a decision about a deed.",
        key=("award_id",),
        columns="""
            award_id number the award's number
            request_id text the request that asked for it
            item_code text the item of the scheme
            commodity number which kind of points
            owner_id number whose wallet: a household's or a person's
            person_id number? who did it, where that is known
            asked_units number what was decided; below zero: a deduction
            booked_units number what came into the wallet, or left it
            owed_units number of a deduction: made a debt
            dropped_units number of a deduction: more than there was, let go
            cut_by text the cap that made it less
            is_private number 1: the reason is told at the desk alone
            scheme_version text the version of the scheme that decided
            happened_on number the day of the deed
            business_date number the day it was posted
            txn_id number? the posting; none where nothing moved
            approval_id number? the proposal it came from
            proposed_by number one person
            approved_by number another person
            made_at number when
        """,
        left_out="reason free text about a person",
    ),
)
