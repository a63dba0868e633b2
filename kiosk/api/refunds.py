"""Refunds by receipt: the whole of a sale or a part of it."""

from __future__ import annotations

from typing import Any, Literal

from flask_openapi import APIBlueprint

from kiosk.api.here import Till, asked, till
from kiosk.api.receipts import dated, refund_lines
from kiosk.api.types import Counter, Moment, PositiveFen, Reference, RequestId, Strict
from kiosk.auth import allow
from kiosk.context import service
from ledger.book.requests import find_kept
from ledger.errors import Refusal
from ledger.recovery.epochs import check_refunds
from ledger.sql import Tx
from pos.channel_refunds import refund_by_gateway
from pos.refunds import RefundRequest, refund
from pos.sales_list import get_sale
from settlement.claims import is_claimed

bp = APIBlueprint("refunds", __name__, url_prefix="/api/v1")


class RefundBody(Strict):
    """Goods worth `refund_fen` of a sale came back."""

    request_id: RequestId
    counter: Counter
    ref: Reference
    original_ref: Reference
    refund_fen: PositiveFen
    occurred_at: Moment
    undo: Literal["wrong_amount", "wrong_card", "wrong_points", "not_wanted"] | None = None


@bp.post("/refunds")
@allow("sale.make")
def create_refund(body: RefundBody) -> tuple[dict[str, Any], int]:
    """Give money and points back; the same request id again gives the same answer."""
    here, now = till(), service().now()
    desk = service().desk
    terms = desk.terms_with(here.community_id, here.terminal_id)
    request = asked(RefundRequest, body)
    with service().db.read() as tx:
        check_refunds(tx, here.community_id, body.occurred_at)
        shop = terms.terminal(here.terminal_id).merchant_id
        sold = get_sale(tx, here.community_id, shop, body.original_ref)
        if body.undo is not None:
            _check_unclaimed(tx, here, body, shop)
    give_back = refund_by_gateway if sold.route == "gateway" else refund
    facts = {**give_back(desk, request, at=now), "terminal_id": str(here.terminal_id)}
    answer = {
        **dated(terms, facts),
        "receipt": {"lines": refund_lines(terms, facts), "qr_text": facts["ref"]},
    }
    return answer, 201


def _check_unclaimed(tx: Tx, here: Till, body: RefundBody, merchant_id: int) -> None:
    """An undo belongs before the claim; asked again after it, an undo that was done gets its own answer."""
    if find_kept(tx, here.community_id, body.request_id) is not None:
        return
    if is_claimed(tx, here.community_id, merchant_id, body.original_ref):
        raise Refusal("undo_claimed")
