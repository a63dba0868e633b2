"""Findings about payments and files for the bank, in the words people read."""

from __future__ import annotations

from collections.abc import Iterable
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
NOT_SENT: Final = Word(
    mark("The file with it never went to the bank: owed again, propose it anew"), "wait"
)
ANSWER_WORDS: Final = {
    "paid": mark("paid"),
    "failed": mark("refused or sent back"),
    "waiting": mark("still under way"),
}
_SAID: Final = {
    "not_sent": mark("the file never went to the bank"),
    "settled": mark("two people found that the money came back"),
    "bank": mark("the bank gives no reason"),
    "not_found": mark("the bank knows of no such payout"),
    "not_found_yet": mark("the bank does not know it yet"),
    "bank_amount": mark("the bank paid another amount"),
    "bank_account": mark("the bank paid another account"),
    "timeout": mark("the bank did not answer in time"),
    "connection_lost": mark("the connection to the bank broke off"),
    "unreadable_answer": mark("the bank's answer could not be read"),
}
_PAID_FEN: Final = "paid_fen="
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


def said_words(note: str) -> str:
    """The note of a payout's step in words; what a bank or a person wrote stays as it is."""
    if note.startswith(_PAID_FEN):
        fen = int(note.removeprefix(_PAID_FEN))
        return say(mark("the bank says it paid {yuan} yuan")).format(yuan=yuan(fen))
    return say(_SAID[note]) if note in _SAID else note


def columns_of(names: Iterable[str]) -> str:
    """Headings or words of a bank's file, one after the other, each in quotation marks."""
    return " ".join(f"“{name}”" for name in names)


def finding_words(tx: Tx, one: Finding) -> dict[str, Any]:
    """A finding as the page shows it: plus and minus beside each other, never netted."""
    word = NOT_SENT if one.why == "not_sent" else FINDINGS[one.code]
    shop = terms().merchant(one.claimant_id)
    payout = get_payout(tx, terms().community.id, one.payout_id)
    return {
        "amount": yuan(payout.amount_fen),
        "why": "" if one.why == "not_sent" else said_words(one.why),
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
