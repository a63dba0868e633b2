"""The small month's desk: every open difference on one screen, in the order they are due, with three plain buttons."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any, Final

from flask import Response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.difference_words import view_of
from kiosk.forms import text
from kiosk.office.difference_cards import anybody_of_the_office, asking_of, card_of, press_of
from kiosk.office.frame import bp, can, office_page, to
from kiosk.pages import page_language, say
from kiosk.problems import known, sentence
from ledger.clock import SECOND_US
from ledger.earning.calendar import day_from_key
from ledger.errors import Refusal
from ledger.members.terms import Terms
from ledger.sql import Tx
from pos.desk import day_of
from settlement import decisions
from settlement.act_log import done_since
from settlement.discrepancies import get_discrepancy
from settlement.discrepancy_lists import ASKED, PROPOSED, TO_DECIDE, counts_by_state, due_first

SHOWN: Final = 24
"""More than a person sees to at one sitting go through the queues."""


@bp.get("/desk", endpoint="desk")
@allow("office.read")
def desk() -> Response:
    """Everything that waits for a decision, or for a second person's."""
    here = terms()
    with service().db.read() as tx:
        rows = due_first(tx, here.community.id, TO_DECIDE, most=SHOWN)
        second = due_first(tx, here.community.id, PROPOSED, most=SHOWN)
        rows += [row for row in second if row.decided_by != actor().id]
        cards = [card_of(tx, here, row, endpoint="office.desk_one") for row in rows]
        counts = counts_by_state(tx, here.community.id)
        progress = _progress(tx, here, counts.get(TO_DECIDE, 0))
    return office_page(
        "office/desk.html",
        differences=cards,
        progress=progress,
        left=max(counts.get(TO_DECIDE, 0) - SHOWN, 0),
        waiting=counts.get(ASKED, 0),
    )


@bp.get("/desk/<int:number>", endpoint="desk_one")
@allow("office.read")
def desk_one(number: int) -> AnyResponse:
    """One of them; with `?decision=` the question before it is done."""
    asked = request.args.get("decision", "")
    return _one(number, asked if can("discrepancy.decide") else "")


@bp.post("/desk/<int:number>")
@allow("discrepancy.decide")
def decide_at_desk(number: int) -> AnyResponse:
    """Do what a button said, once; then the next one stands first."""
    asked = text("decision")
    try:
        press = press_of(number, asked)
        done = decisions.decide(
            service().db, press, may_decide=anybody_of_the_office, at=service().now()
        )
    except Refusal as refusal:
        return _one(number, asked, refusal=refusal)
    return _one(number, "", is_done=True) if _is_part() else to("office.desk", done["state"])


def _is_part() -> bool:
    return request.headers.get("HX-Request") == "true"


def _one(
    number: int, asked: str, *, refusal: Refusal | None = None, is_done: bool = False
) -> AnyResponse:
    here = terms()
    with service().db.read() as tx:
        row = get_discrepancy(tx, here.community.id, number)
        card = card_of(tx, here, row, endpoint="office.desk_one")
        asking = asking_of(tx, here, row, asked, endpoint="office.desk_one")
        left = counts_by_state(tx, here.community.id).get(TO_DECIDE, 0)
        progress = _progress(tx, here, left)
    values: dict[str, Any] = {"asking": asking, "progress": progress}
    if not _is_part():
        return office_page("office/desk.html", refusal=refusal, differences=[card], **values)
    if is_done:
        card["just_said"] = say(view_of(row).said_after)
    refused = None if refusal is None else sentence(refusal, page_language())
    html = render_template(
        "office/desk_card.html",
        difference=card,
        refused=refused,
        said=None,
        progress_again=is_done,
        **values,
    )
    return Response(html, status=200 if refusal is None else known(refusal.code).status)


def _progress(tx: Tx, here: Terms, left: int) -> dict[str, int]:
    """How many were seen to today, of those and the ones still open."""
    day = day_from_key(day_of(here, service().now()))
    begun = datetime.combine(day, time(), here.community.zone)
    done = done_since(tx, here.community.id, since=int(begun.timestamp()) * SECOND_US)
    return {"done": done, "total": done + left}
