"""The shelf's tables: goods, prices, lots, moves, holds and counts; only ledger.stock writes them."""

from __future__ import annotations

from sqlalchemy import CheckConstraint

from ledger.schema import index, number, points_to, table, text, unique

good = table(
    "good",
    number("good_id"),
    number("merchant_id"),  # the points supermarket that keeps it
    text("code"),
    text("barcode"),  # '' where the good has none
    text("name"),
    text("spec"),  # size or pack, as the forms print it
    text("category"),
    text("picture"),  # a key of the drawn pictures
    number("cost_fen"),  # standard cost of a piece: what the book says one on the shelf is worth
    text("fund_source"),  # who paid for it, by the scheme's word; '' where nobody said
    number("stock"),  # pieces; below zero only with a flagged counter line
    number("held"),  # of those, set aside for baskets and orders
    number(
        "price_version"
    ),  # goes up with every change of price, cost or state: what a sale is guarded by
    number("limit_person"),  # pieces a person may have in a period; 0: no limit
    number("limit_household"),
    text("limit_period"),  # day | week | month | quarter | year
    number("shelf_days"),  # how long it keeps; 0: it does not spoil
    number("is_fast"),  # 1: many counters take it at once
    number("low_stock"),  # told when fewer are free; 0: never
    number("lead_days"),  # from order to delivery
    number("more_on", null=True),  # when more is expected (yyyymmdd), where somebody said
    text("paused"),  # the notice while it is not handed out; '' while it is
    text("state"),  # on | off
    number("changed_at"),
    unique("community_id", "merchant_id", "code"),
    CheckConstraint("held >= 0", name="ck_good_held"),
    key=("good_id",),
)

# What a piece costs in one kind of points, and in yuan beside them, from a day on.
good_price = table(
    "good_price",
    number("good_id"),
    number("commodity"),
    number("from_date"),  # yyyymmdd; 0: from the beginning
    number("units"),
    number("fen"),
    number("set_at"),
    points_to("fk_good_price_good", "good", good_id="good_id"),
    CheckConstraint("units > 0", name="ck_good_price_units"),
    CheckConstraint("fen >= 0", name="ck_good_price_fen"),
    key=("good_id", "commodity", "from_date"),
)

# Pieces that came together. What is left of a good beyond its lots has no date and goes last.
stock_lot = table(
    "stock_lot",
    number("lot_id"),
    number("good_id"),
    text("source"),  # purchase | donation
    text("donor"),  # as it wants to be thanked
    text("document"),  # the number on the delivery note
    number("received"),
    number("left_pieces"),
    number("made_on", null=True),
    number("best_before", null=True),  # the last good day, yyyymmdd
    number("received_on"),
    points_to("fk_stock_lot_good", "good", good_id="good_id"),
    CheckConstraint("left_pieces >= 0 AND left_pieces <= received", name="ck_stock_lot_left"),
    index("ix_stock_lot_good", "good_id", "left_pieces"),
    key=("lot_id",),
)

# Every piece that came or went, for ever: the sum of quantities is the stock, the sum of cost_fen its worth.
stock_move = table(
    "stock_move",
    number("move_id"),
    text("request_id"),
    number("line_no"),  # of one request
    number("merchant_id"),
    number("good_id"),
    text("kind"),  # purchase | donation | redeem | return | hand_out | write_off | count | revalue
    number("quantity"),  # signed; 0 only for revalue
    number("cost_fen"),  # signed: what the shelf gained at standard cost
    number("paid_fen"),  # what a purchase really cost
    number("lot_id", null=True),
    number("business_date"),
    number("at"),
    number("txn_id", null=True),  # null: nothing in yuan moved
    number("staff_id"),  # who did it; 0: a command on the server, or a counter's clerk
    number("second_staff_id"),  # who approved or counted too
    text("reason"),
    text("ref"),  # slip, delivery note or count it belongs to
    points_to("fk_stock_move_good", "good", good_id="good_id"),
    CheckConstraint("quantity <> 0 OR kind = 'revalue'", name="ck_stock_move_quantity"),
    unique("community_id", "request_id", "line_no"),
    index("ix_stock_move_good", "good_id", "move_id"),
    index("ix_stock_move_day", "merchant_id", "business_date"),
    key=("move_id",),
)

stock_hold = table(
    "stock_hold",
    number("hold_id"),
    text("request_id"),
    number("good_id"),
    number("quantity"),
    text("purpose"),  # basket | order
    number("person_id", null=True),
    number("opened_at"),
    number("expires_at"),
    text("state"),  # open | taken | released | expired
    text("ended_by"),  # the request that ended it; '' while it is open
    number("ended_at", null=True),
    points_to("fk_stock_hold_good", "good", good_id="good_id"),
    CheckConstraint("quantity > 0", name="ck_stock_hold_quantity"),
    unique("community_id", "request_id", "good_id"),
    index("ix_stock_hold_end", "state", "expires_at"),
    key=("hold_id",),
)

# A line handed out although the book held less: open until somebody counted.
stock_flag = table(
    "stock_flag",
    text("redemption_id"),
    number("line_no"),
    number("good_id"),
    number("stock_after"),
    number("opened_at"),
    number("count_id", null=True),  # the count that closed it
    number("closed_at", null=True),
    index("ix_stock_flag_good", "good_id", "closed_at"),
    key=("redemption_id", "line_no"),
)

stock_count = table(
    "stock_count",
    number("count_id"),
    number("merchant_id"),
    number("business_date"),
    text("state"),  # open | counted | posted | dropped
    number("opened_by"),
    number("second_by"),  # 0 until the second person has counted too
    number("opened_at"),
    number("ended_at", null=True),
    index("ix_stock_count_shop", "merchant_id", "state"),
    key=("count_id",),
)

stock_count_line = table(
    "stock_count_line",
    number("count_id"),
    number("good_id"),
    number("book_pieces"),  # what the book said when it was counted
    number("counted"),
    number("counted_again", null=True),  # by the second person, who does not see the first figure
    text("reason"),
    points_to("fk_stock_count_line", "stock_count", count_id="count_id"),
    CheckConstraint("counted >= 0", name="ck_stock_counted"),
    key=("count_id", "good_id"),
)

# What was counted of a counter's yuan, and what of them went to the bank. What should lie there the book says.
till_act = table(
    "till_act",
    number("act_id"),
    number("merchant_id"),
    number("number"),  # counts a counter's acts, so that two at once meet
    text("kind"),  # counted | banked
    number("business_date"),
    number("book_fen"),  # what should have lain there
    number("fen"),  # what was counted, or brought to the bank
    text("reason"),
    number("staff_id"),
    number("at"),
    number("txn_id", null=True),  # null: it was as the book said
    CheckConstraint("fen >= 0", name="ck_till_act_fen"),
    unique("community_id", "merchant_id", "number"),
    key=("act_id",),
)

# When a good that goes fast is handed out, and to how many: an order takes its pieces of one slot.
good_slot = table(
    "good_slot",
    number("slot_id"),
    number("good_id"),
    number("business_date"),
    number("from_at"),
    number("to_at"),
    number("capacity"),
    number("taken"),
    number("set_at"),
    points_to("fk_good_slot_good", "good", good_id="good_id"),
    CheckConstraint("taken >= 0 AND taken <= capacity", name="ck_good_slot_taken"),
    index("ix_good_slot_good", "good_id", "to_at"),
    key=("slot_id",),
)

# A whole counter that hands nothing out for a while, with the notice people read.
stock_pause = table(
    "stock_pause",
    number("merchant_id"),
    text("notice"),
    number("since"),
    key=("merchant_id",),
)
