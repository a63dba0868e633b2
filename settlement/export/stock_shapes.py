"""What an export holds of the shelf: goods, prices, lots, moves, holds and counts."""

from __future__ import annotations

from typing import Final

from settlement.export.shape import shape

STOCK: Final = (
    shape(
        "good",
        "Goods of the points supermarket.",
        key=("good_id",),
        columns="""
            good_id number the good's number
            merchant_id number the supermarket
            code text its code
            barcode text its barcode, or nothing
            category text what kind of good
            cost_fen number standard cost of a piece
            fund_source text who pays for it, by the scheme's word
            stock number pieces on the shelf
            held number of those, set aside
            price_version number goes up with every change of price
            limit_person number pieces a person may have in a period; 0: no limit
            limit_household number the same of a household
            limit_period text the period
            shelf_days number how long it keeps; 0: it does not spoil
            is_fast number 1: many counters take it at once
            low_stock number told when fewer are free
            lead_days number from order to delivery
            more_on number? when more is expected
            state text on or off
            changed_at number since when
        """,
        left_out="""
            name needed by no figure
            spec needed by no figure
            picture needed by no figure
            paused a notice that people typed
        """,
    ),
    shape(
        "good_price",
        "What a piece costs in one kind of points from a day on.",
        key=("good_id", "commodity", "from_date"),
        columns="""
            good_id number the good
            commodity number in which points
            from_date number from which day
            units number its price
            fen number yuan beside it, in fen
            set_at number when it was set
        """,
    ),
    shape(
        "stock_lot",
        "Pieces that came together.",
        key=("lot_id",),
        columns="""
            lot_id number the lot's number
            good_id number the good
            source text purchase or donation
            received number pieces that came
            left_pieces number pieces left
            made_on number? made on
            best_before number? the last good day
            received_on number the day it came
        """,
        left_out="""
            donor a name
            document people typed it
        """,
    ),
    shape(
        "stock_move",
        "Pieces that came and went: their sum is the stock.",
        key=("move_id",),
        columns="""
            move_id number the move's number
            request_id text the request that made it
            line_no number the line of that request
            merchant_id number the supermarket
            good_id number the good
            kind text purchase, donation, redeem, return, hand_out, write_off, count or revalue
            quantity number pieces, signed
            cost_fen number what the shelf gained at standard cost, signed
            paid_fen number what a purchase really cost
            lot_id number? the lot
            business_date number the day it counts for; 0: before moves were kept
            at number when
            txn_id number? the posting; none where no yuan moved
            staff_id number who did it
            second_staff_id number who agreed or counted too
        """,
        left_out="""
            reason people typed it
            ref people typed it, or it stands in the posting
        """,
    ),
    shape(
        "stock_hold",
        "Goods set aside for a basket or an order.",
        key=("hold_id",),
        columns="""
            hold_id number the hold's number
            request_id text the request that made it
            good_id number the good
            quantity number pieces
            purpose text basket or order
            person_id number? for whom
            opened_at number since when
            expires_at number until when
            state text open, taken, released or expired
            ended_by text the request that ended it
            ended_at number? when it ended
        """,
    ),
    shape(
        "till_act",
        "Counts of a goods counter's yuan, and trips to the bank.",
        key=("act_id",),
        columns="""
            act_id number the act's number
            merchant_id number the supermarket
            number number counts the acts of one counter
            kind text counted or banked
            business_date number the day it counts for
            book_fen number what the book said lay there
            fen number what was counted, or brought to the bank
            staff_id number who did it
            at number when
            txn_id number? the posting; none where nothing differed
        """,
        left_out="""
            reason people typed it
        """,
    ),
    shape(
        "good_slot",
        "When a good that goes fast is handed out, and how many pieces.",
        key=("slot_id",),
        columns="""
            slot_id number the slot's number
            good_id number the good
            business_date number its day
            from_at number from when
            to_at number until when
            capacity number pieces that may be ordered in it
            taken number pieces that are
            set_at number when it was opened
        """,
    ),
    shape(
        "stock_flag",
        "Lines handed out although the book held less, until a count closes them.",
        key=("redemption_id", "line_no"),
        columns="""
            redemption_id text the redemption
            line_no number its line
            good_id number the good
            stock_after number what the book said afterwards
            opened_at number when
            count_id number? the count that closed it
            closed_at number? when
        """,
    ),
    shape(
        "stock_count",
        "Counts of a shelf by two people.",
        key=("count_id",),
        columns="""
            count_id number the count's number
            merchant_id number the supermarket
            business_date number the day
            state text open, counted, posted or dropped
            opened_by number who counted first
            second_by number who counted too
            opened_at number when it began
            ended_at number? when it ended
        """,
    ),
    shape(
        "stock_count_line",
        "What was counted.",
        key=("count_id", "good_id"),
        columns="""
            count_id number the count
            good_id number the good
            book_pieces number what the book said then
            counted number the first figure
            counted_again number? the second person's figure
        """,
        left_out="reason people typed it",
    ),
)
"""Tables of `ledger.stock`."""
