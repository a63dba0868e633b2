"""Services for points in the office: what is offered, the calendar, orders, and confirmations on paper."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any, Final

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import act, day, hundredths, me, needed, number, request_id, text
from kiosk.office.frame import bp, can, office_page, to
from kiosk.pages import say
from kiosk.service_words import UNUSED, order_view, provider_name, voucher_view
from ledger.clock import SECOND_US
from ledger.earning.calendar import day_from_key
from ledger.errors import Refusal
from ledger.services import items, orders, slots
from ledger.services.items import COMMUNITY, Offer
from ledger.services.vouchers import newest
from ledger.sql import Row, Tx
from ledger.units import points_text, yuan_text
from pos.desk import day_of
from pos.voucher_paper import PaperUse, use_without_till

_SHOWN: Final = 40
_WEEKS: Final = 4
_MOST_TIMES: Final = 24
_BLANK: Final = {"valid_days": 90, "cancel_hours": 24, "unused": "back", "returnable": 1}


@bp.get("/services", endpoint="services")
@allow("office.read")
def services_page() -> Response:
    """What is offered, the calendar of four weeks, orders and vouchers."""
    return _page()


@bp.post("/services/put")
@allow("service.write")
def put_service() -> AnyResponse:
    """Offer a service."""
    here = terms()

    def work(tx: Tx, at: int) -> None:
        offer = _typed(
            needed("code").upper(), needed("name"), number("provider"), here.civic.commodity
        )
        items.put_service(
            tx, here.community.id, offer, shop_commodity=here.civic.commodity, by=me(), at=at
        )

    return _stay("service_put", {"code": text("code"), "price": text("price")}, work)


@bp.post("/services/terms")
@allow("service.write")
def set_service_terms() -> AnyResponse:
    """Sell a service on other terms from a day on."""
    here, service_id, from_date = terms(), number("service"), day("from")

    def work(tx: Tx, at: int) -> None:
        known = items.get_service(tx, here.community.id, service_id)
        offer = _typed(known.code, known.name, int(known.provider_id), int(known.commodity))
        today = day_of(here, at)
        items.set_terms(
            tx, here.community.id, service_id, offer, from_date, today=today, by=me(), at=at
        )

    said = {"service": str(service_id), "from": str(from_date), "price": text("price")}
    return _stay("service_terms", said, work)


@bp.post("/services/state")
@allow("service.write")
def service_state() -> AnyResponse:
    """Sell a service, or no longer."""
    service_id, state = number("service"), needed("state")

    def work(tx: Tx, at: int) -> None:
        here = actor().community_id
        items.set_service_state(tx, here, service_id, state, by=me(), at=at)

    return _stay("service_state", {"service": str(service_id), "state": state}, work)


@bp.post("/services/slots")
@allow("service.write")
def open_slots() -> AnyResponse:
    """Put times of one day into the calendar."""
    here = terms()
    said = {name: text(name) for name in ("service", "day", "from", "minutes", "times", "people")}

    def work(tx: Tx, at: int) -> None:
        minutes, times = number("minutes"), min(max(number("times"), 1), _MOST_TIMES)
        first = _moment(day("day"), needed("from"))
        slots.open_slots(
            tx,
            here.community.id,
            number("service"),
            [first + n * minutes * slots.MINUTE_US for n in range(times)],
            minutes=minutes,
            capacity=number("people"),
            by=me(),
            at=at,
        )

    return _stay("slots_open", said, work)


@bp.post("/services/order")
@allow("resident.write")
def order_answer() -> AnyResponse:
    """Answer an order of the community's own services, or note a signed paper."""
    order_id, how = number("order_id"), needed("how")

    def work(tx: Tx, at: int) -> dict[str, Any]:
        here = actor().community_id
        if how == "paper":
            return orders.confirm(
                tx, here, order_id, person_id=None, rating=number("rating"), by=me(), at=at
            )
        if how == "no_show":
            return orders.miss(tx, here, order_id, {COMMUNITY}, by=me(), at=at)
        accepted = how == "accepted"
        return orders.answer(tx, here, order_id, {COMMUNITY}, accepted=accepted, by=me(), at=at)

    body = {"order_id": str(order_id), "how": how, "rating": text("rating")}
    return _stay("order_office", body, work)


