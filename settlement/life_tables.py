"""The trail of days and months: every state each came to, and where it failed."""

from __future__ import annotations

from ledger.schema import number, table, text

# Written with what led to the state, in the same transaction; a row is never changed.
life_step = table(
    "life_step",
    text("subject"),  # day | close (a month of the whole book) | month (one shop's)
    number("claimant_id"),  # 0: of the whole community
    number("period"),  # yyyymmdd or yyyymm
    number("step_no"),  # from 1
    text("state"),
    text("failed_step"),  # '' where nothing failed
    text("reason"),  # a refusal's code, an error's or a check's name; what is carried on
    text("row_key"),  # the row it is about
    text("by_kind"),  # staff | merchant | job
    number("by_id"),
    number("at"),
    key=("subject", "claimant_id", "period", "step_no"),
)
