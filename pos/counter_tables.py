"""The goods counter's own tables: extra openings beside the scheme's windows."""

from __future__ import annotations

from ledger.schema import index, number, table, text

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
