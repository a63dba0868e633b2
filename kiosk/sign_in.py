"""Signing people in and out: a session row, and a cookie that scripts cannot read."""

from __future__ import annotations

from flask import Response, request

from kiosk.auth import COOKIES
from kiosk.context import service
from ledger import audit
from ledger.audit import By
from ledger.errors import Refusal
from ledger.members import cards, communities, pins, sessions, settings
from ledger.members import staff as staff_members
from ledger.sql import Tx


def staff(response: Response, *, issuer: str, login: str, password: str) -> None:
    """Sign a member of staff in and set the cookie on `response`.

    Refusals: community_not_found, sign_in_wrong, sign_in_locked, staff_left.
    """
    _by_password(response, "staff", issuer, login, password)


def merchant(response: Response, *, issuer: str, login: str, password: str) -> None:
    """Sign a shop's owner in and set the cookie on `response`.

    Refusals: community_not_found, sign_in_wrong, sign_in_locked, staff_left.
    """
    _by_password(response, "merchant", issuer, login, password)


def resident(response: Response, *, issuer: str, card_number: str, pin: str) -> None:
    """Sign a resident in by the number on their card and their PIN.

    What became of a card is told to whoever knows its PIN alone. Refusals: community_not_found, card_number_bad,
    card_not_found, card_not_active (nobody's card), pin_shape, pin_not_set, pin_wrong, pin_locked,
    sign_in_card_stopped.
    """
    with service().db.read() as tx:
        community_id = _community(tx, issuer)
        card = cards.get_by_number(tx, community_id, card_number)
    if card.person_id is None:
        raise Refusal("card_not_active", state=card.state)
    pins.check_pin(
        service().db,
        community_id,
        card.person_id,
        pin,
        pepper=service().pepper,
        at=service().now(),
    )
    if card.state != "active":
        raise Refusal("sign_in_card_stopped", state=card.state)
    _start(response, "resident", community_id, card.person_id)


def out(response: Response, kind: str) -> None:
    """Sign out: the session ends on the server, and the cookie goes."""
    split = sessions.split(request.cookies.get(COOKIES[kind], ""))
    if split is not None:
        at = service().now()
        service().db.write(lambda tx: sessions.end(tx, *split, at=at))
    response.delete_cookie(COOKIES[kind], httponly=True, samesite="Lax")


def _by_password(response: Response, kind: str, issuer: str, login: str, password: str) -> None:
    with service().db.read() as tx:
        community_id = _community(tx, issuer)
    found = staff_members.sign_in(
        service().db,
        community_id,
        login.strip().lower(),
        password,
        pepper=service().pepper,
        at=service().now(),
    )
    if (found.merchant_id is not None) != (kind == "merchant"):
        raise Refusal("sign_in_wrong")
    _start(response, kind, community_id, found.staff_id)


def _community(tx: Tx, issuer: str) -> int:
    return int(communities.get_by_issuer(tx, issuer.strip().upper()).community_id)


def _start(response: Response, kind: str, community_id: int, actor_id: int) -> None:
    at = service().now()

    def work(tx: Tx) -> tuple[str, int]:
        chosen = settings.current(tx, community_id)
        minutes = (
            chosen.resident_session_minutes if kind == "resident" else chosen.staff_session_minutes
        )
        cookie = sessions.start(tx, community_id, kind, actor_id, minutes=minutes, at=at)
        audit.record(tx, community_id, By(kind, actor_id), "sign_in", f"{kind}:{actor_id}", at=at)
        return cookie, minutes

    cookie, minutes = service().db.write(work)
    response.set_cookie(
        COOKIES[kind],
        cookie,
        max_age=minutes * 60,
        httponly=True,
        secure=service().settings.is_https,
        samesite="Lax",
    )
