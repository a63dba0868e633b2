"""Which shops may let points go without network, what tills sold so, and up to which number their slips go."""

from __future__ import annotations

from sqlalchemy import CheckConstraint

from ledger.schema import index, number, table, text

# The office's decisions on one shop, the newest in force; none: no points without network.
offline_shop = table(
    "offline_shop",
    number("merchant_id"),
    number("decided_at"),
    number("terminal_units"),  # escrow of each of its tills a day; 0: none
    text("why"),
    number("decided_by"),
    CheckConstraint("terminal_units >= 0", name="ck_offline_shop_units"),
    key=("merchant_id", "decided_at"),
)

# A sale decided at a till without network, as it came in; one that was refused stands here too.
offline_sale = table(
    "offline_sale",
    text("request_id"),
    text("ref"),
    number("terminal_id"),
    number("merchant_id"),
    number("counter"),
    number("policy_day"),  # whose escrow it counts against; 0: shown without a policy
    number("policy_at"),  # the sync before it; 0: none
    number("occurred_at"),
    number("came_at"),
    number("business_date"),  # it counts on; 0: refused
    number("person_id", null=True),
    number("card_serial"),
    number("card_issue"),  # of a spare code its number on its day
    number("total_fen"),
    number("units"),  # points let go
    number("fen"),
    number("lacked_units"),  # of which the wallet did not have
    text("state"),  # booked | short | loss | twice | refused
    text("code"),  # why refused
    number("keyed_by"),  # who typed it from the paper slip; 0: the till itself sent it
    number("heard_at", null=True),  # its holder was told how it ended
    text("heard_where"),  # resident | till | counter | kiosk | office
    index("ix_offline_sale_person", "person_id", "state"),
    index("ix_offline_sale_terminal", "terminal_id", "counter"),
    key=("request_id",),
)

# A till's slips go up to this number although the server was never sent all of them: its store was cleared.
slip_mark = table(
    "slip_mark",
    number("terminal_id"),
    number("made_at"),
    number("last_counter"),
    text("why"),
    number("made_by"),  # staff, or 0 where the till said it itself
    key=("terminal_id", "made_at"),
)

# What a till says still waits in its own store.
till_waiting = table(
    "till_waiting",
    number("terminal_id"),
    number("said_at"),
    number("last_counter"),
    text("waiting"),  # JSON: the numbers of entries that wait for their answer
    text(
        "unused"
    ),  # JSON: numbers it gave out for which nothing is booked: refused before the customer's eyes
    key=("terminal_id",),
)
