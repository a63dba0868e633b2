"""A visit to the goods counter besides the handing out: the queue, open baskets, orders, goods that come back."""

from __future__ import annotations

from typing import Annotated, Any

from flask_openapi import APIBlueprint
from pydantic import Field

from kiosk.api.here import Till, till
from kiosk.api.receipts import dated, return_lines
from kiosk.api.redemptions import PieceBody
from kiosk.api.types import (
    Counter,
    Id,
    Moment,
    Reference,
    RequestId,
    Strict,
    TokenText,
    moment_text,
)
from kiosk.auth import allow
from kiosk.context import service
from ledger.clock import SECOND_US
from ledger.members.terms import Terms
from ledger.sql import Row
from ledger.stock.holds import BASKET, Wanted, expire, hold, release
from ledger.stock.watch import flagged
from pos.desk import day_of
from pos.goods_return import BackLine, ReturnRequest, slip_of, take_back_goods
from pos.holder import Shown, holder_of
from pos.order_retries import give_up_tries
from pos.orders import OrderRequest, place_order
from pos.queue import Line as Queue
from pos.queue import call_next, queue_state, take_ticket
from pos.redemption import Piece

bp = APIBlueprint("counter_visits", __name__, url_prefix="/api/v1/counter")

BASKET_S = 600
"""How long goods stay aside for an open basket."""


class TicketBody(Strict):
    """A number to be drawn or called."""

    request_id: RequestId


class BasketBody(Strict):
    """Goods in an open basket."""

    request_id: RequestId
    lines: Annotated[list[PieceBody], Field(min_length=1, max_length=30)]


class ReleaseBody(Strict):
    """A basket that was given up."""

    request_id: RequestId
    hold: RequestId


class OrderBody(Strict):
    """Goods to be kept for the holder of a code."""

    request_id: RequestId
    token: TokenText
    lines: Annotated[list[PieceBody], Field(min_length=1, max_length=30)]
    instead_of: Annotated[list[RequestId], Field(max_length=10)] = []  # noqa: RUF012 - pydantic copies it
    slot_id: Id | None = None


class SlipPath(Strict):
    """A slip's number."""

    ref: str = Field(min_length=5, max_length=40)


class BackBody(Strict):
    """So many pieces of one line of the slip."""

    line_no: Annotated[int, Field(ge=1, le=30)]
    quantity: Annotated[int, Field(ge=1, le=99)]


class ReturnBody(Strict):
    """What came back of a slip of today."""

    request_id: RequestId
    counter: Counter
    ref: Reference
    original_ref: Reference
    lines: Annotated[list[BackBody], Field(min_length=1, max_length=30)]
    occurred_at: Moment


@bp.get("/queue")
@allow("till.read")
def read_queue() -> dict[str, Any]:
    """How many wait, and the numbers called last."""
    with service().db.read() as tx:
        state = queue_state(tx, _queue(till()))
    called = [{"number": row.number, "terminal_id": str(row.terminal_id)} for row in state.called]
    return {"waiting": state.waiting, "called": called}


@bp.post("/queue/take")
@allow("redeem.make", rechecked=True)
def take_number(body: TicketBody) -> dict[str, Any]:
    """Draw the next number of today."""
    now = service().now()
    return {"number": take_ticket(service().db, _queue(till()), body.request_id, at=now)}


@bp.post("/queue/call")
@allow("redeem.make", rechecked=True)
def call_number(body: TicketBody) -> dict[str, Any]:
    """Call the next number to this counter."""
    here, now = till(), service().now()
    number = call_next(
        service().db, _queue(here), body.request_id, terminal_id=here.terminal_id, at=now
    )
    return {"number": number}


@bp.post("/baskets")
@allow("redeem.make", rechecked=True)
def open_basket(body: BasketBody) -> dict[str, Any]:
    """Set a basket's goods aside for ten minutes, so that nobody orders them meanwhile."""
    here, now = till(), service().now()
    expires_at = now + BASKET_S * SECOND_US
    expire(service().db, here.community_id, at=now)
    hold(
        service().db,
        here.community_id,
        body.request_id,
        [Wanted(line.good_id, line.quantity) for line in body.lines],
        purpose=BASKET,
        person_id=None,
        at=now,
        expires_at=expires_at,
    )
    return {
        "hold": body.request_id,
        "expires_at": moment_text(expires_at, _terms(here).community.zone),
    }


