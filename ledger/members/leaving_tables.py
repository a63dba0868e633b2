"""Tables of shops that left."""

from __future__ import annotations

from ledger.schema import number, points_to, table, text

# A shop that came back and left again has two rows; the last one counts while it is away.
merchant_leaving = table(
    "merchant_leaving",
    number("merchant_id"),
    number("left_on"),  # its last business date
    text("cause"),  # left | died
    number("claims_until"),  # the last day a claim of it is taken
    text("why"),
    number("recorded_by"),
    number("recorded_at"),
    points_to("fk_merchant_leaving", "merchant", merchant_id="merchant_id"),
    key=("merchant_id", "left_on"),
)
