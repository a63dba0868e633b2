"""What an export holds of the counter: sales, refunds, goods handed out."""

from __future__ import annotations

from typing import Final

from settlement.export.shape import shape

COUNTER: Final = (
    shape(
        "sale",
        "Sales as the till and the receipt have them.",
        key=("sale_id",),
        columns="""
            sale_id text the request that made it
            ref text the number on the receipt
            state text open, done or void
            merchant_id number the shop
            terminal_id number the till
            clerk_id number? who stood there
            person_id number whose code was shown
            wallet_owner_id number whose wallet
            business_date number the day it counts for
            occurred_at number when
            total_fen number the bill
            offset_fen number taken off by points
            offset_units number the points
            paid_fen number really paid
            earned_units number points earned
            refunded_fen number goods that came back so far
            route text till, reference or gateway
            payment_ref text? the channel's number of the payment
            txn_id number? the posting
        """,
        left_out="plan how an interrupted sale is finished; the posting says what came of it",
    ),
    shape(
        "refund",
        "Goods that came back.",
        key=("refund_id",),
        columns="""
            refund_id text the request that made it
            sale_id text the sale
            ref text the number on the receipt
            state text open, done or void
            terminal_id number the till
            business_date number the day it counts for
            occurred_at number when
            goods_fen number worth of the goods
            cash_fen number given back in yuan
            offset_fen number given back as points, in fen
            units_back number the points given back
            earned_back_units number earned points taken back
            owed_units number of those, what the wallet lacked
            txn_id number? the posting
            undo text? why the till undid the whole sale; none: goods came back
        """,
    ),
    shape(
        "shift_entry",
        "Openings and closings of a till's shifts, each signed by the till and naming the one before.",
        key=("terminal_id", "entry_no"),
        columns="""
            terminal_id number the till
            entry_no number 1, 2, 3 and so on
            kind text open or close
            shift_no number the shift
            clerk_id number? who counted
            happened_at number when, by the till's clock
            first_counter number a closing: the first receipt of the shift
            last_counter number and the last
            expected_fen number what should lie in the drawer
            counted_fen number what was counted
            taken_fen number of that, taken out; the next shift opens on the rest
            expected_slips number receipts of the shift
            counted_slips number slips counted
            hash text what the next entry names
            line text the entry as it was signed (compact JWS)
            request_id text the till's own number of it
            recorded_at number when the server took it
        """,
    ),
    shape(
        "redemption",
        "Goods handed out for points.",
        key=("redemption_id",),
        columns="""
            redemption_id text the request that made it
            ref text the number on the slip
            merchant_id number the supermarket
            terminal_id number the counter
            clerk_id number? who stood there
            person_id number whose code was shown
            wallet_owner_id number whose wallet
            business_date number the day it counts for
            occurred_at number when
            units number the points
            paid_fen number yuan paid beside them, in fen
            txn_id number the posting
        """,
    ),
    shape(
        "redemption_line",
        "Which goods.",
        key=("redemption_id", "line_no"),
        columns="""
            redemption_id text the redemption
            line_no number the line
            good_id number the good
            quantity number pieces
            price_units number the price of one
            price_fen number yuan beside it, in fen
            cost_fen number standard cost of one as it left
            below_zero number 1: the shelf held what the book did not
        """,
    ),
    shape(
        "counter_opening",
        "When the goods counter opened beside the scheme's windows.",
        key=("opening_id",),
        columns="""
            opening_id number the opening
            merchant_id number the supermarket
            from_at number from when
            to_at number until before when
            why text for what
            set_by number who opened it
            set_at number when it was said
        """,
    ),
    shape(
        "passbook_line",
        "Which line of paper an entry stands on.",
        key=("wallet_owner_id", "commodity", "txn_id"),
        columns="""
            wallet_owner_id number whose passbook
            commodity number of which points
            txn_id number the entry
            line_no number the line; entries brought forward together share one
            print_id text the request that printed it
            business_date number the entry's day
            plus_units number what came
            minus_units number what went
            printed_at number when it was printed
            terminal_id number where
            clerk_id number? by whom
        """,
    ),
    shape(
        "goods_return",
        "Goods that came back to the counter on the day they were handed out.",
        key=("return_id",),
        columns="""
            return_id text the request that made it
            ref text the number on the slip
            redemption_id text the redemption they came from
            terminal_id number the counter
            clerk_id number? who stood there
            business_date number the day it counts for
            occurred_at number when
            units number the points given back
            paid_back_fen number the yuan given back, in fen
            txn_id number the posting
        """,
    ),
    shape(
        "goods_return_line",
        "Which of them.",
        key=("return_id", "line_no"),
        columns="""
            return_id text the return
            line_no number the line of the redemption
            quantity number pieces
        """,
    ),
    shape(
        "goods_order",
        "Goods ordered now and collected later.",
        key=("order_id",),
        columns="""
            order_id text the request that made it
            merchant_id number the supermarket
            number number said aloud at the counter
            person_id number who ordered
            wallet_owner_id number whose points wait
            commodity number which points
            units number how many
            hold_id number the hold of the points
            source text page or counter
            state text open, collected, cancelled or lapsed
            ordered_at number when
            expires_at number until when goods and points wait
            ended_at number? when it ended
            redemption_id text the redemption that collected it
            slot_id number? the slot it lies in
            slot_from_at number? when the slot begins
        """,
    ),
    shape(
        "goods_order_line",
        "Which goods were ordered.",
        key=("order_id", "line_no"),
        columns="""
            order_id text the order
            line_no number the line
            good_id number the good
            quantity number pieces
            price_units number the price of one as it was ordered
            price_fen number yuan beside it, in fen, paid when it is collected
        """,
    ),
)
"""Tables of `pos`."""
