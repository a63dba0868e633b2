"""How much waits for a decision, for the menu and the first page."""

from __future__ import annotations

from typing import Final

from kiosk.clockwork.plan import count_late
from kiosk.clockwork.rules import read_timetable
from ledger.members import approvals, pins
from ledger.seal.alarms import count_open as open_alarms
from ledger.sql import Tx
from pos.misuse.facts import count_open
from settlement.bank_findings import count_differing
from settlement.discrepancy_lists import PROPOSED, TO_DECIDE, counts_by_state
from settlement.dispute_store import count_for_office
from settlement.payout_lists import counts_by_state as payout_counts

_TO_ACT: Final = ("proposed", "approved", "unknown", "failed", "returned")


def waiting_counts(tx: Tx, community_id: int, staff_id: int, *, now: int) -> dict[str, int]:
    """Endpoint to how many things wait there for this member of staff."""
    proposals = [row for row in approvals.waiting(tx, community_id) if row.proposed_by != staff_id]
    differences = counts_by_state(tx, community_id)
    waiting = payout_counts(tx, community_id)
    return {
        "office.calendar": count_late(tx, community_id, read_timetable(), now=now),
        "office.residents": len(pins.locked(tx, community_id)),
        "office.misuse": count_open(tx, community_id),
        "office.seal": open_alarms(tx, community_id),
        "office.approvals": len(proposals),
        "office.objections": count_for_office(tx, community_id),
        "office.discrepancies": differences.get(TO_DECIDE, 0) + differences.get(PROPOSED, 0),
        "office.bank": count_differing(tx, community_id),
        "office.payouts": sum(waiting.get(state, 0) for state in _TO_ACT),
    }
