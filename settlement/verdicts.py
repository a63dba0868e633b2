"""The table of discrepancies: each code's name, sign, what it holds back, and what to do first."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from settlement.words import mark


class Code(StrEnum):
    """Every verdict other than "agrees"."""

    X1 = "X1"
    X2 = "X2"
    X3 = "X3"
    X4 = "X4"
    X5 = "X5"
    V1 = "V1"
    V2 = "V2"
    V3 = "V3"
    V4 = "V4"
    S1 = "S1"
    S2 = "S2"
    S3 = "S3"
    S4 = "S4"
    A1 = "A1"
    A2 = "A2"
    A3 = "A3"
    A4 = "A4"
    A5 = "A5"
    A6 = "A6"
    T1 = "T1"
    T2 = "T2"
    T3 = "T3"
    R1 = "R1"
    R2 = "R2"
    R3 = "R3"
    R4 = "R4"
    R5 = "R5"
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"
    C1 = "C1"
    C2 = "C2"
    C3 = "C3"
    C4 = "C4"
    K1 = "K1"
    K2 = "K2"
    K3 = "K3"


class FileFault(StrEnum):
    """Why a day's claims could not be used: the sub-codes of C1."""

    NO_FILE = "NO_FILE"
    EMPTY = "EMPTY"
    UNREADABLE = "UNREADABLE"
    TOTALS_WRONG = "TOTALS_WRONG"


class Sign(StrEnum):
    """Whose money it is about: plus, the community may owe more; minus, the party may owe back."""

    PLUS = "+"
    MINUS = "-"
    EITHER = "+/-"
    NONE = "0"


class Hold(StrEnum):
    """What waits until the discrepancy is settled."""

    DAY = "day"
    FILE = "file"
    ROW = "row"
    DIFFERENCE = "difference"
    SECOND = "second"  # the repeated row; the first is paid
    PAYOUT = "payout"
    PARTY = "party"  # every payment to that party
    NOTHING = "nothing"


class Rule(NamedTuple):
    """A row of the table; `works` says whether the night gives this verdict today."""

    name: str
    sign: Sign
    hold: Hold
    first_action: str
    works: bool = False


