"""The three plain buttons: what each means for each code, in points retired and yuan moved."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple

from ledger.errors import Refusal
from settlement.verdicts import Code
from settlement.words import mark


class Choice(StrEnum):
    """What a member of staff can do with a discrepancy."""

    PAY_BOOKED = "pay_booked"
    PAY_CLAIMED = "pay_claimed"
    ASK_SHOP = "ask_shop"
    CREDIT_LATE = "credit_late"


NAMES: Final[dict[Choice, str]] = {
    Choice.PAY_BOOKED: mark("Pay what is booked"),
    Choice.PAY_CLAIMED: mark("Pay what is claimed"),
    Choice.ASK_SHOP: mark("Ask the shop"),
    Choice.CREDIT_LATE: mark("Give the points now"),
}


class Facts(NamedTuple):
    """A discrepancy's amounts: units and fen, the rest still in the book, plus and minus."""

    code: Code
    plus_fen: int
    minus_fen: int
    rest_units: int
    rest_fen: int
    claimed_fen: int


class Effect(NamedTuple):
    """What a choice posts; every figure without a sign but `grant_fen`.

    `settle_*`: sales paid out of offset and cover; `back_*`: refunds taken off; `retire_units`:
    points that end unpaid; `free_fen`: bound cover nobody will be paid from; `grant_fen`: from the
    fund on top of the book, or (negative) back to it; `earn_units`: points the buyer gets afterwards.
    """

    settle_units: int = 0
    settle_fen: int = 0
    back_units: int = 0
    back_fen: int = 0
    retire_units: int = 0
    free_fen: int = 0
    grant_fen: int = 0
    earn_units: int = 0

    @property
    def second_person(self) -> bool:
        """Giving more than the book says takes two, yuan or points."""
        return self.grant_fen > 0 or self.earn_units > 0

    @property
    def payable_fen(self) -> int:
        """What the shop is owed more (or less) by it."""
        return self.settle_fen - self.back_fen + self.grant_fen


_OFFERED: Final[dict[Code, tuple[Choice, ...]]] = {
    Code.X1: (Choice.PAY_BOOKED, Choice.PAY_CLAIMED, Choice.ASK_SHOP),
    # Nothing is claimed, so nothing could be paid "as claimed": the shop would lose by its silence.
    Code.X2: (Choice.PAY_BOOKED, Choice.ASK_SHOP),
    Code.X3: (Choice.PAY_BOOKED, Choice.PAY_CLAIMED, Choice.ASK_SHOP),
    Code.V1: (Choice.PAY_BOOKED, Choice.PAY_CLAIMED, Choice.ASK_SHOP),
    Code.V2: (Choice.PAY_BOOKED, Choice.PAY_CLAIMED, Choice.ASK_SHOP),
    Code.V3: (Choice.PAY_BOOKED, Choice.ASK_SHOP),
    Code.S1: (Choice.PAY_BOOKED, Choice.PAY_CLAIMED, Choice.ASK_SHOP),
    Code.S4: (Choice.PAY_BOOKED, Choice.PAY_CLAIMED, Choice.ASK_SHOP),
    Code.C1: (Choice.PAY_BOOKED, Choice.ASK_SHOP),
    # One of its candidates is booked and paid for itself: the claim on top of it would pay the sale twice.
    Code.X5: (Choice.PAY_BOOKED, Choice.ASK_SHOP),
    **dict.fromkeys(
        (Code.A1, Code.A2, Code.A3, Code.A4, Code.S3),
        (Choice.PAY_BOOKED, Choice.PAY_CLAIMED, Choice.ASK_SHOP),
    ),
    # Nothing of it is this shop's; the shop whose it is has a button of its own the night after.
    Code.T1: (Choice.PAY_BOOKED, Choice.ASK_SHOP),
    Code.S2: (Choice.PAY_BOOKED, Choice.ASK_SHOP),
    Code.V4: (Choice.PAY_BOOKED, Choice.ASK_SHOP),
    Code.T3: (Choice.PAY_BOOKED, Choice.ASK_SHOP),
    **dict.fromkeys(
        (Code.R1, Code.R3, Code.R4, Code.R5, Code.A6),
        (Choice.PAY_BOOKED, Choice.ASK_SHOP),
    ),
    # The customer paid where points are earned and got none.
    Code.R2: (Choice.CREDIT_LATE, Choice.PAY_BOOKED, Choice.ASK_SHOP),
}


_SETTLED_ALREADY: Final = frozenset(
    {Code.R1, Code.R2, Code.R3, Code.R4, Code.R5, Code.A5, Code.A6, Code.C4}
)
"""Their points are named and no offset waits for it: leaving them as booked posts nothing."""

_CLAIM_ALONE: Final = frozenset({Code.X1, Code.X3, Code.S3, Code.A1, Code.A2, Code.A3, Code.A4})
"""Nothing is booked for it: paying it as claimed is a grant out of the fund, and takes two."""


def offered(code: Code) -> tuple[Choice, ...]:
    """The buttons a discrepancy of this code has."""
    return _OFFERED.get(code, ())


def paid_as_booked(waiting: Iterable[tuple[int, int]]) -> Effect:
    """Settle some offsets (units and fen, signed) as the book has them."""
    rows = list(waiting)
    return Effect(
        settle_units=sum(units for units, _ in rows if units > 0),
        settle_fen=sum(fen for _, fen in rows if fen > 0),
        back_units=-sum(units for units, _ in rows if units < 0),
        back_fen=-sum(fen for _, fen in rows if fen < 0),
    )


def effect_of(facts: Facts, choice: Choice) -> Effect:
    """What `choice` posts for a discrepancy (a C1: see `paid_as_booked`; an R2's points: `settlement.late_points`).

    Refuses: decision_not_offered.
    """
    if choice not in offered(facts.code):
        raise Refusal("decision_not_offered", verdict=facts.code.value, choice=choice.value)
    if choice is Choice.ASK_SHOP or facts.code in _SETTLED_ALREADY:
        return Effect()
    if choice is Choice.PAY_BOOKED:
        return paid_as_booked([(facts.rest_units, facts.rest_fen)])
    if facts.code is Code.V2 and not facts.rest_units:
        return Effect(grant_fen=-facts.plus_fen)  # the shop says it took more back than is booked
    if facts.code is Code.V2:
        return Effect(retire_units=facts.rest_units, free_fen=facts.rest_fen)
    if facts.code in _CLAIM_ALONE:
        return Effect(grant_fen=facts.claimed_fen)
    return Effect(grant_fen=facts.minus_fen)
