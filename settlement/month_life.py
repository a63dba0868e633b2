"""The life of one shop's month: from collecting to closed, as a state machine over what is stored. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from settlement.words import mark


class MonthState(StrEnum):
    """Where a shop's month stands."""

    COLLECTING = "collecting"
    STATEMENT_ISSUED = "statement_issued"
    OBJECTION_WINDOW = "objection_window"
    OBJECTED = "objected"
    ACCEPTED = "accepted"
    DEEMED_ACCEPTED = "deemed_accepted"
    PAYOUT_PROPOSED = "payout_proposed"
    PAYOUT_APPROVED = "payout_approved"
    SENT = "sent"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    RETURNED = "returned"
    CLOSED = "closed"


class CloseState(StrEnum):
    """Where the close of a whole community's month stands."""

    BEGUN = "begun"
    SHARED = "shared"
    STATED = "stated"
    SEALED = "sealed"
    CLOSED = "closed"
    FAILED = "failed"


_S = MonthState
_AGREED: Final = frozenset({_S.ACCEPTED, _S.DEEMED_ACCEPTED})
ALLOWED: Final[Mapping[MonthState, frozenset[MonthState]]] = MappingProxyType(
    {
        _S.COLLECTING: frozenset({_S.STATEMENT_ISSUED, _S.OBJECTION_WINDOW}),
        # A shop's last statement runs before its month is closed.
        _S.STATEMENT_ISSUED: frozenset({_S.OBJECTION_WINDOW, _S.OBJECTED, _S.CLOSED}) | _AGREED,
        _S.OBJECTION_WINDOW: frozenset({_S.OBJECTED, _S.CLOSED}) | _AGREED,
        # Ruled on while the window is open, a line takes the month back to it.
        _S.OBJECTED: frozenset({_S.OBJECTION_WINDOW, _S.STATEMENT_ISSUED, _S.CLOSED}) | _AGREED,
        _S.ACCEPTED: frozenset({_S.PAYOUT_PROPOSED, _S.CLOSED}),
        _S.DEEMED_ACCEPTED: frozenset({_S.PAYOUT_PROPOSED, _S.CLOSED}),
        _S.PAYOUT_PROPOSED: frozenset({_S.PAYOUT_APPROVED, _S.CLOSED, _S.CONFIRMED}) | _AGREED,
        _S.PAYOUT_APPROVED: frozenset({_S.SENT, _S.CLOSED, _S.CONFIRMED}) | _AGREED,
        _S.SENT: frozenset({_S.CONFIRMED, _S.CLOSED, _S.FAILED}),
        _S.CONFIRMED: frozenset({_S.PAYOUT_PROPOSED, _S.RETURNED, _S.CLOSED}),
        _S.FAILED: frozenset({_S.PAYOUT_PROPOSED, _S.CLOSED, _S.CONFIRMED}) | _AGREED,
        _S.RETURNED: frozenset({_S.PAYOUT_PROPOSED, _S.CLOSED, _S.CONFIRMED}) | _AGREED,
        # Even a closed month opens again where its money comes back, or where an older line is ruled on.
        _S.CLOSED: frozenset({_S.RETURNED, _S.PAYOUT_PROPOSED, _S.CONFIRMED}) | _AGREED,
    }
)
"""Which state may follow which."""

MONTH_NAMES: Final[Mapping[MonthState, str]] = MappingProxyType(
    {
        _S.COLLECTING: mark("Collecting"),
        _S.STATEMENT_ISSUED: mark("Statement issued"),
        _S.OBJECTION_WINDOW: mark("Days to object are running"),
        _S.OBJECTED: mark("Lines objected to"),
        _S.ACCEPTED: mark("Accepted"),
        _S.DEEMED_ACCEPTED: mark("Accepted by silence"),
        _S.PAYOUT_PROPOSED: mark("Payout proposed"),
        _S.PAYOUT_APPROVED: mark("Payout approved"),
        _S.SENT: mark("Payout on its way"),
        _S.CONFIRMED: mark("Paid, and something is left open"),
        _S.FAILED: mark("Payout failed"),
        _S.RETURNED: mark("Payout came back"),
        _S.CLOSED: mark("Over"),
    }
)
"""What each state is called, in English, for the catalogues."""


class MonthFacts(NamedTuple):
    """What is stored of a shop's month; `payouts` in their order, cancelled ones left out.

    `left_fen`: of its statement not paid yet, lines in dispute left out, and nothing where it is carried on.
    """

    statement: str | None
    book_closed: bool
    open_lines: int
    payouts: tuple[str, ...]
    left_fen: int


_OF_PAYOUT: Final[Mapping[str, MonthState]] = MappingProxyType(
    {
        "proposed": _S.PAYOUT_PROPOSED,
        "approved": _S.PAYOUT_APPROVED,
        "sending": _S.SENT,
        "sent": _S.SENT,
        "unknown": _S.SENT,
        "failed": _S.FAILED,
        "returned": _S.RETURNED,
    }
)


def month_state(facts: MonthFacts) -> MonthState:  # noqa: PLR0911 - one a case
    """Where a month stands by what is stored of it."""
    if facts.statement is None:
        return _S.COLLECTING
    if facts.statement == "issued" and not facts.book_closed:
        return _S.STATEMENT_ISSUED
    if facts.statement == "objected" or (facts.statement == "issued" and facts.open_lines):
        return _S.OBJECTED
    if facts.statement == "issued":
        return _S.OBJECTION_WINDOW
    for payout in facts.payouts:
        if payout in _OF_PAYOUT:
            return _OF_PAYOUT[payout]
    if facts.left_fen <= 0 and not facts.open_lines:
        return _S.CLOSED
    if facts.payouts:
        return _S.CONFIRMED
    return _S.DEEMED_ACCEPTED if facts.statement == "deemed" else _S.ACCEPTED
