"""The table of paper lists typed in twice; only settlement.keyed_lists writes it."""

from __future__ import annotations

from ledger.schema import number, table, text

# One typing of a shop's paper list. Its rows are what was typed, in the order of the paper.
claim_keying = table(
    "claim_keying",
    number("claimant_id"),
    number("list_no"),  # counts up for each shop
    number("round_no"),  # 1 and 2: the two typings; from 3: the rows in question, looked up again
    text("kind"),  # typed | looked_up | closed
    number("business_date"),  # the day the list is for
    text("rows"),  # JSON: number, units, fen, minute of each
    text("reason"),  # why a list was closed with rows that do not agree
    number("keyed_by"),
    number("keyed_at"),
    key=("claimant_id", "list_no", "round_no"),
)
