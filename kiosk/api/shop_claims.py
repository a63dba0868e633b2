"""Claims from a shop's own system, with a key of the shop's: see `jifen staff key`."""

from __future__ import annotations

from typing import Annotated, Any

from flask_openapi import APIBlueprint
from pydantic import Field, StringConstraints

from kiosk.api.types import Count, Day, Moment, RequestId, Strict
from kiosk.auth import actor, allow
from kiosk.context import service
from ledger.errors import Refusal
from ledger.recovery.epochs import check_claims
from ledger.units import MOST_FEN
from settlement.claim_api import MOST_LINES, Filing, Sent, file_from_system

bp = APIBlueprint("shop_claims", __name__, url_prefix="/api/v1")

_Ref = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z_./-]{1,39}$")]
_Signed = Annotated[int, Field(ge=-MOST_FEN * 100, le=MOST_FEN * 100)]


class SystemLine(Strict):
    """One claim: the receipt's number, points in the smallest unit and yuan in fen, below zero for a refund."""

    ref: _Ref
    offset_units: _Signed
    offset_fen: _Signed
    occurred_at: Moment


class SystemTotals(Strict):
    """The system's own sums over its lines, signed."""

    lines: Count
    offset_units: Annotated[int, Field(ge=-(10**15), le=10**15)]
    offset_fen: Annotated[int, Field(ge=-(10**15), le=10**15)]


class SystemClaims(Strict):
    """Claims of one shop; `business_date` is the day they are for where there is no line."""

    request_id: RequestId
    business_date: Day
    lines: Annotated[list[SystemLine], Field(max_length=MOST_LINES)]
    totals: SystemTotals


@bp.post("/shop/claims")
@allow("shop.claim")
def file_shop_claims(body: SystemClaims) -> dict[str, Any]:
    """File claims; the same request again is answered from the first time."""
    here = actor()
    if here.merchant_id is None:
        raise Refusal("not_allowed")
    with service().db.read() as tx:
        check_claims(tx, here.community_id)
    filing = Filing(
        body.request_id,
        body.business_date,
        [Sent(one.ref, one.offset_units, one.offset_fen, one.occurred_at) for one in body.lines],
        body.totals.lines,
        body.totals.offset_units,
        body.totals.offset_fen,
    )
    return file_from_system(
        service().db, here.community_id, here.merchant_id, filing, at=service().now()
    )