@bp.post("/services/voucher")
@allow("resident.write")
def take_voucher() -> AnyResponse:
    """Redeem a voucher off a provider's signed slip, where the provider has no till."""
    here, code, slip = terms(), needed("code"), needed("slip")

    def work(tx: Tx, at: int) -> dict[str, Any]:
        asked = PaperUse(
            community_id=here.community.id, request_id=request_id(), code=code, by=me(), slip=slip
        )
        return use_without_till(tx, here, asked, at=at)

    return _stay("voucher_paper", {"code": code, "slip": slip}, work)


def _typed(code: str, name: str, provider_id: int, commodity: int) -> Offer:
    return Offer(
        code=code,
        name=name,
        provider_id=provider_id,
        commodity=commodity,
        price_units=hundredths("price"),
        contract_fen=hundredths("contract") if text("contract") else 0,
        valid_days=number("valid_days"),
        cancel_hours=number("cancel_hours"),
        needs_booking=bool(text("needs_booking")),
        returnable=bool(text("returnable")),
        unused=needed("unused"),
    )


def _moment(on: int, at_time: str) -> int:
    """A time of a day on the community's clock, in microseconds UTC.

    Refuses: form_day.
    """
    try:
        clock = time.fromisoformat(at_time)
    except ValueError as error:
        raise Refusal("form_day", text=at_time[:20]) from error
    local = datetime.combine(day_from_key(on), clock, terms().community.zone)
    return int(local.timestamp()) * SECOND_US


def _stay(kind: str, body: dict[str, Any], work: Any) -> AnyResponse:  # noqa: ANN401 - see `act`
    try:
        act(kind, body, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.services")


def _page(*, refusal: Refusal | None = None) -> Response:
    here, at = terms(), service().now()
    community_id, today = here.community.id, day_of(here, at)
    with service().db.read() as tx:
        offered = items.services_on(tx, community_id, today)
        ahead = items.terms_ahead(tx, community_id, today)
        times = slots.slots_between(
            tx, community_id, at - 86_400 * SECOND_US, at + _WEEKS * 7 * 86_400 * SECOND_US
        )
        asked = orders.newest_orders(tx, community_id, most=_SHOWN)
        sold = newest(tx, community_id, most=_SHOWN)
    tomorrow = day_from_key(today) + timedelta(days=1)
    return office_page(
        "office/services.html",
        refusal=refusal,
        may_change=can("service.write"),
        may_note=can("resident.write"),
        services=[_offered(row, ahead) for row in offered],
        blank=_BLANK if text("service") else _BLANK | request.form.to_dict(),
        providers=[
            (COMMUNITY, here.community.name),
            *(
                (one.merchant_id, one.name)
                for one in sorted(here.merchants.values(), key=lambda one: one.code)
                if one.state == "active"
            ),
        ],
        unused=[(name, say(word)) for name, word in UNUSED.items()],
        times=times,
        orders=[
            {**order_view(here, row), "own": int(row.provider_id) == COMMUNITY} for row in asked
        ],
        vouchers=[voucher_view(here, row, today) for row in sold],
        tomorrow=tomorrow.isoformat(),
        now=at,
        typed=request.form,
    )


def _offered(row: Row, ahead: list[Row]) -> dict[str, Any]:
    is_typed = text("service") == str(row.service_id) and bool(text("price"))
    now = {**row._asdict(), "price": points_text(int(row.price_units))}
    now["contract"] = yuan_text(int(row.contract_fen)) if row.contract_fen else ""
    return {
        "form": request.form.to_dict() if is_typed else now,
        **row._asdict(),
        "changes": [
            {**new._asdict(), "unused_text": say(UNUSED[new.unused])}
            for new in ahead
            if int(new.service_id) == int(row.service_id)
        ],
        "provider": provider_name(terms(), int(row.provider_id)),
        "unused_text": say(UNUSED[row.unused]),
    }
