"""Several bookings a claim may mean: shown beside each other, one is picked."""

from __future__ import annotations

from flask import Response
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.difference_words import view_of
from kiosk.forms import me, needed, request_id, text
from kiosk.office.frame import bp, can, office_page, to
from ledger.errors import Refusal
from ledger.sql import Row, Tx
from settlement.discrepancies import get_discrepancy
from settlement.picking import Pick, candidates, pick_booking


@bp.get("/discrepancies/<int:number>/pick", endpoint="pick")
@allow("office.read")
def pick_page(number: int) -> Response:
    """The claim and every booking it may mean."""
    return _page(number)


@bp.post("/discrepancies/<int:number>/pick")
@allow("discrepancy.decide")
def pick_one(number: int) -> AnyResponse:
    """Pick one of them; it is paid as booked and the others stay as they are."""
    try:
        pick = Pick(
            actor().community_id, number, needed("ref"), me(), needed("reason"), request_id()
        )
        pick_booking(service().db, pick, may_decide=_shops_have_no_household, at=service().now())
    except Refusal as refusal:
        return _page(number, refusal=refusal)
    return to("office.discrepancy", "decided", number=number)


def _shops_have_no_household(_tx: Tx, _row: Row) -> None:
    """Which shop is paid for a booked sale touches nobody's points."""


def _page(number: int, *, refusal: Refusal | None = None) -> Response:
    here = terms()
    with service().db.read() as tx:
        row = get_discrepancy(tx, here.community.id, number)
        found = candidates(tx, here.community.id, row)
    return office_page(
        "office/pick.html",
        refusal=refusal,
        number=number,
        difference=view_of(row),
        ref=row.ref,
        shop=f"{row.merchant_code} {row.merchant_name}",
        reason=text("reason"),
        may_pick=can("discrepancy.decide") and row.state in {"pooled", "open", "asked"},
        candidates=[
            {
                "ref": one.ref,
                "at": int(one.occurred_at),
                "fen": int(one.fen),
                "units": int(one.units),
            }
            for one in found
        ],
    )
