"""Signing in to the office and out again."""

from __future__ import annotations

from flask import Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk import sign_in as signing
from kiosk.auth import allow
from kiosk.doors import asked_place, door_page, next_address, remember_place
from kiosk.office.frame import bp
from ledger.errors import Refusal
from ledger.members.roles import ANYONE


@bp.get("/sign-in")
@allow(ANYONE)
def sign_in() -> Response:
    """Ask for name and password."""
    return door_page("office/sign_in.html", area="office")


@bp.post("/sign-in")
@allow(ANYONE)
def check_in() -> AnyResponse:
    """Sign in."""
    response = Response(status=303, headers={"Location": next_address("office")})
    login = request.form.get("login", "")
    try:
        signing.staff(
            response, issuer=asked_place(), login=login, password=request.form.get("password", "")
        )
    except Refusal as refusal:
        return door_page("office/sign_in.html", area="office", refusal=refusal, login=login[:40])
    remember_place(response, asked_place())
    return response


@bp.post("/sign-out")
@allow(ANYONE)
def sign_out() -> AnyResponse:
    """Sign out."""
    response = Response(status=303, headers={"Location": url_for("office.sign_in")})
    signing.out(response, "staff")
    return response