RULES: Final[dict[Code, Rule]] = {
    Code.X1: Rule(
        mark("Claimed, not booked"),
        Sign.MINUS,
        Hold.ROW,
        mark("Ask the shop for the receipt; a till may not have sent its sales yet."),
        works=True,
    ),
    Code.X2: Rule(
        mark("Booked, not claimed"),
        Sign.PLUS,
        Hold.NOTHING,
        mark("Tell the shop; it stands on the statement as owed and can still be claimed."),
        works=True,
    ),
    Code.X3: Rule(
        mark("Claimed twice"),
        Sign.MINUS,
        Hold.SECOND,
        mark("The first claim is paid, the repeated one is not."),
        works=True,
    ),
    Code.X4: Rule(
        mark("Claimed late"),
        Sign.NONE,
        Hold.NOTHING,
        mark("Nothing to do: it is paid with the next day."),
        works=True,
    ),
    Code.X5: Rule(
        mark("More than one candidate"),
        Sign.NONE,
        Hold.ROW,
        mark("Pick the booking the claim belongs to."),
        works=True,
    ),
    Code.V1: Rule(
        mark("Claimed too much"),
        Sign.MINUS,
        Hold.DIFFERENCE,
        mark("The booked amount is paid; ask the shop about the difference."),
        works=True,
    ),
    Code.V2: Rule(
        mark("Claimed too little"),
        Sign.PLUS,
        Hold.NOTHING,
        mark("The claimed amount is paid; offer the shop the rest."),
        works=True,
    ),
    Code.V3: Rule(
        mark("Other rate"),
        Sign.EITHER,
        Hold.DIFFERENCE,
        mark("The booked amount is paid; compare the shop's rate with the scheme's."),
        works=True,
    ),
    Code.V4: Rule(
        mark("Rounding"),
        Sign.NONE,
        Hold.NOTHING,
        mark("Nothing is rounded here: find out who rounded."),
        works=True,
    ),
    Code.S1: Rule(
        mark("Refunded, still claimed"),
        Sign.MINUS,
        Hold.ROW,
        mark("The refund is taken off; show the shop the refund's receipt."),
        works=True,
    ),
    Code.S2: Rule(
        mark("Cancelled by the shop, still booked"),
        Sign.MINUS,
        Hold.ROW,
        mark("Reverse the booking and tell the resident."),
        works=True,
    ),
    Code.S3: Rule(
        mark("Offline, not yet accepted"),
        Sign.NONE,
        Hold.ROW,
        mark("Wait for the till to send it, at most a day."),
        works=True,
    ),
    Code.S4: Rule(
        mark("Bill changed"),
        Sign.EITHER,
        Hold.DIFFERENCE,
        mark("The points given back are taken off; send the biller the result file."),
        works=True,
    ),
    Code.A1: Rule(
        mark("Signature not valid"),
        Sign.MINUS,
        Hold.ROW,
        mark("Refuse it and look at the till."),
        works=True,
    ),
    Code.A2: Rule(
        mark("Card lost or expired"),
        Sign.MINUS,
        Hold.ROW,
        mark("See when the till last heard of it; its own delay is paid, with a warning."),
        works=True,
    ),
    Code.A3: Rule(
        mark("One code used twice"),
        Sign.MINUS,
        Hold.SECOND,
        mark("The first use is paid; look into the later one."),
        works=True,
    ),
    Code.A4: Rule(
        mark("Till not enrolled"),
        Sign.MINUS,
        Hold.ROW,
        mark("Refuse it; enrol the till."),
        works=True,
    ),
    Code.A5: Rule(
        mark("Over a limit"),
        Sign.EITHER,
        Hold.NOTHING,
        mark("Pay up to the floor limit; what is above it is the shop's risk."),
        works=True,
    ),
    Code.A6: Rule(
        mark("Own shop, own points"), Sign.NONE, Hold.ROW, mark("Have it reviewed."), works=True
    ),
    Code.T1: Rule(
        mark("Another shop's"),
        Sign.EITHER,
        Hold.ROW,
        mark("Move it to its shop; it counts on both sides."),
        works=True,
    ),
    Code.T2: Rule(
        mark("Another household's"),
        Sign.NONE,
        Hold.NOTHING,
        mark("Reverse it and book it to the right household."),
        works=True,
    ),
    Code.T3: Rule(
        mark("Other date"), Sign.NONE, Hold.NOTHING, mark("Set the till's clock."), works=True
    ),
    Code.R1: Rule(
        mark("Points without a sale"),
        Sign.MINUS,
        Hold.ROW,
        mark("Take the points back once the shop has answered."),
        works=True,
    ),
    Code.R2: Rule(
        mark("Sale without points"),
        Sign.PLUS,
        Hold.NOTHING,
        mark("Give the points afterwards; a second person agrees."),
        works=True,
    ),
    Code.R3: Rule(
        mark("Channel not approved"), Sign.MINUS, Hold.ROW, mark("Reverse the points."), works=True
    ),
    Code.R4: Rule(
        mark("Refund kept the points"),
        Sign.MINUS,
        Hold.NOTHING,
        mark("Take the points back."),
        works=True,
    ),
    Code.R5: Rule(
        mark("Offset without a sale"),
        Sign.MINUS,
        Hold.ROW,
        mark("Ask for the payment of the yuan part; no bill shows it."),
        works=True,
    ),
    Code.P1: Rule(
        mark("Payout failed"),
        Sign.NONE,
        Hold.PAYOUT,
        mark("Correct the account and propose anew."),
        works=True,
    ),
    Code.P2: Rule(
        mark("Payout not confirmed"), Sign.NONE, Hold.NOTHING, mark("Ask the bank."), works=True
    ),
    Code.P3: Rule(
        mark("Other payout amount"),
        Sign.EITHER,
        Hold.PAYOUT,
        mark("Adjust the next payout."),
        works=True,
    ),
    Code.P4: Rule(
        mark("Paid to another account"),
        Sign.EITHER,
        Hold.PARTY,
        mark("Stop; two people look into it."),
        works=True,
    ),
    Code.C1: Rule(
        mark("Claims missing or unusable"),
        Sign.NONE,
        Hold.FILE,
        mark("Ask the shop for its claims again; the day may close without them."),
        works=True,
    ),
    Code.C2: Rule(
        mark("Book does not balance"),
        Sign.MINUS,
        Hold.DAY,
        mark("Stop: the day stays open until the broken line is explained."),
        works=True,
    ),
    Code.C3: Rule(
        mark("Chain broken"),
        Sign.MINUS,
        Hold.DAY,
        mark("Stop and compare with the witnesses."),
        works=True,
    ),
    Code.C4: Rule(
        mark("Count differs"),
        Sign.EITHER,
        Hold.NOTHING,
        mark("Book the count with a reason."),
        works=True,
    ),
    Code.K1: Rule(
        mark("Claimed, no slip in the stack"),
        Sign.MINUS,
        Hold.NOTHING,
        mark("Look for the slip at the shop; without one, ask the holder."),
        works=True,
    ),
    Code.K2: Rule(
        mark("Slip in the stack, not claimed"),
        Sign.PLUS,
        Hold.NOTHING,
        mark("Look whether it is booked; if so, tell the shop to claim it."),
        works=True,
    ),
    Code.K3: Rule(
        mark("Slip and claim say different amounts"),
        Sign.EITHER,
        Hold.NOTHING,
        mark("Look at the slip with the shop; the book's amount is what was signed."),
        works=True,
    ),
}

FILE_FAULT_NAMES: Final[dict[FileFault, str]] = {
    FileFault.NO_FILE: mark("No claims came"),
    FileFault.EMPTY: mark("The claims are empty"),
    FileFault.UNREADABLE: mark("The claims cannot be read"),
    FileFault.TOTALS_WRONG: mark("The claims' totals do not add up"),
}
"""What each sub-code of C1 is called."""
