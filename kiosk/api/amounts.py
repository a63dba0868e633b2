"""A bill shown for a phone: how it stands, and taken back by the till that shows it."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any, Final

from flask_openapi import APIBlueprint
from pydantic import Field

from kiosk.api.here import Till, till
from kiosk.api.receipts import dated, sale_lines
from kiosk.api.types import RequestId, Strict, moment_text
from kiosk.auth import allow
from kiosk.context import service
from ledger.recovery.told import SALES, Told, mark_of
from pos.amount_sale import cancel, confirmed, state_of
from pos.decide import SaleRequest

bp: Final = APIBlueprint("amounts", __name__, url_prefix="/api/v1")


class AmountPath(Strict):
    """The request id the till drew for the bill it shows."""

    request_id: str = Field(min_length=36, max_length=36)


class CancelBody(Strict):
    """Which shown bill is taken back."""

    request_id: RequestId


@bp.get("/amount-codes/<string:request_id>")
@allow("sale.make")
def read_amount(path: AmountPath) -> dict[str, Any]:
    """How a shown bill of this till stands; with the sale's answer once somebody confirmed it."""
    return _standing(path.request_id)


@bp.post("/amount-codes/cancel")
@allow("sale.make")
def cancel_amount(body: CancelBody) -> dict[str, Any]:
    """Take a shown bill back; where somebody confirmed it already the answer says booked."""
    here, at = till(), service().now()
    service().db.write(lambda tx: cancel(tx, here.community_id, body.request_id, at=at))
    return _standing(body.request_id)


def _standing(request_id: str) -> dict[str, Any]:
    here = till()
    terms = service().desk.terms_with(here.community_id, here.terminal_id)
    with service().db.read() as tx:
        state, facts = state_of(tx, here.community_id, request_id)
        request = confirmed(tx, service().vault, here.community_id, request_id)
    # Another till's sale is none of this one's business.
    if facts is None or int(facts.get("terminal_id") or 0) not in {0, here.terminal_id}:
        return {"state": "open" if facts is not None else state, "sale": None, "told": None}
    answer = {
        **dated(terms, facts),
        "earned_reason": facts["earned_cut_by"],
        "receipt": {"lines": sale_lines(terms, facts), "qr_text": facts["ref"]},
    }
    told = None if request is None else _told(here, request, answer)
    return {"state": state, "sale": answer, "told": told}


def _told(here: Till, request: SaleRequest, answer: dict[str, Any]) -> dict[str, Any]:
    """Call and answer as if the till had sold itself, with our mark: so it stands in its signed daybook too."""
    body = {
        "request_id": request.request_id,
        "counter": request.counter,
        "ref": request.ref,
        "token": request.token,
        "total_fen": request.total_fen,
        "offset_units": request.offset_units,
        "channel": request.channel,
        "payment_ref": None,
        "pin": None,
        "occurred_at": moment_text(request.occurred_at, UTC),
    }
    at_ms, text = service().now() // 1_000, json.dumps(answer, ensure_ascii=False)
    told = Told(here.community_id, here.terminal_id, SALES, at_ms, body, text)
    return {
        "body": json.dumps(body),
        "answer": text,
        "at_ms": at_ms,
        "mark": mark_of(told, service().told_key),
    }
