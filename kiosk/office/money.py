"""The community's fund: what is in it, and money that arrived at the bank."""

from __future__ import annotations

from flask import Response
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import allow, terms
from kiosk.context import service
from kiosk.forms import hundredths, me, request_id, text
from kiosk.office.figures import cover_figures, fund_free_fen
from kiosk.office.frame import bp, can, office_page, to
from ledger.book.fund import add_to_fund
from ledger.errors import Refusal
from pos.desk import day_of


@bp.get("/fund")
@allow("fund.write")
def fund() -> Response:
    """What stands behind the shops' offsets."""
    return _page()


@bp.post("/fund")
@allow("fund.write")
def add_money() -> AnyResponse:
    """Book money that arrived at the bank into the fund."""
    here, at = terms(), service().now()
    try:
        add_to_fund(
            service().db,
            here.community.id,
            hundredths("amount"),
            request_id=request_id(),
            by=me().id,
            at=at,
            business_date=day_of(here, at),
            reason=text("reason"),
        )
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.fund", "booked")


def _page(*, refusal: Refusal | None = None) -> Response:
    here = terms()
    with service().db.read() as tx:
        free_fen = fund_free_fen(tx, here.community.id)
        covers = [cover_figures(tx, here.community.id, shop) for shop in here.merchants]
    return office_page(
        "office/fund.html",
        refusal=refusal,
        free_fen=free_fen,
        reserved_fen=sum(cover.reserved for cover in covers),
        authorised_fen=sum(cover.authorised for cover in covers),
        form={"amount": text("amount"), "reason": text("reason")},
        may_change=can("fund.write"),
    )
