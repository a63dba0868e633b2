"""What a resident agreed to when they joined, and agreeing to the version of now."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import act, me, number
from kiosk.pages import can_say
from kiosk.resident.views import resident_page
from kiosk.texts import mark
from ledger.errors import Refusal
from ledger.members import consents, residents
from ledger.sql import Tx

bp: Final = Blueprint("resident_consent", __name__, url_prefix="/me/consent")

can_say({"agreed": mark("Noted: you agreed to this version.")})


@bp.get("", strict_slashes=False)
@allow("me.read")
def home() -> Response:
    """The text of now, and whether it was agreed to."""
    return _page()


@bp.post("")
@allow("me.consent")
def agree() -> AnyResponse:
    """Agree to the version that was read; another one meanwhile is read first."""
    here, seen = actor().community_id, number("version")

    def work(tx: Tx, at: int) -> dict[str, Any]:
        if consents.current(tx, here).version_no != seen:
            raise Refusal("consent_changed")
        residents.record_consent(tx, here, actor().id, by=me(), at=at, how="page")
        return {"version": seen}

    try:
        act("consent.own", {"version": seen}, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return redirect(url_for("resident_consent.home", said="agreed"), 303)


def _page(*, refusal: Refusal | None = None) -> Response:
    here = terms()
    with service().db.read() as tx:
        now = consents.current(tx, here.community.id)
        given = consents.given_by(tx, here.community.id, actor().id)
        is_behind = consents.must_agree(tx, here.community.id, actor().id)
    return resident_page(
        here,
        "resident/consent.html",
        refusal=refusal,
        now=now,
        given=given,
        is_behind=is_behind,
    )
