"""Signing in to the office and out again."""

from __future__ import annotations

from flask import Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk import sign_in as signing
from kiosk.auth import allow
from kiosk.doors import asked_place, come_in, door_page
from kiosk.office.frame import bp
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
    login, password = request.form.get("login", ""), request.form.get("password", "")
    return come_in(
        "office/sign_in.html",
        area="office",
        sign_in=lambda response: signing.staff(
            response, issuer=asked_place(), login=login, password=password
        ),
        login=login[:40],
    )


@bp.post("/sign-out")
@allow(ANYONE)
def sign_out() -> AnyResponse:
    """Sign out."""
    response = Response(status=303, headers={"Location": url_for("office.sign_in")})
    signing.out(response, "staff")
    return response
