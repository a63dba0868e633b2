"""The end of a till's day: its own daybook comes in as claims, with the control totals the tablet reckoned."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from flask_openapi import APIBlueprint
from pydantic import Field, StringConstraints

from kiosk.api.here import till
from kiosk.api.types import Count, Counter, Day, Fen, Moment, Reference, RequestId, Strict, Units
from kiosk.auth import allow
from kiosk.context import service
from ledger.offline.waiting import check_nothing_waits
from ledger.recovery.epochs import check_claims
from settlement.claims import file_daybook
from settlement.daybook import MOST_LINES, Daybook, DaybookLine, Totals

bp = APIBlueprint("claims", __name__, url_prefix="/api/v1")


class LineBody(Strict):
    """One sale or refund of the tablet's own record; amounts without a sign."""

    counter: Counter
    ref: Reference
    kind: Literal["sale", "refund", "voucher"]
    original_ref: Reference | None = None
    total_fen: Fen
    offset_units: Units
    offset_fen: Fen
    paid_fen: Fen
    occurred_at: Moment


class TotalsBody(Strict):
    """Control totals as the tablet reckoned them."""

    sales: Count
    refunds: Count
    offset_units_plus: Units
    offset_units_minus: Units
    offset_fen_plus: Fen
    offset_fen_minus: Fen
    first_counter: Annotated[int, Field(ge=0, le=99_999)]
    last_counter: Annotated[int, Field(ge=0, le=99_999)]
    hash_total: Annotated[int, Field(ge=0, lt=10**10)]


SealText = Annotated[str, StringConstraints(max_length=4_000)]
"""A compact JWS; its form and signature are judged where it is kept."""


class ClaimBody(Strict):
    """A whole day of one till; `seal` is what the tablet signed over it, missing from one that does not seal yet."""

    request_id: RequestId
    business_date: Day
    batch_no: Annotated[int, Field(ge=1, le=1_000_000)]
    opened_at: Moment
    closed_at: Moment
    lines: Annotated[list[LineBody], Field(max_length=MOST_LINES)]
    totals: TotalsBody
    seal: SealText = ""


@bp.post("/claims")
@allow("claim.make")
def file_claims(body: ClaimBody) -> dict[str, Any]:
    """File the day; the same batch number again is answered from the first time."""
    here = till()
    with service().db.read() as tx:
        check_claims(tx, here.community_id)
        check_nothing_waits(tx, here.community_id, here.terminal_id)
    return file_daybook(
        service().db, here.community_id, here.terminal_id, daybook_of(body), at=service().now()
    )


def daybook_of(body: ClaimBody) -> Daybook:
    """A till's day as it filed it."""
    return Daybook(
        business_date=body.business_date,
        batch_no=body.batch_no,
        opened_at=body.opened_at,
        closed_at=body.closed_at,
        lines=tuple(DaybookLine(**line.model_dump()) for line in body.lines),
        totals=Totals(**body.totals.model_dump()),
        seal=body.seal,
    )
