"""Sales at a till: what a code may do here, the sale itself, and the day's list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from flask_openapi import APIBlueprint
from pydantic import Field

from kiosk.api.here import Till, till
from kiosk.api.lists import key_of, page
from kiosk.api.offline import OfflineBody, notices_of
from kiosk.api.receipts import dated, limit_sentence, sale_lines
from kiosk.api.types import (
    Counter,
    Cursor,
    Day,
    Fen,
    Limit,
    Line,
    Moment,
    PositiveFen,
    Reference,
    RequestId,
    Secret,
    Strict,
    TokenText,
    Units,
    day_text,
    moment_text,
)
from kiosk.auth import actor, allow
from kiosk.context import service
from ledger.errors import Refusal
from ledger.members.terms import Terms
from ledger.sql import Row
from pos.charging import check_out_by_gateway
from pos.checkout import check_out
from pos.decide import SaleRequest
from pos.desk import day_of
from pos.offline.intake import take_in
from pos.quotes import QuoteRequest, quote_for
from pos.sales_list import get_sale, sales_on

bp = APIBlueprint("sales", __name__, url_prefix="/api/v1")


class QuoteBody(Strict):
    """A scanned code and the bill; nothing to pay where goods are handed out for points."""

    token: TokenText
    total_fen: Fen


class SaleBody(Strict):
    """A sale as the clerk confirmed it; amounts in fen and units."""

    request_id: RequestId
    counter: Counter
    ref: Reference
    token: TokenText
    total_fen: PositiveFen
    offset_units: Units
    channel: Literal["scan", "credit_card", "bank_card", "cash", "gateway"]
    payment_ref: Line | None = None
    pin: Secret | None = None
    occurred_at: Moment
    offline: OfflineBody | None = None


class ListQuery(Strict):
    """Which day, and where the list goes on."""

    day: Day | None = None
    limit: Limit = 50
    cursor: Cursor = ""


class SalePath(Strict):
    """A sale's reference."""

    ref: str = Field(min_length=5, max_length=40)


@bp.post("/quotes")
@allow("sale.make", rechecked=True)
def create_quote(body: QuoteBody) -> dict[str, Any]:
    """What the holder of a code could offset on this bill; burns nothing."""
    here = till()
    found = quote_for(
        service().desk,
        QuoteRequest(here.community_id, here.terminal_id, body.token, body.total_fen),
        at=service().now(),
    )
    return {
        "holder_label": found.holder_label,
        "available_units": found.available_units,
        "pending_units": found.pending_units,
        "owed_units": found.owed_units,
        "proposal": {
            "units": found.proposal.units,
            "fen": found.proposal.fen,
            "limited_by": found.proposal.limited_by,
            "sentence": limit_sentence(found.proposal, "zh"),
            "sentence_en": limit_sentence(found.proposal, "en"),
        },
        "pin_needed_above_units": found.pin_needed_above_units,
        "token_class": found.token_class,
        "notices": notices_of(here, found.person_id),
    }


@bp.post("/sales")
@allow("sale.make", "sale.late", rechecked=True, revoked=True)
def create_sale(body: SaleBody) -> tuple[dict[str, Any], int]:
    """Book a sale; the same request id again gives the same answer.

    One that was decided without network may come while nobody is signed in, and from a till that was taken out of
    service since.
    """
    here, now = till(), service().now()
    if body.offline is None and not actor().may("sale.make"):
        raise Refusal("clerk_needed")
    request = sale_of(here, body)
    facts = _sell_by(request)(service().desk, request, at=now)
    terms = service().desk.terms_with(here.community_id, here.terminal_id)
    answer = {
        **dated(terms, facts),
        "earned_reason": facts["earned_cut_by"],
        "receipt": {"lines": sale_lines(terms, facts), "qr_text": facts["ref"]},
    }
    return answer, 201


def sale_of(here: Till, body: SaleBody) -> SaleRequest:
    """The request behind a call."""
    return SaleRequest(
        community_id=here.community_id,
        terminal_id=here.terminal_id,
        clerk_id=here.clerk_id,
        request_id=body.request_id,
        counter=body.counter,
        ref=body.ref,
        token=body.token,
        total_fen=body.total_fen,
        offset_units=body.offset_units,
        channel=body.channel,
        payment_ref=body.payment_ref,
        pin=body.pin,
        occurred_at=body.occurred_at,
        offline_policy=None if body.offline is None else body.offline.policy,
    )


def _sell_by(request: SaleRequest) -> Callable[..., dict[str, Any]]:
    if request.offline_policy is not None:
        return take_in
    return check_out_by_gateway if request.channel == "gateway" else check_out


@bp.get("/sales")
@allow("sale.make")
def list_sales(query: ListQuery) -> dict[str, Any]:
    """A terminal's sales of a day, in the order of their references."""
    here = till()
    terms = service().desk.terms_with(here.community_id, here.terminal_id)
    day = query.day or day_of(terms, service().now())
    after = str(key_of(query.cursor, ""))
    with service().db.read() as tx:
        rows = sales_on(
            tx, here.community_id, here.terminal_id, day, after=after, most=query.limit + 1
        )
    return page(rows, query.limit, lambda row: str(row.ref), lambda row: _shown(terms, row))


@bp.get("/sales/<string:ref>")
@allow("sale.make")
def read_sale(path: SalePath) -> dict[str, Any]:
    """One sale of this shop by its reference."""
    here = till()
    terms = service().desk.terms_with(here.community_id, here.terminal_id)
    with service().db.read() as tx:
        row = get_sale(
            tx, here.community_id, terms.terminal(here.terminal_id).merchant_id, path.ref
        )
    return _shown(terms, row)


def _shown(terms: Terms, row: Row) -> dict[str, Any]:
    return {
        "sale_id": row.sale_id,
        "ref": row.ref,
        "state": row.state,
        "terminal_id": str(row.terminal_id),
        "business_date": day_text(row.business_date),
        "occurred_at": moment_text(row.occurred_at, terms.community.zone),
        "total_fen": row.total_fen,
        "offset_fen": row.offset_fen,
        "offset_units": row.offset_units,
        "paid_fen": row.paid_fen,
        "earned_units": row.earned_units,
        "refunded_fen": row.refunded_fen,
        "left_fen": row.total_fen - row.refunded_fen,
        "route": row.route,
    }
