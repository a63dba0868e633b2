"""Findings about payments and files for the bank, in the words people read."""

from __future__ import annotations

from typing import Any, Final

from kiosk.auth import terms
from kiosk.page_words import Word
from kiosk.pages import say, yuan
from kiosk.texts import mark
from ledger.members.approvals import Approval
from ledger.sql import Tx
from settlement.bank_findings import Finding
from settlement.payout_store import get_payout

FINDINGS: Final = {
    "P1": Word(mark("The bank refused or sent it back: owed again, propose it anew"), "bad"),
    "P2": Word(mark("Sent, and not confirmed in time: ask the bank"), "wait"),
    "P3": Word(mark("The bank paid another amount: nothing more goes to this shop"), "bad"),
    "P4": Word(mark("The bank paid another account: nothing more goes to this shop"), "bad"),
}
BATCHES: Final = {
    "out": Word(mark("waits for the bank's answer"), "wait"),
    "read": Word(mark("answered"), "good"),
    "not_sent": Word(mark("never sent"), "bad"),
}
ENDS: Final = {
    "paid": mark("The shop has its money"),
    "failed": mark("The money came back"),
}
ANSWERED: Final = {
    "paid": mark("paid"),
    "failed": mark("refused or sent back"),
    "waiting": mark("still under way"),
    "amount": mark("another amount"),
    "account": mark("another account"),
    "late": mark("paid although given up"),
    "same": mark("known before"),
    "unknown": mark("not ours"),
}


def finding_words(one: Finding) -> dict[str, Any]:
    """A finding as the page shows it: plus and minus beside each other, never netted."""
    word = FINDINGS[one.code]
    shop = terms().merchant(one.claimant_id)
    return {
        "payout_id": one.payout_id,
        "shop": f"{shop.code} {shop.name}",
        "code": one.code,
        "text": say(word.text),
        "tone": word.tone,
        "plus": yuan(one.plus_fen),
        "minus": yuan(one.minus_fen),
        "since": one.since,
        "batch_id": one.batch_id,
        "line_no": one.line_no,
        "is_stop": one.batch_id != 0,
    }


def settling_details(tx: Tx, row: Approval) -> str:
    """What the second person has to see to agree how a payment ended."""
    payout_id = int(row.subject.removeprefix("payout:"))
    payout = get_payout(tx, terms().community.id, payout_id)
    shop = terms().merchant(payout.claimant_id)
    parts = (shop.name, yuan(payout.amount_fen), say(ENDS[row.body["end"]]), row.body["why"])
    return " · ".join(parts)
