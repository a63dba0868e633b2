"""The small month's desk: every open difference on one screen, in the order they are due, with three plain buttons."""

from __future__ import annotations

from datetime import datetime, time
from typing import Final

from flask import Response
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.office.difference_cards import card_of
from kiosk.office.frame import bp, office_page, to
from kiosk.office.one_difference import (
    as_part,
    card_and_question,
    decide_pressed,
    is_part,
    show_asked,
)
from ledger.clock import SECOND_US
from ledger.earning.calendar import day_from_key
from ledger.errors import Refusal
from ledger.members.terms import Terms
from ledger.sql import Tx
from pos.desk import day_of
from settlement.act_log import done_since
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
    return show_asked(number, _one)


@bp.post("/desk/<int:number>")
@allow("discrepancy.decide")
def decide_at_desk(number: int) -> AnyResponse:
    """Do what a button said, once; then the next one stands first."""

    def after(state: str) -> AnyResponse:
        return _one(number, "", is_done=True) if is_part() else to("office.desk", state)

    return decide_pressed(number, _one, after)


def _one(
    number: int, asked: str, *, refusal: Refusal | None = None, is_done: bool = False
) -> AnyResponse:
    here = terms()
    with service().db.read() as tx:
        card = card_and_question(tx, here, number, asked, endpoint="office.desk_one")
        left = counts_by_state(tx, here.community.id).get(TO_DECIDE, 0)
        progress = _progress(tx, here, left)
    if is_part():
        return as_part(
            "office/desk_card.html",
            card,
            refusal=refusal,
            is_done=is_done,
            progress=progress,
            progress_again=is_done,
        )
    return office_page(
        "office/desk.html",
        refusal=refusal,
        differences=[card.difference],
        asking=card.asking,
        progress=progress,
    )


def _progress(tx: Tx, here: Terms, left: int) -> dict[str, int]:
    """How many were seen to today, of those and the ones still open."""
    day = day_from_key(day_of(here, service().now()))
    begun = datetime.combine(day, time(), here.community.zone)
    done = done_since(tx, here.community.id, since=int(begun.timestamp()) * SECOND_US)
    return {"done": done, "total": done + left}
