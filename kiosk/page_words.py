"""States and kinds as the office reads them: an English word for the catalogue, and how serious it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from kiosk.texts import mark
from settlement.state_names import STATE_NAMES


class Word(NamedTuple):
    """A word and its tone: good, wait, bad or none; the tone is never the only sign."""

    text: str
    tone: str = ""


def word(words: Mapping[str, Word], state: str) -> Word:
    """The word for a state; one without a word shows itself."""
    return words.get(state, Word(state))


RESIDENT_STATES: Final = {
    "active": Word(mark("takes part"), "good"),
    "left": Word(mark("moved away"), "bad"),
    "deceased": Word(mark("deceased"), "bad"),
}
CARD_STATES: Final = {
    "unassigned": Word(mark("in the stack"), "wait"),
    "active": Word(mark("in use"), "good"),
    "suspended": Word(mark("suspended"), "wait"),
    "lost": Word(mark("reported lost"), "bad"),
    "expired": Word(mark("expired"), "bad"),
}
CARD_KINDS: Final = {"printed": Word(mark("printed card")), "phone": Word(mark("phone"))}
PIN_STATES: Final = {
    "none": Word(mark("not chosen yet"), "wait"),
    "set": Word(mark("chosen"), "good"),
    "locked": Word(mark("locked after wrong tries: set a new one"), "bad"),
}
KIN_KINDS: Final = {
    "spouse": Word(mark("husband or wife")),
    "direct": Word(mark("parent, grandparent, child or grandchild")),
    "collateral": Word(mark("brother, sister, cousin, uncle, aunt, nephew or niece")),
    "in_law": Word(mark("relative by marriage")),
    "other": Word(mark("another close tie")),
}
SHOP_STATES: Final = {
    "active": Word(mark("takes part"), "good"),
    "suspended": Word(mark("suspended"), "wait"),
    "left": Word(mark("has left"), "bad"),
}
TERMINAL_STATES: Final = {
    "waiting": Word(mark("waits for its code"), "wait"),
    "active": Word(mark("in use"), "good"),
    "revoked": Word(mark("out of service"), "bad"),
}
TERMINAL_KINDS: Final = {
    "till": Word(mark("till of a shop")),
    "counter": Word(mark("counter of the points supermarket")),
    "kiosk": Word(mark("screen for residents")),
    "hotline": Word(mark("read to the hotline")),
    "paper": Word(mark("pad of paper slips")),
}
SHOP_ROLES: Final = {
    "earn": Word(mark("give points for purchases")),
    "offset": Word(mark("take points off the price")),
    "redeem": Word(mark("hand out goods for points")),
    "fee": Word(mark("have its fee bills paid in part by points")),
}
PROOFS: Final = {
    "gateway": Word(mark("paid through the community's channel: points at once")),
    "bill": Word(mark("the payment channel's bill")),
    "acquirer": Word(mark("the card company's list")),
    "sample": Word(mark("a sample is checked")),
}


def _named(tones: Mapping[str, str]) -> dict[str, Word]:
    """States that stand on paper too are called there and here alike."""
    return {state: Word(STATE_NAMES[state], tone) for state, tone in tones.items()}


DIFFERENCE_STATES: Final = _named(
    {
        "pooled": "wait",
        "open": "bad",
        "asked": "wait",
        "proposed": "wait",
        "decided": "good",
        "auto_cleared": "good",
    }
)
STATEMENT_STATES: Final = _named(
    {"issued": "wait", "accepted": "good", "deemed": "good", "objected": "bad"}
)
PAYOUT_STATES: Final = _named(
    {
        "proposed": "wait",
        "approved": "wait",
        "sending": "wait",
        "sent": "wait",
        "unknown": "bad",
        "confirmed": "good",
        "failed": "bad",
        "returned": "bad",
        "cancelled": "bad",
    }
)
ROLES: Final = {
    "counter_volunteer": Word(mark("volunteer at the counter")),
    "grid_worker": Word(mark("grid worker")),
    "accountant": Word(mark("accountant")),
    "secretary": Word(mark("secretary")),
    "committee": Word(mark("committee member")),
    "auditor": Word(mark("auditor")),
    "admin": Word(mark("administrator")),
}
STAFF_STATES: Final = {
    "active": Word(mark("can sign in"), "good"),
    "left": Word(mark("closed"), "bad"),
}
BILL_OUTCOMES: Final = {
    "ok": Word(mark("taken in"), "good"),
    "seen_before": Word(mark("this bill was taken in before; nothing is counted twice"), "wait"),
    "EMPTY": Word(mark("no payments in it; its time is covered"), "good"),
    "UNREADABLE": Word(mark("cells not right: nothing of it counts"), "bad"),
    "TOTALS_WRONG": Word(mark("sums do not add up: nothing of it counts"), "bad"),
}
BILL_CHANNELS: Final = {
    "wechat": Word(mark("WeChat")),
    "alipay": Word(mark("Alipay")),
    "acquirer": Word(mark("Bank or acquirer")),
    "plain": Word(mark("Plain list")),
}
BILL_KINDS: Final = {
    "pay": Word(mark("payments alone")),
    "back": Word(mark("refunds alone")),
}
BILL_TOTALS: Final = mark("the closing sums")
BILL_FAULTS: Final = {
    "encoding": Word(mark("The letters cannot be read. Send the file as the channel gave it.")),
    "csv": Word(mark("This is no CSV table. Send the file as the channel gave it.")),
    "columns": Word(mark("This line has too few cells. Export the bill again.")),
    "state": Word(mark("This state is not known. Send the line to the administrator.")),
    "amount": Word(mark("This is no amount to the fen. Export the bill again.")),
    "time": Word(mark("This is no time. Export the bill again, without opening it in between.")),
    "reference": Word(mark("The payment's number is missing or spoilt. Export the bill again.")),
    "outside": Word(mark("This payment lies outside the days of the bill. Correct the days.")),
    "period": Word(mark("The days of the bill are no days. Correct them.")),
    "file_name": Word(
        mark("UnionPay's file says its day in its name alone. Send it under that name (INN…88ZM).")
    ),
    "too_many": Word(mark("The list is too long. Split it.")),
}
SLIP_FAULTS: Final = {
    "number": Word(mark("No slip has this number: a sign was mistyped. Look at the slip again.")),
    "head": Word(mark("Short codes need a line with till and day above them: M01T1 2026-03-02.")),
    "amount": Word(mark("This is no amount such as 10.00. Type number, blank, amount.")),
    "twice": Word(mark("This slip stands above with another amount. Look at it again.")),
    "too_many": Word(mark("The list is too long. Split it.")),
}
CLAIM_OUTCOMES: Final = {
    "ok": Word(mark("taken in"), "good"),
    "seen_before": Word(mark("this file was taken in before; nothing is counted twice"), "wait"),
    "receiving": Word(mark("being taken in"), "wait"),
    "EMPTY": Word(mark("no claims in it"), "wait"),
    "UNREADABLE": Word(mark("lines not right: nothing of it counts"), "bad"),
    "TOTALS_WRONG": Word(mark("sums do not add up: nothing of it counts"), "bad"),
}
BATCH_REFUSALS: Final = {
    "claim_batch_gap": Word(mark("a batch before it is missing")),
    "claim_batch_changed": Word(mark("its number was filed before with other lines")),
    "claim_batch_signature": Word(mark("not signed by this till")),
    "claim_batch_unsigned": Word(mark("without a signature, though this till signs")),
    "claim_batch_rows": Word(mark("its lines are not those the till signed")),
    "claim_batch_not_chained": Word(mark("follows another batch than the last one here")),
    "claim_line_bad": Word(mark("a line no till of ours writes")),
}
CLAIM_FAULTS: Final = {
    "csv": Word(mark("This is no CSV table. Save the list as CSV and send it again.")),
    "rounded": Word(
        mark("The spreadsheet has rounded this number. Make the column text and type it again.")
    ),
    "serial": Word(mark("This date has lost its look. Format the column as date and time.")),
    "encoding": Word(mark("The letters cannot be read. Save the list as UTF-8 and send it again.")),
    "heading": Word(mark("A heading is missing. Use the headings of the claim form.")),
    "columns": Word(mark("This line has too few cells. Fill it up.")),
    "other_merchant": Word(mark("This line belongs to another shop. Take it out.")),
    "ref": Word(mark("This is no number of an offset as on the receipt. Correct it.")),
    "formula": Word(mark("This cell holds a formula. Write the value itself.")),
    "zero": Word(mark("The amount is zero. Take the line out or correct it.")),
    "sign": Word(mark("Points and yuan have different signs. Correct one of them.")),
    "time": Word(mark("This is no time as wanted, such as 2026-03-02 09:30:00. Correct it.")),
    "number": Word(mark("This is no number. Correct it.")),
    "too_fine": Word(mark("More than two decimals. Round nothing: write what the receipt says.")),
    "too_many": Word(mark("The list is too long. Split it.")),
    "after_total": Word(mark("There are lines below the sum. Move the sum to the end.")),
}
CLAIM_COLUMNS: Final = {
    "ref": Word(mark("number of the offset")),
    "points": Word(mark("points")),
    "yuan": Word(mark("yuan")),
    "time": Word(mark("time")),
    "merchant": Word(mark("shop code")),
    "month": Word(mark("Month it is for")),
}
