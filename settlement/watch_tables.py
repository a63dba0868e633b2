"""What the watch saw: one row a flag, and what somebody found out about it."""

from __future__ import annotations

from ledger.schema import index, number, table, text

watch_flag = table(
    "watch_flag",
    number("business_date"),
    text("rule"),  # F1 to F15, R1 to R5
    number("merchant_id"),  # 0: of no one shop
    number("wallet_owner_id"),  # 0: of no one account
    number("terminal_id"),  # 0: of no one till
    number("figure"),  # in the rule's own unit
    text("refs"),  # JSON: the receipts it is about
    text("state"),  # open | nothing | cheating
    text("reason"),  # what whoever looked says of it
    number("answered_by", null=True),
    number("answered_at", null=True),
    number("seen_at"),
    index("ix_watch_flag_state", "state", "merchant_id"),
    key=("business_date", "rule", "merchant_id", "wallet_owner_id", "terminal_id"),
)
