"""A resident's vouchers: buy one, see its code, book a time, give it back, say that it was done and how well."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, redirect, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import act, me, number, request_id
from kiosk.pages import can_say, say
from kiosk.qr_image import PHONE, draw_svg
from kiosk.resident.views import resident_page
from kiosk.service_words import order_view, provider_name, voucher_view
from kiosk.texts import mark
from ledger.book.balances import wallet_of
from ledger.errors import Refusal
from ledger.members import residents
from ledger.services import orders
from ledger.services.codes import code_of
from ledger.services.endings import Ending, give_back
from ledger.services.items import services_on, terms_ahead
from ledger.services.slots import slots_between
from ledger.services.vouchers import get_voucher, vouchers_of
from ledger.sql import Row, Tx
from ledger.units import FIRST_POINT_COMMODITY
from pos.desk import day_of
from pos.voucher_sale import PageSale, owner_in, sell_on_page

bp: Final = Blueprint("resident_vouchers", __name__, url_prefix="/me/services")

WEEKS_US: Final = 28 * 86_400 * 1_000_000
"""How far ahead the calendar is shown."""
_LABEL: Final = mark("The voucher's code, for the provider's camera")

can_say(
    {
        "voucher_bought": mark("Bought. Show the code below, or tell the number."),
        "voucher_back": mark("Given back. The points are in your wallet again."),
        "slot_booked": mark("Asked for. The provider confirms the time."),
        "slot_given_up": mark("Given up. The voucher stays good."),
        "thanks_rated": mark("Thank you. That was written down."),
    }
)


@bp.get("", strict_slashes=False)
@allow("me.voucher")
def home() -> Response:
    """What can be had for points, and one's own vouchers."""
    return _home()


@bp.post("/buy")
@allow("me.voucher")
def buy() -> AnyResponse:
    """Buy one voucher; the PIN is asked for each time."""
    here = actor().community_id
    try:
        asked = PageSale(
            here,
            request_id(),
            actor().id,
            number("service_id"),
            request.form.get("pin", "").strip(),
        )
        bought = sell_on_page(service().desk, asked, at=service().now())
    except Refusal as refusal:
        return _home(refusal=refusal)
    return _to("resident_vouchers.voucher", "voucher_bought", voucher_id=bought["voucher_id"])


@bp.get("/<int:voucher_id>")
@allow("me.voucher")
def voucher(voucher_id: int) -> Response:
    """One voucher: its code and number, its appointment, and times still free."""
    return _voucher(voucher_id)


@bp.post("/<int:voucher_id>/return")
@allow("me.voucher")
def give_up(voucher_id: int) -> AnyResponse:
    """Give an unused voucher back."""
    here = terms()

    def work(tx: Tx, at: int) -> dict[str, Any]:
        row = _own(tx, voucher_id)
        ending = Ending(
            community_id=here.community.id,
            request_id=request_id(),
            how="returned",
            business_date=day_of(here, at),
        )
        return give_back(tx, row, ending, at=at)

    return _act(voucher_id, "voucher_return", work, "voucher_back")


@bp.post("/<int:voucher_id>/book")
@allow("me.voucher")
def book(voucher_id: int) -> AnyResponse:
    """Ask for the service, at a time of the calendar or without one."""
    here, slot_id = terms(), request.form.get("slot_id", type=int)

    def work(tx: Tx, at: int) -> dict[str, Any]:
        _own(tx, voucher_id)
        return orders.ask(tx, here.community.id, voucher_id, slot_id, today=day_of(here, at), at=at)

    return _act(voucher_id, "voucher_book", work, "slot_booked", slot_id=str(slot_id or ""))


@bp.post("/<int:voucher_id>/cancel")
@allow("me.voucher")
def cancel(voucher_id: int) -> AnyResponse:
    """Give an appointment up, in time."""
    order_id = number("order_id")

    def work(tx: Tx, at: int) -> dict[str, Any]:
        return orders.cancel(tx, actor().community_id, order_id, actor().id, at=at)

    return _act(voucher_id, "order_cancel", work, "slot_given_up", order_id=str(order_id))


@bp.post("/<int:voucher_id>/confirm")
@allow("me.voucher")
def confirm(voucher_id: int) -> AnyResponse:
    """Say that the service was given, and how well."""
    order_id, rating = number("order_id"), number("rating")

    def work(tx: Tx, at: int) -> dict[str, Any]:
        who, here = actor().id, actor().community_id
        return orders.confirm(tx, here, order_id, person_id=who, rating=rating, by=me(), at=at)

    said = {"order_id": str(order_id), "rating": str(rating)}
    return _act(voucher_id, "order_confirm", work, "thanks_rated", **said)


