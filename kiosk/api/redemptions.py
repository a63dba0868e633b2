"""The points supermarket's counter: its goods, and handing them out."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Any

from flask_openapi import APIBlueprint
from pydantic import Field

from kiosk.api.here import asked, till
from kiosk.api.receipts import dated, redemption_lines
from kiosk.api.types import (
    Counter,
    Id,
    Line,
    Moment,
    Reference,
    RequestId,
    Secret,
    Strict,
    TokenText,
    Word,
    day_text,
)
from kiosk.auth import allow
from kiosk.context import service
from kiosk.pinyin import initials
from ledger.stock.goods import goods_of
from ledger.units import MOST_FEN
from pos.desk import day_of
from pos.redemption import Piece, RedemptionRequest, redeem

bp = APIBlueprint("redemptions", __name__, url_prefix="/api/v1")


class PieceBody(Strict):
    """So many pieces of one good."""

    good_id: Id
    quantity: Annotated[int, Field(ge=1, le=99)]


class RedemptionBody(Strict):
    """Goods chosen at the counter and the code that pays for them."""

    request_id: RequestId
    counter: Counter
    ref: Reference
    token: TokenText
    lines: Annotated[list[PieceBody], Field(min_length=1, max_length=30)]
    pin: Secret | None = None
    occurred_at: Moment
    hold: RequestId | None = None
    order_id: RequestId | None = None
    proxy_relation: Word | None = None
    proxy_name: Line | None = None
    paid_fen: Annotated[int, Field(ge=0, le=MOST_FEN)] | None = None


@bp.get("/goods")
@allow("till.read", "kiosk.use")
def list_goods() -> dict[str, Any]:
    """The supermarket's goods with price in units and stock; `version` changes with the list."""
    here = till()
    terms = service().desk.terms_with(here.community_id, here.terminal_id)
    with service().db.read() as tx:
        rows = goods_of(
            tx,
            here.community_id,
            terms.terminal(here.terminal_id).merchant_id,
            commodity=terms.shown.commodity,
            day=day_of(terms, service().now()),
        )
    items = [
        {
            "good_id": str(row.good_id),
            "code": row.code,
            "name": row.name,
            "price_units": row.price_units,
            "price_fen": row.price_fen,
            "stock": row.stock,
            "picture": row.picture,
            "initials": initials(row.name),
            "barcode": row.barcode,
            "spec": row.spec,
            "free": row.stock - row.held,
            "is_low": row.stock - row.held < row.low_stock,
            "paused": row.paused,
            "more_on": None if row.more_on is None else day_text(row.more_on),
        }
        for row in rows
        if row.state == "on"
    ]
    return {"version": sha256(repr(items).encode()).hexdigest()[:16], "items": items}


@bp.post("/redemptions")
@allow("redeem.make", rechecked=True)
def create_redemption(body: RedemptionBody) -> tuple[dict[str, Any], int]:
    """Hand goods out for points; the same request id again gives the same answer."""
    here = till()
    request = asked(
        RedemptionRequest,
        body,
        lines=tuple(Piece(line.good_id, line.quantity) for line in body.lines),
    )
    facts = {
        **redeem(service().desk, request, at=service().now()),
        "terminal_id": str(here.terminal_id),
    }
    terms = service().desk.terms_with(here.community_id, here.terminal_id)
    answer = {
        **dated(terms, facts),
        "receipt": {"lines": redemption_lines(terms, facts), "qr_text": facts["ref"]},
    }
    return answer, 201
