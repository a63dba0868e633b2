"""The goods counter's own tables: hours, passbooks, proxies, notices, returns, orders and the queue."""

from __future__ import annotations

from sqlalchemy import CheckConstraint

from ledger.schema import index, number, points_to, table, text, unique

counter_opening = table(
    "counter_opening",
    number("opening_id"),
    number("merchant_id"),  # the points supermarket
    number("from_at"),  # open from here
    number("to_at"),  # and until before this
    text("why"),  # as people read it
    number("set_by"),
    number("set_at"),
    index("ix_counter_opening", "merchant_id", "to_at"),
    key=("opening_id",),
)

passbook_line = table(
    "passbook_line",
    number("wallet_owner_id"),
    number("commodity"),
    number("txn_id"),
    number("line_no"),  # of the paper; entries that were brought forward together share one
    text("print_id"),  # the request that printed it
    number("business_date"),
    number("plus_units"),
    number("minus_units"),
    number("printed_at"),
    number("terminal_id"),
    number("clerk_id", null=True),
    index("ix_passbook_line", "wallet_owner_id", "commodity", "line_no"),
    key=("wallet_owner_id", "commodity", "txn_id"),
)

# Who may collect for a person: a slot each, so that there are never more than the community allows.
proxy = table(
    "proxy",
    number("person_id"),
    number("slot"),
    text("relation"),  # spouse | child | grandchild | neighbour | carer | volunteer | other
    text("name"),
    number("since_at"),
    key=("person_id", "slot"),
)

# What stands on a proxy's paper; whoever only fetched something with the card has none.
proxy_mandate = table(
    "proxy_mandate",
    number("person_id"),
    number("slot"),
    number("until_date"),  # the last day, yyyymmdd
    text("paper"),  # what was shown and who witnessed it
    number("acts_person_id", null=True),  # where the proxy is a resident too
    number("may_see"),  # 1: also sees how many points there are
    number("set_by"),
    number("set_at"),
    index("ix_proxy_mandate_acts", "acts_person_id"),
    key=("person_id", "slot"),
)

# Whom a resident wanted no longer; the counter refuses them.
proxy_ended = table(
    "proxy_ended",
    number("person_id"),
    text("name"),
    number("ended_at"),
    text("by_kind"),
    number("by_id"),
    key=("person_id", "name"),
)

redemption_proxy = table(
    "redemption_proxy",
    text("redemption_id"),
    text("relation"),
    text("name"),
    key=("redemption_id",),
)

# What a resident is told on their own page and at their next visit.
counter_notice = table(
    "counter_notice",
    number("notice_id"),
    number("person_id"),
    text("kind"),  # see pos.notices
    text("ref"),
    text("facts"),  # JSON, without anybody's name
    number("told_at"),
    index("ix_counter_notice", "person_id", "notice_id"),
    key=("notice_id",),
)

goods_return = table(
    "goods_return",
    text("return_id"),
    text("ref"),
    text("redemption_id"),
    number("terminal_id"),
    number("clerk_id", null=True),
    number("business_date"),
    number("occurred_at"),
    number("units"),
    number("paid_back_fen"),
    number("txn_id"),
    unique("community_id", "ref"),
    index("ix_goods_return", "redemption_id"),
    key=("return_id",),
)

goods_return_line = table(
    "goods_return_line",
    text("return_id"),
    number("line_no"),  # of the slip that goods came back from
    number("quantity"),
    points_to("fk_goods_return_line", "goods_return", return_id="return_id"),
    CheckConstraint("quantity > 0", name="ck_goods_return_quantity"),
    key=("return_id", "line_no"),
)

# Ordered now, collected later: goods and points wait until the day is over.
goods_order = table(
    "goods_order",
    text("order_id"),
    number("merchant_id"),
    number("number"),  # said aloud at the counter
    number("person_id"),
    number("wallet_owner_id"),
    number("commodity"),
    number("units"),
    number("hold_id"),  # of the points; the goods are held under the order's own id
    text("source"),  # page | counter | kiosk
    text("state"),  # open | collected | cancelled | lapsed
    number("ordered_at"),
    number("expires_at"),
    number("ended_at", null=True),
    text("redemption_id"),  # '' until it was collected
    number("slot_id", null=True),  # of a good that goes fast
    number("slot_from_at", null=True),  # not handed out before
    unique("community_id", "merchant_id", "number"),
    index("ix_goods_order_person", "person_id", "state"),
    index("ix_goods_order_due", "state", "expires_at"),
    key=("order_id",),
)

goods_order_line = table(
    "goods_order_line",
    text("order_id"),
    number("line_no"),
    number("good_id"),
    number("quantity"),
    number("price_units"),
    number("price_fen"),  # paid in yuan when it is collected
    points_to("fk_goods_order_line", "goods_order", order_id="order_id"),
    CheckConstraint("quantity > 0", name="ck_goods_order_quantity"),
    key=("order_id", "line_no"),
)

ticket = table(
    "ticket",
    number("merchant_id"),
    number("business_date"),
    number("number"),
    text("request_id"),
    text("state"),  # waiting | called | gone
    number("taken_at"),
    number("called_at", null=True),
    number("terminal_id", null=True),  # the counter that called it
    unique("community_id", "request_id"),
    key=("merchant_id", "business_date", "number"),
)

# Somebody at the residents' screen asks for a person: the basket goes over to the counter, the code does not.
help_call = table(
    "help_call",
    text("call_id"),
    number("merchant_id"),
    number("terminal_id"),  # the screen
    text("basket"),  # JSON: good_id and quantity
    text("state"),  # waiting | taken
    number("called_at"),
    number("taken_at", null=True),
    number("taken_by", null=True),  # the counter that took it
    index("ix_help_call_waiting", "merchant_id", "state", "called_at"),
    key=("call_id",),
)
