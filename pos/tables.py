"""The counter's tables: sales, refunds and what was handed out."""

from __future__ import annotations

from sqlalchemy import CheckConstraint

from ledger.schema import index, number, points_to, table, text, unique

sale = table(
    "sale",
    text("sale_id"),  # the request id of the till: one name from scan to statement
    text("ref"),
    text("state"),  # open (channel asked) | done | void
    number("merchant_id"),
    number("terminal_id"),
    number("clerk_id", null=True),
    number("person_id"),
    number("wallet_owner_id"),
    number("business_date"),
    number("occurred_at"),
    number("total_fen"),
    number("offset_fen"),
    number("offset_units"),
    number("paid_fen"),
    number("earned_units"),
    number("refunded_fen"),  # goods that came back so far
    text("route"),  # till | reference | gateway
    text("payment_ref", null=True),
    number("txn_id", null=True),
    text("plan"),  # JSON: what a crash between charge and booking must be finished with
    CheckConstraint("refunded_fen >= 0 AND refunded_fen <= total_fen", name="ck_sale_refunded"),
    unique("community_id", "ref"),
    index("ix_sale_terminal", "terminal_id", "business_date"),
    index("ix_sale_open", "state", "occurred_at"),
    index("ix_sale_person", "wallet_owner_id", "occurred_at"),
    key=("sale_id",),
)

refund = table(
    "refund",
    text("refund_id"),
    text("sale_id"),
    text("ref"),
    text("state"),  # open | done | void
    number("terminal_id"),
    number("business_date"),
    number("occurred_at"),
    number("goods_fen"),
    number("cash_fen"),
    number("offset_fen"),
    number("units_back"),
    number("earned_back_units"),
    number("owed_units"),
    number("txn_id", null=True),
    text("undo", null=True),  # why the whole sale was undone at its till; none: goods came back
    points_to("fk_refund_sale", "sale", sale_id="sale_id"),
    unique("community_id", "ref"),
    index("ix_refund_sale", "sale_id"),
    index("ix_refund_terminal", "terminal_id", "business_date"),
    key=("refund_id",),
)

redemption = table(
    "redemption",
    text("redemption_id"),
    text("ref"),
    number("merchant_id"),
    number("terminal_id"),
    number("clerk_id", null=True),
    number("person_id"),
    number("wallet_owner_id"),
    number("business_date"),
    number("occurred_at"),
    number("units"),
    number("paid_fen"),  # yuan beside the points, where a price is mixed
    number("txn_id"),
    unique("community_id", "ref"),
    index("ix_redemption_day", "merchant_id", "business_date"),
    key=("redemption_id",),
)

redemption_line = table(
    "redemption_line",
    text("redemption_id"),
    number("line_no"),
    number("good_id"),
    number("quantity"),
    number("price_units"),
    number("price_fen"),  # yuan beside the points, a piece
    number("cost_fen"),  # standard cost of a piece as it left
    number("below_zero"),  # 1: the shelf held what the book did not; to be counted
    points_to("fk_redemption_line", "redemption", redemption_id="redemption_id"),
    CheckConstraint("quantity > 0", name="ck_redemption_quantity"),
    key=("redemption_id", "line_no"),
)

# Openings and closings of shifts, as the till signed them; one chain for each terminal.
shift_entry = table(
    "shift_entry",
    number("terminal_id"),
    number("entry_no"),
    text("kind"),  # open | close
    number("shift_no"),
    number("clerk_id", null=True),
    number("happened_at"),
    number("first_counter"),  # a closing has every receipt since the last closing
    number("last_counter"),
    number("expected_fen"),
    number("counted_fen"),
    number("taken_fen"),
    number("expected_slips"),
    number("counted_slips"),
    text("hash"),
    text("line"),  # compact JWS, which names the hash before it
    text("request_id"),
    number("recorded_at"),
    unique("community_id", "request_id"),
    index("ix_shift_entry_time", "kind", "happened_at"),
    CheckConstraint("taken_fen >= 0 AND taken_fen <= counted_fen", name="ck_shift_taken"),
    key=("terminal_id", "entry_no"),
)

visit = table(
    "visit",
    number("person_id"),
    number("merchant_id"),
    number("last_at"),  # the last earning purchase of this person in this shop
    key=("person_id", "merchant_id"),
)
