"""Tables of how one shop is paid where it differs from the community's settings."""

from __future__ import annotations

from ledger.schema import number, points_to, table, text

# Versioned and never changed: the last one counts.
payment_rule = table(
    "payment_rule",
    number("claimant_id"),
    number("rule_no"),
    number("risk_days", null=True),  # none: as the community's settings say
    number("least_fen", null=True),
    text("why"),
    number("set_by"),
    number("set_at"),
    points_to("fk_payment_rule", "merchant", claimant_id="merchant_id"),
    key=("claimant_id", "rule_no"),
)
