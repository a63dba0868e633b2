"""A provider's own services: orders to answer, the calendar of the next days, vouchers taken and what they bring."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import act, me, needed, number, request_id
from kiosk.merchant.views import merchant_page, own_shop
from kiosk.pages import can_say
from kiosk.service_words import order_view, voucher_view
from kiosk.texts import mark
from ledger.errors import Refusal
from ledger.services import orders
from ledger.services.benefits import given_at
from ledger.services.items import services_on
from ledger.services.vouchers import used_at
from ledger.sql import Tx
from pos.desk import day_of
from pos.voucher_paper import PaperUse, has_till, use_without_till

bp: Final = Blueprint("merchant_services", __name__, url_prefix="/merchant/services")

can_say(
    {
        "order_accepted": mark("Accepted. The resident sees it."),
        "order_declined": mark("Declined. The place is free again and the voucher stays good."),
        "voucher_taken": mark("Taken. It stands in the list below; claim it with its number."),
        "order_no_show": mark("Written down. The voucher stays good."),
    }
)


@bp.get("", strict_slashes=False)
@allow("shop.read")
def home() -> Response:
    """Orders, and this month's vouchers at the contract's price."""
    return _home()


@bp.post("/order")
@allow("shop.serve")
def answer() -> AnyResponse:
    """Accept or decline what was asked, or write down that nobody came."""
    order_id, how = number("order_id"), needed("how")
    shop = own_shop().merchant_id

    def work(tx: Tx, at: int) -> dict[str, Any]:
        here = actor().community_id
        if how == "no_show":
            return orders.miss(tx, here, order_id, {shop}, by=me(), at=at)
        return orders.answer(tx, here, order_id, {shop}, accepted=how == "accepted", by=me(), at=at)

    try:
        said = act("order_answer", {"order_id": str(order_id), "how": how}, work)
    except Refusal as refusal:
        return _home(refusal=refusal)
    return redirect(url_for("merchant_services.home", said=f"order_{said['state']}"), 303)


@bp.post("/voucher")
@allow("shop.serve")
def take_voucher() -> AnyResponse:
    """Redeem a voucher by its number, where the shop has no till."""
    here, shop, code = terms(), own_shop().merchant_id, needed("code")

    def work(tx: Tx, at: int) -> dict[str, Any]:
        asked = PaperUse(
            community_id=here.community.id,
            request_id=request_id(),
            code=code,
            by=me(),
            provider_id=shop,
        )
        return use_without_till(tx, here, asked, at=at)

    try:
        act("voucher_take", {"code": code}, work)
    except Refusal as refusal:
        return _home(refusal=refusal)
    return redirect(url_for("merchant_services.home", said="voucher_taken"), 303)


def _home(*, refusal: Refusal | None = None) -> Response:
    here, shop = terms(), own_shop().merchant_id
    community_id, today = here.community.id, day_of(here, service().now())
    first = today // 100 * 100 + 1
    with service().db.read() as tx:
        mine = [row for row in services_on(tx, community_id, today) if int(row.provider_id) == shop]
        rows = orders.orders_at(tx, community_id, shop)
        used = used_at(tx, community_id, shop, first, today)
        given = given_at(tx, community_id, shop, first, today)
        by_number = not has_till(tx, community_id, shop)
    views = [order_view(here, row) for row in rows]
    return merchant_page(
        "merchant/services.html",
        refusal=refusal,
        shop=own_shop(),
        services=mine,
        by_number=by_number,
        waiting=[one for one in views if one["is_open"]],
        rated=[one for one in views if one["rating"]],
        used=[voucher_view(here, row, today) for row in used],
        used_fen=sum(int(row.fen) for row in used),
        given=given,
        given_fen=sum(int(row.off_fen) for row in given),
        now=service().now(),
    )
