"""What states, decisions and verdicts are called on paper and screens."""

from __future__ import annotations

from typing import Final

from settlement.verdicts import FILE_FAULT_NAMES, RULES, Code, FileFault
from settlement.words import Translate, mark

STATE_NAMES: Final = {
    # discrepancies
    "pooled": mark("May still come"),
    "open": mark("Open"),
    "asked": mark("Shop asked"),
    "proposed": mark("Waiting for approval"),
    "decided": mark("Decided"),
    "auto_cleared": mark("Explained later"),
    # decisions
    "pay_booked": mark("Pay what is booked"),
    "pay_claimed": mark("Pay what is claimed"),
    "credit_late": mark("Give the points now"),
    "statement": mark("Claimed by the statement"),
    "slip_closed": mark("Closed with the slip"),
    "moved": mark("Moved to the shop whose it is"),
    "picked": mark("Booking picked, paid as booked"),
    "household_rebook": mark("Booked to the right household"),
    "household_stays": mark("It stays where it is"),
    "payment_paid": mark("The shop has its money"),
    "payment_failed": mark("The money came back"),
    "discrepancy": mark("Decided"),
    "settled": mark("Settled that night"),
    # why something waits
    "cut_off": mark("After the cut-off"),
    "no_file": mark("No claims came"),
    "unclaimed": mark("Not claimed"),
    "difference": mark("Claimed too little"),
    # statements
    "issued": mark("Issued"),
    "accepted": mark("Accepted"),
    "deemed": mark("Accepted by silence"),
    "objected": mark("Objected to"),
    # disputed lines
    "raised": mark("Objected to, not looked at yet"),
    "evidence_due": mark("The shop is asked"),
    "under_review": mark("Being looked at"),
    "ruling_proposed": mark("Waits for a second person"),
    "upheld": mark("The shop is right"),
    "rejected": mark("Refused"),
    "split": mark("Right in part"),
    "appealed": mark("Presented again"),
    "final": mark("Over"),
    "dispute": mark("Ruled on an objection"),
    "short_refund": mark("Refund of a sale paid as claimed"),
    "late_booking": mark("Paid as claimed, and booked later"),
    # payouts
    "approved": mark("Approved"),
    "sending": mark("Being sent"),
    "sent": mark("On its way"),
    "unknown": mark("Outcome unknown"),
    "confirmed": mark("Paid"),
    "failed": mark("Failed"),
    "returned": mark("Came back"),
    "cancelled": mark("Given up"),
    "": "",
}
"""What the states are called, in English, for the catalogues."""


def verdict_name(translate: Translate, code: str, sub_code: str = "") -> str:
    """What a code is called; a C1 by why its claims could not be used."""
    if code == Code.C1 and sub_code:
        return translate(FILE_FAULT_NAMES[FileFault(sub_code)])
    return translate(RULES[Code(code)].name) if code else ""


def state_name(translate: Translate, state: str) -> str:
    """What a state or decision is called; an unknown word stands for itself."""
    name = STATE_NAMES.get(state, state)
    return translate(name) if name else ""
