"""The life of a disputed line: who may do what with it when, in the verbs finance staff know from the bank cards.

Raised by the shop, perhaps a question for evidence, a ruling, one appeal, and then it is over. This is pure:
states, verbs, the way from one to the next, and what a ruling may add.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ledger.errors import Refusal
from settlement.state_names import STATE_NAMES
from settlement.words import mark


class State(StrEnum):
    """Where a disputed line stands."""

    RAISED = "raised"
    EVIDENCE_DUE = "evidence_due"
    UNDER_REVIEW = "under_review"
    PROPOSED = "ruling_proposed"
    UPHELD = "upheld"
    REJECTED = "rejected"
    SPLIT = "split"
    APPEALED = "appealed"
    FINAL = "final"


class Verb(StrEnum):
    """What somebody does with it; the office's codes are those of the bank cards' differences desk."""

    CLAIM_MORE = "claim_more"
    GIVE_BACK = "give_back"
    INQUIRE = "inquire"
    ANSWER = "answer"
    OVERDUE = "overdue"
    REFUSE = "refuse"
    RULE = "rule"
    APPROVE = "approve"
    TURN_DOWN = "turn_down"
    PRESENT_AGAIN = "present_again"
    REFUSE_AGAIN = "refuse_again"
    LAPSE = "lapse"


class Outcome(StrEnum):
    """How a line is ruled on: the shop is right, is not, or is in part."""

    UPHELD = "upheld"
    REJECTED = "rejected"
    SPLIT = "split"


VERB_NAMES: Final[Mapping[Verb, str]] = MappingProxyType(
    {
        Verb.CLAIM_MORE: mark("Ask for payment"),
        Verb.GIVE_BACK: mark("Credit adjustment: the shop gives back"),
        Verb.INQUIRE: mark("Inquiry"),
        Verb.ANSWER: mark("Answer of the shop"),
        Verb.OVERDUE: mark("No answer in time"),
        Verb.REFUSE: mark("Refusal"),
        Verb.RULE: mark("Ruling"),
        Verb.APPROVE: mark("Agreed by a second person"),
        Verb.TURN_DOWN: mark("Not agreed by a second person"),
        Verb.PRESENT_AGAIN: mark("Presented again"),
        Verb.REFUSE_AGAIN: mark("Second refusal"),
        Verb.LAPSE: mark("Ended: nobody appealed"),
    }
)
"""What each act is called, in English, for the catalogues."""

HOLDING: Final = frozenset(
    {State.RAISED, State.EVIDENCE_DUE, State.UNDER_REVIEW, State.PROPOSED, State.APPEALED}
)
"""States in which somebody still has to rule: the line is open."""

FOR_OFFICE: Final = frozenset({State.RAISED, State.UNDER_REVIEW, State.APPEALED})
"""States in which the office may ask or rule."""

_RULED: Final = frozenset({State.UPHELD, State.REJECTED, State.SPLIT})
_NEXT: Final[Mapping[tuple[State, Verb], State]] = MappingProxyType(
    {
        **{(state, Verb.INQUIRE): State.EVIDENCE_DUE for state in FOR_OFFICE},
        (State.EVIDENCE_DUE, Verb.ANSWER): State.UNDER_REVIEW,
        (State.EVIDENCE_DUE, Verb.OVERDUE): State.UNDER_REVIEW,
        (State.PROPOSED, Verb.TURN_DOWN): State.UNDER_REVIEW,
        (State.REJECTED, Verb.PRESENT_AGAIN): State.APPEALED,
        (State.SPLIT, Verb.PRESENT_AGAIN): State.APPEALED,
        **{(state, Verb.LAPSE): State.FINAL for state in _RULED},
    }
)


def step(state: State, verb: Verb, *, appealed: bool = False) -> State:
    """Where `verb` leads from `state`; a ruling has its own road, see `ruled`.

    Refuses: dispute_wrong_state, dispute_appealed (a line is presented again once).
    """
    if verb is Verb.PRESENT_AGAIN and appealed:
        raise Refusal("dispute_appealed")
    found = _NEXT.get((state, verb))
    if found is None:
        raise Refusal("dispute_wrong_state", state=STATE_NAMES[state.value])
    return found


def ruled(state: State, outcome: Outcome, *, appealed: bool, alone: bool) -> State:
    """Where a ruling leads: to a second person unless one may rule `alone`; after an appeal it is final.

    Refuses: dispute_wrong_state.
    """
    may = FOR_OFFICE if alone else FOR_OFFICE | {State.PROPOSED}
    if state not in may:
        raise Refusal("dispute_wrong_state", state=STATE_NAMES[state.value])
    if not alone and state is not State.PROPOSED:
        return State.PROPOSED
    # Nothing is left to appeal against where the shop was right.
    return State.FINAL if appealed or outcome is Outcome.UPHELD else State(outcome.value)


def ruling_fen(
    outcome: Outcome, *, booked_fen: int, asked_fen: int | None, part_fen: int | None
) -> int:
    """What a ruling adds to what the shop is owed, signed fen.

    Upheld: as the shop says the line should stand. Split: `part_fen`, towards what the shop says and less than that;
    where it named no figure, any amount. Refuses: ruling_needs_figure, ruling_bad.
    """
    if outcome is Outcome.REJECTED:
        return 0
    whole = None if asked_fen is None else asked_fen - booked_fen
    if outcome is Outcome.UPHELD:
        if whole is None:
            raise Refusal("ruling_needs_figure")
        return whole
    if part_fen is None:
        raise Refusal("ruling_needs_figure")
    if not part_fen or (
        whole is not None and (part_fen * whole <= 0 or abs(part_fen) >= abs(whole))
    ):
        raise Refusal("ruling_bad")
    return part_fen


def verb_of(outcome: Outcome, *, appealed: bool) -> Verb:
    """A refusal has its own name, the second one too; everything else is a ruling."""
    if outcome is not Outcome.REJECTED:
        return Verb.RULE
    return Verb.REFUSE_AGAIN if appealed else Verb.REFUSE


def takes_two(fen: int) -> bool:
    """Paying more than the book says takes a second person."""
    return fen > 0
