"""Payouts whose end nobody knows are asked about until somebody does; nothing is ever sent from here."""

from __future__ import annotations

from collections import Counter

from ledger.audit import By
from ledger.database import Database
from ledger.errors import Refusal
from settlement.payout_asking import PayoutChannel
from settlement.payout_store import unended_payouts
from settlement.payouts import resolve_payout


def resolve_unended(
    db: Database, channel: PayoutChannel, community_id: int, *, by: By, at: int
) -> Counter[str]:
    """Ask the channel about every payout that went to it and is not known to be over; states they are in now."""
    with db.read() as tx:
        waiting = [one for one in unended_payouts(tx, community_id) if one.route in {"gateway", ""}]
    states: Counter[str] = Counter()
    for payout in waiting:
        try:
            found = resolve_payout(db, channel, community_id, payout.payout_id, by=by, at=at)
        except Refusal as refusal:
            # Somebody else heard of its end first, such as a notice that came meanwhile.
            if refusal.code != "payout_wrong_state":
                raise
            continue
        states[found.state] += 1
    return states
