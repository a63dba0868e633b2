"""A shop leaves, or its owner died: its last day, how long it may claim, and its last statement."""

from __future__ import annotations

from typing import Final

from flask import Response
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import act, day, me, number, text
from kiosk.office.frame import bp, can, office_page, to
from kiosk.pages import can_say, say
from kiosk.texts import mark
from ledger.errors import Refusal
from ledger.members.leaving import Leave, leave, leaving_of
from ledger.sql import Tx
from pos.desk import day_of
from settlement.closing import objection_until
from settlement.last_statement import issue_last_statement
from settlement.statements import statements_of_shop

CLAIM_DAYS: Final = 30
"""Days a shop that left may still claim, where the office says nothing else."""

_CAUSES: Final = {
    "left": mark("It leaves the programme"),
    "died": mark("Its owner died: what is owed goes to the heirs"),
}
can_say({"left_shop": mark("Noted. The last statement can be issued once its last day is locked.")})


@bp.get("/shops/<int:merchant_id>/leaving")
@allow("office.read")
def shop_leaving(merchant_id: int) -> Response:
    """How a shop leaves, and what is still to do for it."""
    return _page(merchant_id)


@bp.post("/shops/<int:merchant_id>/leaving")
@allow("shop.write")
def note_leaving(merchant_id: int) -> AnyResponse:
    """Note a shop's last day."""
    here = actor().community_id

    def work(tx: Tx, at: int) -> dict[str, str]:
        gone = leave(
            tx,
            here,
            merchant_id,
            Leave(text("cause"), day("left_on"), number("claim_days"), text("why")),
            by=me(),
            at=at,
        )
        return {"claims_until": str(gone.claims_until)}

    names = ("left_on", "cause", "claim_days", "why")
    body = {"shop": str(merchant_id), **{name: text(name) for name in names}}
    try:
        act("leaving", body, work)
    except Refusal as refusal:
        return _page(merchant_id, refusal=refusal)
    return to("office.shop_leaving", "left_shop", merchant_id=merchant_id)


@bp.post("/shops/<int:merchant_id>/last-statement")
@allow("statement.write")
def last_statement(merchant_id: int) -> AnyResponse:
    """Issue a shop's last statement; pressed again it shows the same."""
    here, at, db = actor().community_id, service().now(), service().db
    try:
        with db.read() as tx:
            until = objection_until(tx, here, at=at)
        made = issue_last_statement(db, here, merchant_id, objection_until=until, at=at)
    except Refusal as refusal:
        return _page(merchant_id, refusal=refusal)
    if made is None:
        return _page(merchant_id, refusal=Refusal("nothing_to_pay"))
    return to("office.statement", statement_id=made.statement_id)


def _page(merchant_id: int, *, refusal: Refusal | None = None) -> Response:
    here = terms()
    with service().db.read() as tx:
        gone = leaving_of(tx, here.community.id, merchant_id)
        stated = statements_of_shop(tx, here.community.id, merchant_id)
    return office_page(
        "office/leaving.html",
        refusal=refusal,
        shop=here.merchant(merchant_id),
        gone=gone,
        cause=say(_CAUSES[gone.cause]) if gone else "",
        causes=[(code, say(name)) for code, name in _CAUSES.items()],
        claim_days=CLAIM_DAYS,
        today=day_of(here, service().now()),
        last=next((one for one in stated if gone and one.month == gone.left_on // 100), None),
        may_note=can("shop.write"),
        may_issue=can("statement.write"),
    )
