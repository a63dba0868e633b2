"""How much waits for a decision, for the menu and the first page."""

from __future__ import annotations

from ledger.members import approvals
from ledger.sql import Tx


def waiting_counts(tx: Tx, community_id: int, staff_id: int) -> dict[str, int]:
    """Endpoint to how many things wait there for this member of staff."""
    proposals = [row for row in approvals.waiting(tx, community_id) if row.proposed_by != staff_id]
    return {"office.approvals": len(proposals)}