@bp.post("/baskets/release")
@allow("redeem.make", rechecked=True)
def give_up_basket(body: ReleaseBody) -> dict[str, Any]:
    """Put a basket's goods back."""
    now = service().now()
    done = release(service().db, till().community_id, body.request_id, body.hold, at=now)
    return {"released": done["released"]}


@bp.post("/orders")
@allow("redeem.make", rechecked=True)
def order_here(body: OrderBody) -> tuple[dict[str, Any], int]:
    """Keep goods for the holder of a code: they are collected another day."""
    here, now = till(), service().now()
    terms = _terms(here)
    holder = holder_of(
        service().desk, Shown(here.community_id, here.terminal_id, body.token), at=now
    )
    request = OrderRequest(
        community_id=here.community_id,
        request_id=body.request_id,
        merchant_id=terms.terminal(here.terminal_id).merchant_id,
        person_id=holder.person_id,
        lines=tuple(Piece(line.good_id, line.quantity) for line in body.lines),
        source="counter",
        slot_id=body.slot_id,
    )
    give_up_tries(service().desk, request, body.instead_of, at=now)
    placed = place_order(service().desk, request, at=now)
    zone = terms.community.zone
    said = {**placed, "expires_at": moment_text(int(placed["expires_at"]), zone)}
    if "slot_from_at" in placed:
        said["slot_from"] = moment_text(int(said.pop("slot_from_at")), zone)
    return said, 201


@bp.get("/slips/<string:ref>")
@allow("redeem.make")
def read_slip(path: SlipPath) -> dict[str, Any]:
    """The lines of a slip of today, with what of each can still come back."""
    here, now = till(), service().now()
    with service().db.read() as tx:
        lines = slip_of(tx, _terms(here), here.terminal_id, path.ref, at=now)
    return {"ref": path.ref, "lines": lines}


@bp.post("/returns")
@allow("redeem.make", rechecked=True)
def take_goods_back(body: ReturnBody) -> tuple[dict[str, Any], int]:
    """Take goods back on the day they were handed out; the same request id again gives the same answer."""
    here = till()
    request = ReturnRequest(
        community_id=here.community_id,
        terminal_id=here.terminal_id,
        clerk_id=here.clerk_id,
        request_id=body.request_id,
        counter=body.counter,
        ref=body.ref,
        original_ref=body.original_ref,
        lines=tuple(BackLine(line.line_no, line.quantity) for line in body.lines),
        occurred_at=body.occurred_at,
    )
    facts = take_back_goods(service().desk, request, at=service().now())
    facts["terminal_id"] = str(here.terminal_id)
    terms = _terms(here)
    receipt = {"lines": return_lines(terms, facts), "qr_text": facts["ref"]}
    return {**dated(terms, facts), "receipt": receipt}, 201


@bp.get("/flags")
@allow("till.read")
def list_flags() -> dict[str, Any]:
    """Goods handed out although the book held none: listed until somebody has counted them."""
    here = till()
    terms = _terms(here)
    merchant_id = terms.terminal(here.terminal_id).merchant_id
    with service().db.read() as tx:
        rows = flagged(tx, here.community_id, merchant_id)
    return {"items": [_flag(row) for row in rows]}


def _flag(row: Row) -> dict[str, Any]:
    return {"code": row.code, "name": row.name, "stock": row.stock, "lines": row.lines}


def _queue(here: Till) -> Queue:
    terms = _terms(here)
    merchant_id = terms.terminal(here.terminal_id).merchant_id
    return Queue(here.community_id, merchant_id, day_of(terms, service().now()))


def _terms(here: Till) -> Terms:
    return service().desk.terms_with(here.community_id, here.terminal_id)
