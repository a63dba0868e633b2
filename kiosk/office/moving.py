"""A claim of another shop's sale: whose it is, and the proposal to pay that shop instead."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import allow, terms
from kiosk.context import service
from kiosk.difference_words import view_of
from kiosk.forms import act, me, needed, text
from kiosk.office.frame import bp, can, office_page, to
from kiosk.pages import can_say, say, yuan
from kiosk.texts import mark
from ledger.errors import Refusal
from ledger.members import approvals
from ledger.members.approvals import Approval
from ledger.sql import Tx
from settlement.discrepancies import UNSETTLED, get_discrepancy
from settlement.moving import APPROVAL, propose_move, waiting_sale

can_say({"move_proposed": mark("Proposed. A second person has to agree.")})


@bp.get("/discrepancies/<int:number>/move", endpoint="move")
@allow("office.read")
def move_page(number: int) -> Response:
    """The claim, the sale behind it, and whose it is."""
    return _page(number)


@bp.post("/discrepancies/<int:number>/move")
@allow("discrepancy.decide")
def move_claim(number: int) -> AnyResponse:
    """Propose to move it."""
    here, by = terms().community.id, me()

    def work(tx: Tx, at: int) -> dict[str, Any]:
        made = propose_move(tx, here, number, why=needed("why"), by=by, at=at)
        return {"approval_id": str(made)}

    try:
        act("discrepancy.move", {"number": str(number), "why": text("why")}, work)
    except Refusal as refusal:
        return _page(number, refusal=refusal)
    return to("office.move", "move_proposed", number=number)


def move_details(tx: Tx, row: Approval) -> str:
    """What the second person has to see to agree."""
    here = terms()
    difference = get_discrepancy(tx, here.community.id, int(row.body["discrepancy_no"]))
    shop = here.merchant(int(row.body["shop"]))
    to_shop = say(mark("to {shop}")).format(shop=f"{shop.code} {shop.name}")
    parts = (
        difference.merchant_name,
        difference.ref,
        yuan(int(difference.booked_fen or 0)),
        to_shop,
    )
    return " · ".join([*map(str, parts), str(row.body["why"])])


def _page(number: int, *, refusal: Refusal | None = None) -> Response:
    here = terms()
    with service().db.read() as tx:
        row = get_discrepancy(tx, here.community.id, number)
        sale = waiting_sale(tx, here.community.id, row)
        asked = approvals.find_latest(tx, here.community.id, APPROVAL, f"discrepancy:{number}")
    waits = asked is not None and asked.state == "proposed"
    owner = here.merchants.get(int(row.sub_code)) if str(row.sub_code).isdigit() else None
    return office_page(
        "office/move.html",
        refusal=refusal,
        number=number,
        difference=view_of(row),
        ref=row.ref,
        shop=f"{row.merchant_code} {row.merchant_name}",
        owner="" if owner is None else f"{owner.code} {owner.name}",
        sale=None if sale is None else {"fen": int(sale.fen), "units": int(sale.units)},
        why=text("why"),
        waits=url_for("office.approvals") if waits else "",
        may_propose=can("discrepancy.decide") and row.state in UNSETTLED and not waits,
    )
