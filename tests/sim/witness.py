"""What was asked and what was said, as an onlooker in the street would note it; knows nothing of the product's code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

OPEN = frozenset({"busy_try_again", "payment_unknown", "payment_route_ended", "database_away"})
"""Refusals that are no answer yet: the same request may still be done."""

OPEN_FOR_REFUNDS = OPEN | {"period_locked"}
"""The channel gave the money back already; the book follows on the next day that is open."""


class Said(NamedTuple):
    """What a server answered: `done` with a body, `refused` with a code, or `outrun` (nothing was done)."""

    how: str
    code: str
    body: Any


class WrongError(AssertionError):
    """Something the product promised did not hold; the message says what, in one line."""


@dataclass
class Ask:
    """One request somebody means to have answered, however often it must be sent."""

    kind: str
    request_id: str
    job: Callable[[Any, int], Any]
    facts: dict[str, Any] = field(default_factory=dict)
    final: Said | None = None
    arrivals: list[int] = field(default_factory=list)
    """What the servers' clocks showed at each try that came through."""
    first_at: int | None = None
    """When the first try came through, by the one true clock."""
    said_at: int | None = None
    """When the final answer was first said."""
    told: bool = False
    """Whether the one who asked has heard the final answer."""

    @property
    def done(self) -> bool:
        """Whether it was done (as far as anybody was told)."""
        return self.final is not None and self.final.how == "done"

    @property
    def body(self) -> Any:
        """What the final answer said; asked only where there is one."""
        assert self.final is not None
        return self.final.body

    def is_final(self, said: Said) -> bool:
        """Whether an answer settles the matter."""
        if said.how == "outrun":
            return False
        open_codes = OPEN_FOR_REFUNDS if self.facts.get("channel_refund") else OPEN
        return said.how == "done" or said.code not in open_codes


class Witness:
    """Keeps every request and every answer, and notices where two answers to one request differ."""

    def __init__(self) -> None:
        """Nothing was asked yet."""
        self.asks: list[Ask] = []
        self.cards: set[str] = set()
        """Codes printed on cards, which work more than once."""

    def note(self, ask: Ask) -> Ask:
        """Somebody is about to ask."""
        self.asks.append(ask)
        return ask

    def said(self, ask: Ask, said: Said, at: int) -> None:
        """A server answered, whether or not anybody hears it; raises WrongError where it said otherwise before."""
        if not ask.is_final(said):
            return
        if ask.final is None or ask.facts.get("fresh"):
            ask.final, ask.said_at = said, at
            return
        if (ask.final.how, ask.final.code) != (said.how, said.code):
            raise WrongError(f"{ask.kind} was answered {ask.final[:2]}, then {said[:2]}")
        if said.how == "done" and ask.final.body != said.body:
            raise WrongError(f"{ask.kind} was answered twice, in two ways")

    def of(self, *kinds: str) -> list[Ask]:
        """Every request of some kinds, in the order they were first made."""
        return [ask for ask in self.asks if ask.kind in kinds]
