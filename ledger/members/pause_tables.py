"""The table of shops that give no points for a while; only ledger.members.pauses writes it."""

from __future__ import annotations

from ledger.schema import number, table

# A shop that gives no points while no bill of its payments comes.
earning_pause = table(
    "earning_pause",
    number("merchant_id"),
    number("from_date"),
    number("silent_since"),  # the first sale for whose time no bill came, microseconds UTC
    number("began_at"),
    number("ended_at", null=True),
    key=("merchant_id", "from_date"),
)