def _act(voucher_id: int, kind: str, work: Any, said: str, **body: str) -> AnyResponse:  # noqa: ANN401 - see `act`
    try:
        act(kind, {"voucher_id": str(voucher_id), **body}, work)
    except Refusal as refusal:
        return _voucher(voucher_id, refusal=refusal)
    return _to("resident_vouchers.voucher", said, voucher_id=voucher_id)


def _to(endpoint: str, said: str, **values: Any) -> AnyResponse:  # noqa: ANN401 - parts of the address
    return redirect(url_for(endpoint, said=said, **values), 303)


def _own(tx: Tx, voucher_id: int) -> Row:
    """The resident's own voucher; any other is not there.

    Refuses: voucher_not_found.
    """
    row = get_voucher(tx, actor().community_id, voucher_id)
    if int(row.person_id) != actor().id:
        raise Refusal("voucher_not_found")
    return row


def _home(*, refusal: Refusal | None = None) -> Response:
    here, at = terms(), service().now()
    today, scheme = day_of(here, at), terms().scheme_on(day_of(here, at))
    with service().db.read() as tx:
        who = residents.get_resident(tx, here.community.id, actor().id)
        offers = [row for row in services_on(tx, here.community.id, today) if row.state == "on"]
        ahead = terms_ahead(tx, here.community.id, today)
        owners = {
            int(row.commodity): owner_in(
                scheme, int(row.commodity), who.person_id, who.household_id
            )
            for row in offers
        }
        left = {
            commodity: wallet_of(tx, here.community.id, owner, commodity).available
            for commodity, owner in owners.items()
        }
        mine = vouchers_of(tx, here.community.id, who.person_id)
    return resident_page(
        here,
        "resident/services.html",
        refusal=refusal,
        offers=[_offer(row, left, ahead) for row in offers],
        vouchers=[voucher_view(here, row, today) for row in mine],
    )


def _offer(row: Row, left: dict[int, int], ahead: list[Row]) -> dict[str, Any]:
    here = terms()
    scheme = here.scheme_on(day_of(here, service().now()))
    kind = scheme.point_types[int(row.commodity) - FIRST_POINT_COMMODITY - 1]
    return {
        "service_id": int(row.service_id),
        "name": row.name,
        "provider": provider_name(here, int(row.provider_id)),
        "units": int(row.price_units),
        "precision": kind.precision,
        "kind": kind.name,
        "valid_days": int(row.valid_days),
        "unused": row.unused,
        "returnable": bool(row.returnable),
        "enough": left[int(row.commodity)] >= int(row.price_units),
        "missing": int(row.price_units) - left[int(row.commodity)],
        "changes": [
            {"from_date": int(new.from_date), "units": int(new.price_units)}
            for new in ahead
            if int(new.service_id) == int(row.service_id)
        ],
    }


def _voucher(voucher_id: int, *, refusal: Refusal | None = None) -> Response:
    here, at = terms(), service().now()
    community_id, today = here.community.id, day_of(here, at)
    with service().db.read() as tx:
        row = _own(tx, voucher_id)
        view = voucher_view(here, row, today)
        own = [
            one
            for one in orders.orders_of(tx, community_id, actor().id, most=200)
            if int(one.voucher_id) == voucher_id
        ]
        free = [
            slot
            for slot in slots_between(tx, community_id, at + 1, at + WEEKS_US)
            if int(slot.service_id) == int(row.service_id)
            and slot.state == "on"
            and int(slot.taken) < int(slot.capacity)
        ]
        picture = None
        if view["is_open"]:
            digits = code_of(
                tx,
                service().vault,
                community_id,
                here.community.issuer,
                serial=int(row.serial),
                last_day=int(row.last_day),
                timezone=here.community.timezone,
                at=at,
            )
            picture = Markup(draw_svg(digits, PHONE, label=say(_LABEL)))  # noqa: S704 - drawn by us
    views = [order_view(here, one) for one in own]
    return resident_page(
        here,
        "resident/voucher.html",
        refusal=refusal,
        voucher=view,
        picture=picture,
        order=next((one for one in views if one["is_open"]), None),
        past=[one for one in views if not one["is_open"]],
        free=[
            {
                "slot_id": int(s.slot_id),
                "starts_at": int(s.starts_at),
                "left": int(s.capacity) - int(s.taken),
            }
            for s in free
        ],
    )
