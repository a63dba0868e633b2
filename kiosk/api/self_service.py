"""The residents' own screen: what is mine, keep goods for me, fetch somebody. Nothing is booked here."""

from __future__ import annotations

from typing import Annotated, Any

from flask_openapi import APIBlueprint
from pydantic import Field

from kiosk.api.here import Till, till
from kiosk.api.offline import notices_of
from kiosk.api.redemptions import PieceBody
from kiosk.api.types import RequestId, Secret, Strict, TokenText, moment_text
from kiosk.auth import allow
from kiosk.context import service
from ledger.audit import By
from ledger.members import keys
from ledger.members.terms import Terms
from pos.desk import day_of
from pos.help_calls import Place, call_staff, take_call, waiting_calls
from pos.holder import Holder, Shown, holder_of
from pos.order_retries import give_up_tries
from pos.orders import OrderRequest, open_orders_of, place_order
from pos.pin_change import change_pin
from pos.redemption import Piece

bp = APIBlueprint("self_service", __name__, url_prefix="/api/v1")


class CodeBody(Strict):
    """A code held before the screen."""

    token: TokenText


class KeepBody(Strict):
    """Goods to be kept for the holder of a code."""

    request_id: RequestId
    token: TokenText
    lines: Annotated[list[PieceBody], Field(min_length=1, max_length=30)]
    instead_of: Annotated[list[RequestId], Field(max_length=10)] = []  # noqa: RUF012 - pydantic copies it


class PinBody(Strict):
    """A new PIN for the holder of a code, who knows the old one."""

    request_id: RequestId
    token: TokenText
    old: Secret
    pin: Secret


class CallBody(Strict):
    """Somebody is to come; the basket may be empty."""

    request_id: RequestId
    lines: Annotated[list[PieceBody], Field(max_length=30)]


class TakeBody(Strict):
    """A call that somebody of the counter answers."""

    request_id: RequestId
    call_id: RequestId


@bp.get("/kiosk/state")
@allow("kiosk.use")
def kiosk_state() -> dict[str, Any]:
    """What the screen needs before the first touch; no clerk, no shop's money, no till's rules."""
    here, now = till(), service().now()
    terms = service().desk.refresh(here.community_id)
    terminal = terms.terminal(here.terminal_id)
    with service().db.read() as tx:
        published = keys.published_keys(tx, here.community_id, at=now)
    return {
        "server_time": moment_text(now, terms.community.zone),
        "business_date": day_of(terms, now),
        "terminal_code": terminal.code,
        "name": terms.branch(terminal.branch_id).name,
        "community": {"issuer": terms.community.issuer, "hotline": terms.community.hotline},
        "precision": terms.shown.precision,
        "idle_s": terms.settings.kiosk_idle_s,
        "jwks": published,
    }


@bp.post("/kiosk/holder")
@allow("kiosk.use", rechecked=True)
def kiosk_holder(body: CodeBody) -> dict[str, Any]:
    """What the holder of a code has and what is kept for them; burns nothing, names nobody."""
    here, now = till(), service().now()
    holder = _holder(here, body.token, now)
    terms = _terms(here)
    merchant_id = terms.terminal(here.terminal_id).merchant_id
    with service().db.read() as tx:
        orders = [
            {"number": int(order.number), "units": int(order.units)}
            for order in open_orders_of(tx, here.community_id, holder.person_id)
            if order.merchant_id == merchant_id
        ]
    return {
        "holder_label": holder.label,
        "available_units": holder.available_units,
        "pending_units": holder.pending_units,
        "owed_units": holder.owed_units,
        "orders": orders,
        "notices": notices_of(here, holder.person_id),
    }


@bp.post("/kiosk/orders")
@allow("kiosk.use", rechecked=True)
def keep_goods(body: KeepBody) -> tuple[dict[str, Any], int]:
    """Have goods kept for the holder; the counter hands them out to the same card."""
    here, now = till(), service().now()
    terms = _terms(here)
    request = OrderRequest(
        community_id=here.community_id,
        request_id=body.request_id,
        merchant_id=terms.terminal(here.terminal_id).merchant_id,
        person_id=_holder(here, body.token, now).person_id,
        lines=_pieces(body.lines),
        source="kiosk",
    )
    give_up_tries(service().desk, request, body.instead_of, at=now)
    placed = place_order(service().desk, request, at=now)
    expires = moment_text(int(placed["expires_at"]), terms.community.zone)
    return {**placed, "expires_at": expires}, 201


@bp.post("/kiosk/pin")
@allow("kiosk.use", rechecked=True)
def change_own_pin(body: PinBody) -> dict[str, Any]:
    """Change the holder's PIN: a wrong old one is a try as at any till; the digits are kept nowhere."""
    return _change_pin(body)


@bp.post("/pins")
@allow("sale.make", "redeem.make", rechecked=True)
def change_pin_here(body: PinBody) -> dict[str, Any]:
    """The same at a clerk's tablet, typed by the holder to whom it was turned; the clerk sees no digit."""
    return _change_pin(body)


def _change_pin(body: PinBody) -> dict[str, Any]:
    here, now = till(), service().now()
    person_id = _holder(here, body.token, now).person_id
    change_pin(
        service().db,
        here.community_id,
        person_id,
        body.old,
        body.pin,
        pepper=service().pepper,
        by=By("resident", person_id),
        at=now,
        cost=service().hash_cost,
        request_id=body.request_id,
    )
    return {"changed": True}


@bp.post("/kiosk/calls")
@allow("kiosk.use", rechecked=True)
def call_for_help(body: CallBody) -> tuple[dict[str, Any], int]:
    """Fetch somebody of the staff; the basket goes along, the code does not."""
    called = call_staff(
        service().db, _place(), body.request_id, _pieces(body.lines), at=service().now()
    )
    return called, 201


@bp.get("/counter/calls")
@allow("redeem.make")
def list_calls() -> dict[str, Any]:
    """Who waits for help, longest first."""
    place, now = _place(), service().now()
    terms = _terms(till())
    with service().db.read() as tx:
        calls = waiting_calls(tx, place.community_id, place.merchant_id, at=now)
    return {
        "items": [
            {
                "call_id": call.call_id,
                "terminal_code": terms.terminal(call.terminal_id).code,
                "called_at": moment_text(call.called_at, terms.community.zone),
                "pieces": sum(piece.quantity for piece in call.basket),
            }
            for call in calls
        ]
    }


@bp.post("/counter/calls/take")
@allow("redeem.make", rechecked=True)
def answer_call(body: TakeBody) -> dict[str, Any]:
    """Go and help: the basket is this counter's now."""
    basket = take_call(service().db, _place(), body.request_id, body.call_id, at=service().now())
    return {"lines": [{"good_id": str(one.good_id), "quantity": one.quantity} for one in basket]}


def _pieces(lines: list[PieceBody]) -> tuple[Piece, ...]:
    return tuple(Piece(line.good_id, line.quantity) for line in lines)


def _holder(here: Till, token: str, now: int) -> Holder:
    return holder_of(service().desk, Shown(here.community_id, here.terminal_id, token), at=now)


def _place() -> Place:
    here = till()
    return Place(
        here.community_id, _terms(here).terminal(here.terminal_id).merchant_id, here.terminal_id
    )


def _terms(here: Till) -> Terms:
    return service().desk.terms_with(here.community_id, here.terminal_id)
