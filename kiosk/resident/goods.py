"""The points supermarket on a resident's page: what there is, keeping it for the next visit, and what was told."""

from __future__ import annotations

from typing import Final, NamedTuple

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import number, request_id
from kiosk.pages import can_say, moment, points, say
from kiosk.resident.told import notices_for
from kiosk.resident.views import resident_page
from kiosk.texts import mark
from ledger.book.balances import wallet_of
from ledger.earning.calendar import day_from_key, day_key
from ledger.earning.due_dates import next_window_day
from ledger.earning.working_days import working_days_cn
from ledger.errors import Refusal
from ledger.members import residents
from ledger.members.terms import Terms
from ledger.sql import Row, Tx
from ledger.stock.goods import goods_of
from ledger.stock.slots import coming_slots
from pos.desk import day_of
from pos.orders import OrderRequest, cancel_order, lines_of_order, open_orders_of, place_order
from pos.redemption import Piece

bp: Final = Blueprint("resident_goods", __name__, url_prefix="/me/goods")

can_say(
    {
        "goods_kept": mark("Kept for you. Bring your card or this phone to the goods counter."),
        "goods_given_up": mark("Given up. The points can be used again."),
    }
)


class GoodView(NamedTuple):
    """A good as a resident reads it; `free` pieces can be ordered, `why_not` says why none can."""

    good_id: int
    merchant_id: int
    name: str
    price: str
    free: int
    why_not: str
    slots: tuple[tuple[int, str], ...] = ()
    """Where it is handed out by time: the slots with pieces left, by number and words."""


class OrderView(NamedTuple):
    """An order that waits."""

    order_id: str
    number: int
    goods: str
    amount: str
    fen: int
    until: str
    slot: str


@bp.get("", strict_slashes=False)
@allow("me.read")
def home() -> Response:
    """The shelf, the orders that wait, and what the counter told."""
    return _page()


@bp.post("/order")
@allow("me.order")
def order() -> AnyResponse:
    """Keep goods for the next visit; the same form sent again is answered from the first time."""
    here, at = terms(), service().now()
    try:
        wanted = OrderRequest(
            community_id=here.community.id,
            request_id=request_id(),
            merchant_id=number("merchant_id"),
            person_id=actor().id,
            lines=(Piece(number("good_id"), number("quantity")),),
            source="page",
            slot_id=number("slot_id") if request.form.get("slot_id") else None,
        )
        place_order(service().desk, wanted, at=at)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return redirect(url_for("resident_goods.home", said="goods_kept"), 303)


@bp.post("/give-up")
@allow("me.order")
def give_up() -> AnyResponse:
    """Let an order go before it was collected."""
    here, at = terms(), service().now()
    order_id = request.form.get("order_id", "")[:40]
    try:
        cancel_order(service().db, here.community.id, request_id(), order_id, actor().id, at=at)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return redirect(url_for("resident_goods.home", said="goods_given_up"), 303)


def _page(*, refusal: Refusal | None = None) -> Response:
    here, kind = terms(), terms().shown
    day = day_of(here, service().now())
    with service().db.read() as tx:
        who = residents.get_resident(tx, here.community.id, actor().id)
        owner = who.household_id if kind.has_pool else who.person_id
        available = wallet_of(tx, here.community.id, owner, kind.commodity).available
        shelf = [view for shop in _shops(here, day) for view in _shelf(tx, here, shop, day)]
        orders = _orders(tx, here, who.person_id)
        told = notices_for(tx, here, who.person_id)
    opens = next_window_day(here.scheme_on(day).windows, day_from_key(day), working_days_cn())
    return resident_page(
        here,
        "resident/goods.html",
        refusal=refusal,
        available=points(available, kind.precision),
        goods=shelf,
        orders=orders,
        told=told,
        opens=None if opens is None else day_key(opens),
    )


def _shops(here: Terms, day: int) -> list[int]:
    agreed = ((shop, here.agreement_on(shop, day)) for shop in here.merchants)
    return [shop for shop, agreement in agreed if agreement and "redeem" in agreement.roles]


def _shelf(tx: Tx, here: Terms, merchant_id: int, day: int) -> list[GoodView]:
    kind = here.shown
    rows = goods_of(tx, here.community.id, merchant_id, commodity=kind.commodity, day=day)
    return [
        GoodView(
            good_id=int(row.good_id),
            merchant_id=merchant_id,
            name=row.name,
            price=_price(here, int(row.price_units), int(row.price_fen)),
            free=0 if row.paused else max(int(row.stock - row.held), 0),
            slots=_slots(tx, here, row),
            why_not=row.paused or ("" if row.stock > row.held else say(mark("None left to order"))),
        )
        for row in rows
        if row.state == "on"
    ]


def _slots(tx: Tx, here: Terms, good: Row) -> tuple[tuple[int, str], ...]:
    """The slots ahead of a good that goes fast, those with pieces left."""
    if not good.is_fast:
        return ()
    rows = coming_slots(tx, here.community.id, int(good.good_id), at=service().now())
    said = say(mark("{moment}, {left} left"))
    return tuple(
        (
            int(row.slot_id),
            said.format(moment=moment(int(row.from_at)), left=row.capacity - row.taken),
        )
        for row in rows
        if row.taken < row.capacity
    )


def _price(here: Terms, units: int, fen: int) -> str:
    """What a piece costs: points, and yuan at the counter where there are any beside them."""
    cost = f"{points(units, here.shown.precision)} {say(mark('points'))}"
    return f"{cost} + {points(fen)} {say(mark('yuan'))}" if fen else cost


def _orders(tx: Tx, here: Terms, person_id: int) -> list[OrderView]:
    return [
        OrderView(
            order_id=row.order_id,
            number=int(row.number),
            goods=say(mark(", ")).join(f"{line.name} x {line.quantity}" for line in lines),
            amount=points(int(row.units), here.shown.precision),
            fen=sum(int(line.price_fen * line.quantity) for line in lines),
            until=moment(int(row.expires_at)),
            slot="" if row.slot_from_at is None else moment(int(row.slot_from_at)),
        )
        for row in open_orders_of(tx, here.community.id, person_id)
        for lines in [lines_of_order(tx, here.community.id, row.order_id)]
    ]
