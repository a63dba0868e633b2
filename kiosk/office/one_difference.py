"""One difference and its three buttons, wherever it is shown: the question, the pressing, the card that replaces it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from flask import Response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from kiosk.context import service
from kiosk.forms import text
from kiosk.office.difference_cards import anybody_of_the_office, asking_of, card_of, press_of
from kiosk.office.frame import can
from kiosk.pages import page_language, say
from kiosk.problems import known, sentence
from ledger.errors import Refusal
from ledger.members.terms import Terms
from ledger.sql import Tx
from settlement import decisions
from settlement.discrepancies import get_discrepancy


class Show(Protocol):
    """Shows one difference: the question behind the button `asked` ('': none), or why it was refused."""

    def __call__(self, number: int, asked: str, *, refusal: Refusal | None = None) -> AnyResponse:
        """As a page or as the part of one."""


class Card(NamedTuple):
    """A difference as its template takes it; `asking` is the question before it is decided."""

    difference: dict[str, Any]
    asking: dict[str, Any] | None


def is_part() -> bool:
    """Whether the page asks for the one card that was pressed."""
    return request.headers.get("HX-Request") == "true"


def card_and_question(tx: Tx, here: Terms, number: int, asked: str, *, endpoint: str) -> Card:
    """One difference; `endpoint` is the page its buttons lead to.

    Refuses: discrepancy_not_found.
    """
    row = get_discrepancy(tx, here.community.id, number)
    card = card_of(tx, here, row, endpoint=endpoint)
    return Card(card, asking_of(tx, here, row, asked, endpoint=endpoint))


def show_asked(number: int, show: Show) -> AnyResponse:
    """Show it; with `?decision=` the question that comes before deciding, to whoever may decide."""
    asked = request.args.get("decision", "")
    return show(number, asked if can("discrepancy.decide") else "")


def decide_pressed(number: int, show: Show, after: Callable[[str], AnyResponse]) -> AnyResponse:
    """Do what a button said, once; `after` answers with the state it came to."""
    asked = text("decision")
    try:
        press = press_of(number, asked)
        done = decisions.decide(
            service().db, press, may_decide=anybody_of_the_office, at=service().now()
        )
    except Refusal as refusal:
        return show(number, asked, refusal=refusal)
    return after(done["state"])


def as_part(
    template: str,
    card: Card,
    *,
    refusal: Refusal | None,
    is_done: bool,
    **values: Any,  # noqa: ANN401 - whatever the template shows
) -> Response:
    """The card alone, in place of the one that was pressed; `is_done`: it says what was just done."""
    difference = card.difference
    if is_done:
        difference = {**difference, "just_said": say(difference["said_after"])}
    html = render_template(
        template,
        difference=difference,
        asking=card.asking,
        refused=None if refusal is None else sentence(refusal, page_language()),
        said=None,
        **values,
    )
    return Response(html, status=200 if refusal is None else known(refusal.code).status)
