"""Differences between book and claim: both sides next to each other, three plain buttons, one reason."""

from __future__ import annotations

from typing import Any, Final

from flask import Response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.difference_words import REASONS, effect_sentence, gap_sentence, handling_of, view_of
from kiosk.forms import me, request_id, text
from kiosk.office.difference_doors import door_of
from kiosk.office.frame import bp, can, office_page, to
from kiosk.pages import page_language, say
from kiosk.problems import known, sentence
from kiosk.texts import mark
from ledger.errors import Refusal
from ledger.members.terms import Terms
from ledger.sql import Row, Tx
from pos.desk import day_of
from settlement import decisions
from settlement.choices import NAMES, Choice, offered
from settlement.decisions import Press
from settlement.discrepancies import get_discrepancy
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
from settlement.verdicts import Code

_PAGE: Final = 20
_UNDECIDED: Final = {"pooled", "open", "asked"}
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
    more = len(rows) > _PAGE
    return office_page(
        "office/discrepancies.html",
        differences=[_card(here, row) for row in shown],
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
    asked = request.args.get("decision", "")
    return _one(number, asked if can("discrepancy.decide") else "")


@bp.post("/discrepancies/<int:number>")
@allow("discrepancy.decide")
def decide(number: int) -> AnyResponse:
    """Press one of the three buttons, with a reason."""
    asked = text("decision")
    try:
        press = _press(number, asked)
        done = decisions.decide(
            service().db, press, may_decide=_anybody_of_the_office, at=service().now()
        )
    except Refusal as refusal:
        return _one(number, asked, refusal=refusal)
    return _after(number, done["state"])


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


def _second(number: int, act: Any, said: str) -> AnyResponse:  # noqa: ANN401 - one of two functions of settlement
    try:
        press = _press(number, text("decision"), reason=say(mark("agreed by a second person")))
        act(service().db, press, may_decide=_anybody_of_the_office, at=service().now())
    except Refusal as refusal:
        return _one(number, "", refusal=refusal)
    return _after(number, said)


def _press(number: int, asked: str, *, reason: str = "") -> Press:
    try:
        choice = Choice(asked)
    except ValueError as error:
        raise Refusal("decision_not_offered", verdict="", choice=asked[:20]) from error
    said = reason or " ".join(part for part in (text("reason"), text("more")) if part)
    return Press(actor().community_id, number, choice, me(), said, request_id())


def _anybody_of_the_office(_tx: Tx, _row: Row) -> None:
    """Shops belong to no household here, so the roles table alone says who may decide."""


def _is_part() -> bool:
    return request.headers.get("HX-Request") == "true"


def _after(number: int, said: str) -> AnyResponse:
    if _is_part():
        return _one(number, "", said=said)
    return to("office.discrepancy", said, number=number)


def _one(number: int, asked: str, *, refusal: Refusal | None = None, said: str = "") -> AnyResponse:
    """One card, as a page or as the part of a page that replaces the one that was pressed."""
    here = terms()
    with service().db.read() as tx:
        row = get_discrepancy(tx, here.community.id, number)
    card, asking = _card(here, row), _asking(row, asked)
    if not _is_part():
        return office_page(
            "office/discrepancy.html", refusal=refusal, difference=card, asking=asking
        )
    if refusal is None and said:
        card["just_said"] = say(view_of(row).said_after)
    refused = None if refusal is None else sentence(refusal, page_language())
    html = render_template(
        "office/difference.html", difference=card, asking=asking, refused=refused, said=None
    )
    return Response(html, status=200 if refusal is None else known(refusal.code).status)


def _asking(row: Row, asked: str) -> dict[str, Any] | None:
    names = {choice.value for choice in offered(Code(row.code))}
    if asked not in names or row.state not in _UNDECIDED:
        return None
    choice = Choice(asked)
    effect, second_person = effect_sentence(row, choice)
    href = url_for("office.discrepancy", number=row.discrepancy_no)
    return {
        "decision": choice.value,
        "name": say(NAMES[choice]),
        "action": href,
        "back": href,
        "effect": effect,
        "second_person": second_person,
        "reasons": [say(reason) for reason in REASONS[choice]],
    }


def _card(here: Terms, row: Row) -> dict[str, Any]:
    view = view_of(row)
    today = day_of(here, service().now())
    till = here.terminals.get(int(row.terminal_id))
    number = int(row.discrepancy_no)
    may = can("discrepancy.decide")
    return {
        **view._asdict(),
        **handling_of(row, today),
        "number": number,
        "merchant_id": int(row.claimant_id),
        "shop": f"{row.merchant_code} {row.merchant_name}"
        if row.merchant_code
        else say(mark("The whole community")),
        "till": till.code if till else "",
        "day": int(row.business_date),
        "ref": row.ref,
        "age": view.age_on(today),
        "gap": gap_sentence(row),
        "door": door_of(row),
        "choices": _choices(row) if may and row.state in _UNDECIDED else [],
        "second": _second_person(row) if may and row.state == "proposed" else None,
    }


def _choices(row: Row) -> list[dict[str, str]]:
    return [
        {
            "href": url_for("office.discrepancy", number=row.discrepancy_no, decision=choice.value),
            "name": say(NAMES[choice]),
            "look": _LOOKS[choice],
        }
        for choice in offered(Code(row.code))
    ]


_LOOKS: Final = {
    Choice.PAY_BOOKED: "",
    Choice.PAY_CLAIMED: "outline",
    Choice.ASK_SHOP: "secondary outline",
}


def _second_person(row: Row) -> dict[str, Any]:
    number = int(row.discrepancy_no)
    return {
        "is_own": row.decided_by == actor().id,
        "decision": row.decision,
        "approve": url_for("office.approve_decision", number=number),
        "deny": url_for("office.deny_decision", number=number),
    }
