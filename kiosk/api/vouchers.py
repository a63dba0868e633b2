"""Services at a till: vouchers sold at a counter and redeemed at their provider, benefits by agreement."""

from __future__ import annotations

from typing import Annotated, Any

from flask_openapi import APIBlueprint
from pydantic import Field

from kiosk.api.here import asked, till
from kiosk.api.receipts import benefit_lines, dated, voucher_lines
from kiosk.api.types import (
    Counter,
    Id,
    Line,
    Moment,
    PositiveFen,
    Reference,
    RequestId,
    Secret,
    Strict,
    TokenText,
    day_text,
)
from kiosk.auth import allow
from kiosk.context import service
from ledger.services.items import COMMUNITY, services_on
from ledger.units import points_text
from pos.benefit import BenefitRequest, benefits_at, give_benefit
from pos.desk import day_of
from pos.voucher_sale import CounterSale, sell_at_counter
from pos.voucher_use import VoucherUse, use_voucher

bp = APIBlueprint("vouchers", __name__, url_prefix="/api/v1")


class UseBody(Strict):
    """A voucher as it was scanned, or its number as it was typed."""

    request_id: RequestId
    counter: Counter
    ref: Reference
    code: Annotated[str, Field(min_length=4, max_length=300)]
    occurred_at: Moment


class SaleBody(Strict):
    """One voucher and the code that pays for it."""

    request_id: RequestId
    counter: Counter
    ref: Reference
    token: TokenText
    service_id: Id
    pin: Secret | None = None
    occurred_at: Moment


class HolderBody(Strict):
    """A code shown, to see which benefits its holder may have."""

    token: TokenText


class BenefitBody(Strict):
    """A benefit given on a bill."""

    request_id: RequestId
    counter: Counter
    ref: Reference
    token: TokenText
    code: Line
    total_fen: PositiveFen
    occurred_at: Moment


@bp.get("/services")
@allow("till.read")
def list_services() -> dict[str, Any]:
    """The services on sale with their price in units and who gives them."""
    here = till()
    terms = service().desk.terms_with(here.community_id, here.terminal_id)
    today = day_of(terms, service().now())
    with service().db.read() as tx:
        rows = services_on(tx, here.community_id, today)
    return {
        "items": [
            {
                "service_id": str(row.service_id),
                "code": row.code,
                "name": row.name,
                "price_units": int(row.price_units),
                "valid_days": int(row.valid_days),
                "provider": terms.community.name
                if int(row.provider_id) == COMMUNITY
                else terms.merchant(int(row.provider_id)).name,
            }
            for row in rows
            if row.state == "on" and int(row.commodity) == terms.civic.commodity
        ]
    }


@bp.post("/voucher-uses")
@allow("voucher.use", rechecked=True)
def create_voucher_use(body: UseBody) -> tuple[dict[str, Any], int]:
    """Redeem a voucher, once; the same request id again gives the same answer."""
    here = till()
    request = asked(VoucherUse, body)
    facts = {**use_voucher(service().desk, request, at=service().now()), **_at(here)}
    terms = service().desk.terms_with(here.community_id, here.terminal_id)
    return _answer(facts, voucher_lines(terms, facts)), 201


@bp.post("/voucher-sales")
@allow("redeem.make", rechecked=True)
def create_voucher_sale(body: SaleBody) -> tuple[dict[str, Any], int]:
    """Sell one voucher at a counter; the same request id again gives the same answer."""
    here = till()
    request = asked(CounterSale, body)
    facts = {**sell_at_counter(service().desk, request, at=service().now()), **_at(here)}
    terms = service().desk.terms_with(here.community_id, here.terminal_id)
    return _answer(facts, voucher_lines(terms, facts)), 201


@bp.post("/benefits/offers")
@allow("voucher.use")
def list_benefits(body: HolderBody) -> dict[str, Any]:
    """What the holder of a code may have at this shop today; nothing is written."""
    here = till()
    offers = benefits_at(
        service().desk, here.community_id, here.terminal_id, body.token, at=service().now()
    )
    return {
        "items": [
            {
                "code": one.code,
                "name": one.name,
                "percent_off": one.percent_off,
                "burn_points": points_text(one.burn_units, one.precision).removesuffix(".0"),
                "eligible": not one.why_not,
            }
            for one in offers
        ]
    }


@bp.post("/benefits")
@allow("voucher.use", rechecked=True)
def create_benefit(body: BenefitBody) -> tuple[dict[str, Any], int]:
    """Write down a benefit given; the shop bears it itself. The same request id again gives the same answer."""
    here = till()
    request = asked(BenefitRequest, body)
    facts = {**give_benefit(service().desk, request, at=service().now()), **_at(here)}
    terms = service().desk.terms_with(here.community_id, here.terminal_id)
    return _answer(facts, benefit_lines(terms, facts)), 201


def _at(here: Any) -> dict[str, str]:  # noqa: ANN401 - who is asking, see kiosk.api.here
    return {"terminal_id": str(here.terminal_id)}


def _answer(facts: dict[str, Any], lines: list[dict[str, str]]) -> dict[str, Any]:
    terms = service().desk.terms_with(till().community_id, till().terminal_id)
    days: dict[str, Any] = {
        name: day_text(facts[name]) for name in ("last_day", "sold_on") if name in facts
    }
    return {
        **dated(terms, facts),
        **days,
        "receipt": {"lines": lines, "qr_text": facts["ref"]},
    }
