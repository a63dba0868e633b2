"""Differences between book and claim: both sides next to each other, three plain buttons, one reason."""

from __future__ import annotations

from typing import Any, Final

from flask import Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import allow, terms
from kiosk.context import service
from kiosk.decision_notice import as_pdf, difference_notice
from kiosk.forms import text
from kiosk.office.difference_cards import anybody_of_the_office, card_of, press_of
from kiosk.office.frame import bp, office_page, to
from kiosk.office.one_difference import (
    as_part,
    card_and_question,
    decide_pressed,
    is_part,
    show_asked,
)
from kiosk.pages import say
from kiosk.texts import mark
from ledger.errors import Refusal
from settlement import decisions
from settlement.discrepancy_lists import (
    ASKED,
    ENDED,
    POOLED,
    PROPOSED,
    TO_DECIDE,
    VIEWS,
    counts_by_state,
    page_of,
)

_PAGE: Final = 20
_TABS: Final = {
    TO_DECIDE: mark("To decide"),
    ASKED: mark("Shop asked"),
    PROPOSED: mark("Waits for a second person"),
    POOLED: mark("May still come"),
    ENDED: mark("Decided"),
}


@bp.get("/discrepancies", endpoint="discrepancies")
@allow("office.read")
def discrepancies_list() -> Response:
    """What waits, oldest first."""
    here, view = terms(), request.args.get("view", TO_DECIDE)
    view = view if view in VIEWS else TO_DECIDE
    after = request.args.get("after", 0, int)
    with service().db.read() as tx:
        rows = page_of(tx, here.community.id, view, after=after, most=_PAGE + 1)
        counts = counts_by_state(tx, here.community.id)
        shown = rows[:_PAGE]
        cards = [card_of(tx, here, row, endpoint="office.discrepancy") for row in shown]
    more = len(rows) > _PAGE
    return office_page(
        "office/discrepancies.html",
        differences=cards,
        tabs=[
            {
                "href": url_for("office.discrepancies", view=name),
                "name": say(title),
                "count": counts.get(name, 0),
                "here": name == view,
            }
            for name, title in _TABS.items()
        ],
        next_page=url_for("office.discrepancies", view=view, after=shown[-1].discrepancy_no)
        if more
        else None,
    )


@bp.get("/discrepancies/<int:number>")
@allow("office.read")
def discrepancy(number: int) -> AnyResponse:
    """One difference; with `?decision=` the question that comes before deciding."""
    return show_asked(number, _one)


@bp.post("/discrepancies/<int:number>")
@allow("discrepancy.decide")
def decide(number: int) -> AnyResponse:
    """Press one of the three buttons, with a reason."""
    return decide_pressed(number, _one, lambda state: _after(number, state))


@bp.post("/discrepancies/<int:number>/approve")
@allow("discrepancy.decide")
def approve_decision(number: int) -> AnyResponse:
    """Agree, as the second person, to what a colleague proposed."""
    return _second(number, decisions.approve, "approved")


@bp.post("/discrepancies/<int:number>/deny")
@allow("discrepancy.decide")
def deny_decision(number: int) -> AnyResponse:
    """Send a proposed decision back; the difference is open again."""
    return _second(number, decisions.turn_down, "denied")


@bp.get("/discrepancies/<int:number>/acts/<int:act_no>.pdf", endpoint="difference_notice")
@allow("office.read")
def notice_of_act(number: int, act_no: int) -> Response:
    """One act as a notice for the shop."""
    with service().db.read() as tx:
        body = difference_notice(tx, terms(), number, act_no, shop=None)
    return as_pdf(body, f"notice-{number}-{act_no}")


def _second(number: int, act: Any, said: str) -> AnyResponse:  # noqa: ANN401 - one of two functions of settlement
    try:
        press = press_of(number, text("decision"), reason=say(mark("agreed by a second person")))
        act(service().db, press, may_decide=anybody_of_the_office, at=service().now())
    except Refusal as refusal:
        return _one(number, "", refusal=refusal)
    return _after(number, said)


def _after(number: int, said: str) -> AnyResponse:
    if is_part():
        return _one(number, "", said=said)
    return to("office.discrepancy", said, number=number)


def _one(number: int, asked: str, *, refusal: Refusal | None = None, said: str = "") -> AnyResponse:
    """One card, as a page or as the part of a page that replaces the one that was pressed."""
    with service().db.read() as tx:
        card = card_and_question(tx, terms(), number, asked, endpoint="office.discrepancy")
    if is_part():
        return as_part("office/difference.html", card, refusal=refusal, is_done=bool(said))
    return office_page("office/discrepancy.html", refusal=refusal, **card._asdict())
