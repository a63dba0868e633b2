"""States and kinds as the office reads them: an English word for the catalogue, and how serious it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from kiosk.texts import mark


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
}
SHOP_ROLES: Final = {
    "earn": Word(mark("give points for purchases")),
    "offset": Word(mark("take points off the price")),
    "redeem": Word(mark("hand out goods for points")),
}
PROOFS: Final = {
    "gateway": Word(mark("paid through the community's channel: points at once")),
    "bill": Word(mark("the payment channel's bill")),
    "acquirer": Word(mark("the card company's list")),
    "sample": Word(mark("a sample is checked")),
}
DIFFERENCE_STATES: Final = {
    "open": Word(mark("open"), "bad"),
    "asked": Word(mark("shop asked"), "wait"),
    "proposed": Word(mark("waits for a second person"), "wait"),
    "decided": Word(mark("decided"), "good"),
    "auto_cleared": Word(mark("cleared by itself"), "good"),
}
STATEMENT_STATES: Final = {
    "issued": Word(mark("issued, objections possible"), "wait"),
    "accepted": Word(mark("accepted by the shop"), "good"),
    "deemed": Word(mark("accepted by silence"), "good"),
    "objected": Word(mark("objected to"), "bad"),
}
PAYOUT_STATES: Final = {
    "proposed": Word(mark("proposed"), "wait"),
    "approved": Word(mark("approved, not sent"), "wait"),
    "sending": Word(mark("being sent"), "wait"),
    "sent": Word(mark("sent, not confirmed"), "wait"),
    "unknown": Word(mark("bank's answer unknown"), "bad"),
    "confirmed": Word(mark("paid"), "good"),
    "failed": Word(mark("refused by the bank"), "bad"),
    "returned": Word(mark("sent back by the bank"), "bad"),
    "denied": Word(mark("refused by the second person"), "bad"),
}
APPROVAL_STATES: Final = {
    "proposed": Word(mark("waiting"), "wait"),
    "approved": Word(mark("agreed"), "good"),
    "denied": Word(mark("refused"), "bad"),
}
ROLES: Final = {
    "counter_volunteer": Word(mark("volunteer at the counter")),
    "grid_worker": Word(mark("grid worker")),
    "accountant": Word(mark("accountant")),
    "secretary": Word(mark("secretary")),
    "committee": Word(mark("committee member")),
    "auditor": Word(mark("auditor")),
    "admin": Word(mark("administrator")),
}
