"""Tables of slip halves: the third key beside claims and book; only settlement.slips writes them."""

from __future__ import annotations

from ledger.schema import index, number, table, text

# A stack as somebody counted it.
slip_stack = table(
    "slip_stack",
    number("claimant_id"),
    number("stack_no"),  # counts up for each shop
    number("first_date"),
    number("last_date"),
    number("is_whole"),  # 1: every slip of those days is in it
    text("sha256"),
    number("half_count"),
    text("answer"),  # JSON
    number("counted_by"),
    number("counted_at"),
    key=("claimant_id", "stack_no"),
)

slip_half = table(
    "slip_half",
    number("claimant_id"),
    text("ref"),
    number("stack_no"),
    number("line_no"),
    number("business_date"),
    number(
        "fen", null=True
    ),  # the yuan taken off, as the slip says; nothing where it was not typed
    index("ix_slip_half_date", "claimant_id", "business_date"),
    key=("claimant_id", "ref"),
)

slip_finding = table(
    "slip_finding",
    number("claimant_id"),
    text("ref"),
    text("code"),  # K1 claimed, no slip | K2 slip, not claimed | K3 other amount
    number("business_date"),
    number("claim_fen", null=True),
    number("slip_fen", null=True),
    number("booked_fen", null=True),
    text("state"),  # open | cleared (no longer so) | closed (somebody said why)
    text("reason"),
    number("opened_at"),
    number("closed_at", null=True),
    number("closed_by", null=True),
    index("ix_slip_finding_state", "state", "claimant_id"),
    key=("claimant_id", "ref", "code"),
)
