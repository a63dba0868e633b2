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
