"""What an export holds of households that part, join, give and inherit."""

from __future__ import annotations

from typing import Final

from settlement.export.shape import shape

HOUSEHOLDS: Final = (
    shape(
        "household_act",
        "What happened to a household. Where points moved, two people outside it decided.",
        key=("act_id",),
        columns="""
            act_id number the act's number
            kind text leave, split, merge, heirs, gift, move, out or death
            household_id number which household
            other_household_id number? the one on the other side
            person_id number? the person it was about
            rule text how points were divided: own, heads, agreed, or empty
            happened_on number the day it happened
            business_date number the day it was written down
            approval_id number? the proposal it came from
            proposed_by number one person
            approved_by number? another person; none where no points moved
            made_at number when
        """,
        left_out="""
            reason free text about people
            evidence what was shown on paper
        """,
    ),
    shape(
        "household_line",
        "Each line such an act moved from one wallet to another, with the age of the points.",
        key=("act_id", "line_no"),
        columns="""
            act_id number the act
            line_no number the line's place in it, from 1
            txn_id number the posting
            what text points or debt
            commodity number which kind of points
            from_owner number whose wallet it left, or whose debt it was
            to_owner number where it went
            person_id number? whose share it was
            earned_on number? the day the points count as earned on; none for a debt
            units number how much
        """,
    ),
    shape(
        "household_end",
        "A household that was merged into another one.",
        key=("household_id",),
        columns="""
            household_id number the household that ended
            successor_id number the household its members live in
            act_id number the act
            ended_at number when
        """,
    ),
    shape(
        "estate",
        "A death, and until when heirs may claim.",
        key=("person_id",),
        columns="""
            person_id number who died
            household_id number the household
            died_on number the day
            reported_on number the day it was written down
            claim_until number the last day for heirs
            was_last number 1: nobody of the household was left
            claimed_act number? the act by which heirs got the points
        """,
    ),
    shape(
        "late_spending",
        "Entries by the code of somebody who had died by then; never undone by themselves.",
        key=("txn_id",),
        columns="""
            txn_id number the posting
            person_id number whose code
            business_date number its day
            units number how much
            answered_by number? who looked at it
            answered_at number? when
        """,
        left_out="answer free text about a person",
    ),
    shape(
        "member_limit",
        "What a member may take from the household's pool in a month.",
        key=("person_id", "household_id", "from_month", "set_at"),
        columns="""
            person_id number the member
            household_id number the household
            from_month number from which month on, yyyymm
            set_at number when it was set
            units number? how much a month; none: as much as there is
            set_by_kind text resident or staff
            set_by number who
        """,
    ),
)
