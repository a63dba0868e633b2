"""A shop's answer, on its own page, to what the office asked it about a difference."""

from __future__ import annotations

from typing import Final

from ledger import audit
from ledger.audit import By
from ledger.errors import GuardMissedError, Refusal
from ledger.sql import Sql, Tx
from settlement.act_log import Did, note_act
from settlement.discrepancies import get_discrepancy
from settlement.dispute_life import Verb

_ANSWER: Final = Sql(
    "UPDATE discrepancy SET state = 'open', reason = :reason WHERE community_id = :community_id"
    " AND discrepancy_no = :discrepancy_no AND state = 'asked'"
)


def answer_question(
    tx: Tx, community_id: int, claimant_id: int, discrepancy_no: int, *, why: str, by: By, at: int
) -> None:
    """Put the shop's words beside the question; the difference waits for the office again.

    Refuses: why_missing, discrepancy_not_found (another shop's too), discrepancy_settled (nothing is asked).
    """
    if not why.strip():
        raise Refusal("why_missing")
    row = get_discrepancy(tx, community_id, discrepancy_no)
    if row.claimant_id != claimant_id:
        raise Refusal("discrepancy_not_found")
    if row.state != "asked":
        raise Refusal("discrepancy_settled", state=row.state)
    here = {"community_id": community_id, "discrepancy_no": discrepancy_no}
    # Both stand in one field, as the office reads them: its question, the shop's words.
    if tx.run(_ANSWER, **here, reason=f"{row.reason} → {why}") != 1:
        raise GuardMissedError("discrepancy")
    facts: audit.Facts = {"state": "open", "why": why}
    subject = f"discrepancy:{discrepancy_no}"
    audit.record(tx, community_id, by, "discrepancy.answer", subject, at=at, after=facts)
    note_act(tx, community_id, discrepancy_no, Did(Verb.ANSWER, "open", by, at, note=why))
