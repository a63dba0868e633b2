"""Points whose payment is in doubt: what no bill shows, what somebody flagged, and a way to flag."""

from __future__ import annotations

from typing import Any

from flask import Response
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import allow, terms
from kiosk.context import service
from kiosk.forms import act, me, needed, text
from kiosk.office.frame import bp, can, office_page, to
from kiosk.pages import day_text, points, yuan
from ledger.errors import Refusal
from ledger.members.approvals import Approval
from ledger.members.terms import Terms
from ledger.sql import Row, Tx
from pos.unproven import flag_sale, missing_sales


@bp.get("/unproven")
@allow("discrepancy.decide", "grant.approve")
def unproven() -> Response:
    """Sales whose points wait for a decision."""
    return _page()


@bp.post("/unproven")
@allow("discrepancy.decide")
def flag() -> AnyResponse:
    """Ask that a receipt's pending points be taken back; a second person answers under Approvals."""
    here, by = terms(), me()

    def work(tx: Tx, at: int) -> dict[str, Any]:
        ref, reason = needed("ref").upper(), needed("reason")
        number = flag_sale(tx, here.community.id, ref, reason, by=by, at=at)
        return {"approval_id": str(number)}

    try:
        act("unproven", {"ref": text("ref")}, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.unproven", "proposed")


def unproven_details(here: Terms, approval: Approval) -> str:
    """What the second person has to see to agree."""
    body = approval.body
    shop = here.merchant(int(body["merchant_id"]))
    parts = (
        body["ref"],
        f"{shop.code} {shop.name}",
        points(int(body["units"]), here.shown.precision),
        body["reason"],
    )
    return " · ".join(str(part) for part in parts)


def _page(*, refusal: Refusal | None = None) -> Response:
    here = terms()
    with service().db.read() as tx:
        rows = missing_sales(tx, here.community.id)
    return office_page(
        "office/unproven.html",
        refusal=refusal,
        rows=[_line(here, row) for row in rows],
        form={"ref": text("ref"), "reason": text("reason")},
        may_flag=can("discrepancy.decide"),
    )


def _line(here: Terms, row: Row) -> dict[str, Any]:
    shop = here.merchant(int(row.merchant_id))
    return {
        "ref": row.ref,
        "shop": f"{shop.code} {shop.name}",
        "day": day_text(int(row.business_date)),
        "paid": yuan(int(row.paid_fen)),
        "points": points(int(row.left_units), here.shown.precision),
        "is_missing": row.evidence_state == "missing",
        "is_flagged": bool(row.is_flagged),
    }
