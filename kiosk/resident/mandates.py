"""Who acts for whom, on a resident's own page: the list, until when, and taking somebody off it."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.api.receipts import RELATION_WORDS
from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import act, me
from kiosk.pages import can_say, points, say
from kiosk.resident.views import resident_page
from kiosk.texts import mark
from ledger.book.balances import wallet_of
from ledger.errors import Refusal
from ledger.members import residents
from ledger.members.masking import mask_name
from ledger.members.terms import Terms
from ledger.sql import Row, Tx
from pos.desk import day_of
from pos.mandates import acts_for, end_mandate, mandates_of

bp: Final = Blueprint("resident_mandates", __name__, url_prefix="/me/mandates")

can_say({"mandate_ended": mark("Ended. This person can collect nothing for you any more.")})


@bp.get("", strict_slashes=False)
@allow("me.read")
def home() -> Response:
    """Who may collect for the resident, and for whom the resident may."""
    return _page()


@bp.post("/<int:slot>/end")
@allow("me.mandate")
def end(slot: int) -> AnyResponse:
    """Take somebody off one's own list, at once."""
    here = actor().community_id

    def work(tx: Tx, at: int) -> None:
        end_mandate(tx, here, actor().id, slot, by=me(), at=at)

    try:
        act("mandate.own_end", {"slot": slot}, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return redirect(url_for("resident_mandates.home", said="mandate_ended"), 303)


def _page(*, refusal: Refusal | None = None) -> Response:
    here, day = terms(), day_of(terms(), service().now())
    with service().db.read() as tx:
        mine = [
            {
                "slot": one.slot,
                "relation": say(RELATION_WORDS.get(one.relation, one.relation)),
                "name": one.name,
                "until": one.until_date,
                "is_over": bool(one.until_date) and one.until_date < day,
                "may_see": one.may_see,
            }
            for one in mandates_of(tx, here.community.id, actor().id)
        ]
        others = [
            _other(tx, here, row) for row in acts_for(tx, here.community.id, actor().id, day=day)
        ]
    return resident_page(here, "resident/mandates.html", refusal=refusal, mine=mine, others=others)


def _other(tx: Tx, here: Terms, row: Row) -> dict[str, Any]:
    """Somebody the resident acts for: masked, and their points where the mandate says so."""
    who = residents.get_resident(tx, here.community.id, int(row.person_id))
    owner = who.household_id if here.shown.has_pool else who.person_id
    seen = ""
    if row.may_see:
        wallet = wallet_of(tx, here.community.id, owner, here.shown.commodity)
        seen = points(wallet.available, here.shown.precision)
    name = residents.identity_of(tx, here.community.id, who.person_id).name
    return {
        "name": mask_name(name) or say(mark("name deleted")),
        "until": int(row.until_date),
        "points": seen,
    }
