"""Purchases of another household on the resident's own page: tick them, nothing is blocked and nothing taken."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import text
from kiosk.named_purchases import take_not_ours_form
from kiosk.not_ours_words import purchase_line, said_line
from kiosk.pages import can_say
from kiosk.resident.views import resident_page
from kiosk.texts import mark
from ledger.errors import Refusal
from ledger.members import residents
from settlement.wrong_household import DAYS_BACK, said_of, to_name

bp: Final = Blueprint("resident_not_ours", __name__, url_prefix="/me/not-ours")

can_say(
    {
        "not_ours_sent": mark(
            "Sent. Two people at the community look into it; nothing changes until then."
        )
    }
)


@bp.get("", strict_slashes=False)
@allow("me.read")
def home() -> Response:
    """The purchases that can be named, and those that were."""
    return _page()


@bp.post("", strict_slashes=False)
@allow("me.misuse")
def send() -> AnyResponse:
    """Say that these are another household's."""
    try:
        take_not_ours_form("not_ours.own", actor().id, {})
    except Refusal as refusal:
        return _page(refusal=refusal)
    return redirect(url_for("resident_not_ours.home", said="not_ours_sent"), 303)


def _page(*, refusal: Refusal | None = None) -> Response:
    here, at = terms(), service().now()
    with service().db.read() as tx:
        who = residents.get_resident(tx, here.community.id, actor().id)
        rows = to_name(tx, here.community.id, who.person_id, at=at)
        said = said_of(tx, here.community.id, who.household_id)
    return resident_page(
        here,
        "resident/not_ours.html",
        refusal=refusal,
        entries=[purchase_line(here, row) for row in rows],
        named=[said_line(here, row) for row in said],
        told=text("told"),
        days=DAYS_BACK,
    )
