"""A new PIN, chosen by the holder: the old one once, the new one twice."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import me, request_id
from kiosk.pages import can_say
from kiosk.resident.views import resident_page
from kiosk.texts import mark
from ledger.errors import Refusal
from pos.pin_change import change_pin

bp: Final = Blueprint("resident_pin", __name__, url_prefix="/me/pin")

can_say({"pin_changed": mark("Your new PIN counts from now on.")})


@bp.get("", strict_slashes=False)
@allow("me.read")
def home() -> Response:
    """The empty form."""
    return _page()


@bp.post("", strict_slashes=False)
@allow("me.pin")
def change() -> AnyResponse:
    """Change it; a wrong old PIN counts as a try, as everywhere."""
    old, new, again = (request.form.get(name, "").strip() for name in ("old", "pin", "again"))
    try:
        _check_same(new, again)
        change_pin(
            service().db,
            actor().community_id,
            actor().id,
            old,
            new,
            pepper=service().pepper,
            by=me(),
            at=service().now(),
            cost=service().hash_cost,
            request_id=request_id(),
        )
    except Refusal as refusal:
        return _page(refusal=refusal)
    return redirect(url_for("resident_pin.home", said="pin_changed"), 303)


def _check_same(new: str, again: str) -> None:
    if new != again:
        raise Refusal("pin_not_same")


def _page(*, refusal: Refusal | None = None) -> Response:
    return resident_page(terms(), "resident/pin.html", refusal=refusal)
