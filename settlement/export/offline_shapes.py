"""What an export holds of selling without network: who may, what came in later, which slips are missing."""

from __future__ import annotations

from typing import Final

from settlement.export.shape import shape

OFFLINE: Final = (
    shape(
        "offline_shop",
        "The office let a shop's tills take points without network, or took it back.",
        key=("merchant_id", "decided_at"),
        columns="""
            merchant_id number the shop
            decided_at number when
            terminal_units number units each of its tills may let go a day; 0: none
            decided_by number which member of staff
        """,
        left_out="why free text of a person",
    ),
    shape(
        "offline_sale",
        "A sale decided at a till without network, as it came in later; refused ones too.",
        key=("request_id",),
        columns="""
            request_id text the request's own id
            ref text the slip's number
            terminal_id number the till
            merchant_id number the shop
            counter number the till's running number in it
            policy_day number the day whose limits it counts against; 0: none were told
            policy_at number when the till had been told them; 0: never
            occurred_at number when it was sold, by the till
            came_at number when it reached the server
            business_date number the day it counts on; 0: refused
            person_id number? the resident
            card_serial number which card
            card_issue number which of its issues; of a spare code its number on its day
            total_fen number goods
            units number points let go
            fen number what they are worth
            lacked_units number of which the wallet did not have
            state text booked, short (of points), loss (card reported), twice (spare code taken elsewhere) or refused
            code text why it was refused
            keyed_by number who typed it from the paper slip; 0: the till sent it
            heard_at number? when its holder was told how it ended
            heard_where text where: resident, till, counter, kiosk or office
        """,
    ),
    shape(
        "slip_mark",
        "A till's slips go up to this number although the server has not all of them.",
        key=("terminal_id", "made_at"),
        columns="""
            terminal_id number the till
            made_at number when it was noted
            last_counter number the newest slip's number
            made_by number which member of staff; 0: the till itself
        """,
        left_out="why free text of a person",
    ),
    shape(
        "till_waiting",
        "What a till said last of its own store.",
        key=("terminal_id",),
        columns="""
            terminal_id number the till
            said_at number when
            last_counter number the last number it gave out
            waiting text numbers of entries that wait there: JSON
            unused text numbers for which nothing is booked: JSON
        """,
    ),
)
