"""A shop owner's own pages: what the community owes and when it comes, statements line by line, open questions."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk import sign_in as signing
from kiosk.auth import allow
from kiosk.doors import asked_place, door_page, next_address, remember_place
from ledger.errors import Refusal
from ledger.members.roles import ANYONE

bp: Final = Blueprint("merchant", __name__, url_prefix="/merchant")


@bp.get("/sign-in")
@allow(ANYONE)
def sign_in() -> Response:
    """Ask for name and password."""
    return door_page("merchant/sign_in.html", area="merchant")


@bp.post("/sign-in")
@allow(ANYONE)
def check_in() -> AnyResponse:
    """Sign in."""
    response = Response(status=303, headers={"Location": next_address("merchant")})
    login = request.form.get("login", "")
    try:
        signing.merchant(
            response, issuer=asked_place(), login=login, password=request.form.get("password", "")
        )
    except Refusal as refusal:
        return door_page(
            "merchant/sign_in.html", area="merchant", refusal=refusal, login=login[:40]
        )
    remember_place(response, asked_place())
    return response


@bp.post("/sign-out")
@allow(ANYONE)
def sign_out() -> AnyResponse:
    """Sign out."""
    response = Response(status=303, headers={"Location": url_for("merchant.sign_in")})
    signing.out(response, "merchant")
    return response
