"""The shop's halves of its slips: a stack typed or scanned, and where it does not agree with the claims."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import allow, terms
from kiosk.context import service
from kiosk.forms import act, day, me, needed, number, text
from kiosk.office.frame import bp, can, office_page, to
from kiosk.page_words import SLIP_FAULTS, word
from kiosk.pages import say, yuan
from ledger.earning.calendar import day_from_key
from ledger.errors import Refusal
from ledger.members.terms import Terms
from ledger.sql import Row, Tx
from pos.desk import day_of
from settlement.slip_rules import FAULT_NAMES, FIRST_ACTIONS, SlipFault
from settlement.slips import Counted, close_finding, open_findings, take_stack

_MOST: Final = 200


@bp.get("/slips", endpoint="slips")
@allow("office.read")
def slips_page() -> Response:
    """Open findings and the form for a stack."""
    return _page()


@bp.post("/slips")
@allow("day.run")
def take_slips() -> AnyResponse:
    """Take a stack in: all of it, or none of it with every bad line named."""
    here, by, at = terms(), me(), service().now()
    try:
        counted, shop = _counted(), here.merchant(number("shop")).merchant_id
        answer = service().db.write(
            lambda tx: take_stack(
                tx,
                here.community.id,
                shop,
                counted,
                pads=pads_of(here),
                by=by,
                at=at,
            )
        )
    except Refusal as refusal:
        return _page(refusal=refusal)
    return _page(answer=answer)


@bp.post("/slips/close")
@allow("discrepancy.decide")
def close_slip() -> AnyResponse:
    """End one finding with what came of it."""
    here, by = terms(), me()

    def work(tx: Tx, at: int) -> dict[str, Any]:
        shop, ref, code = number("shop"), needed("ref"), needed("code")
        close_finding(tx, here.community.id, shop, ref, code, needed("reason"), by=by, at=at)
        return {}

    try:
        act("slips.close", {"ref": text("ref"), "code": text("code")}, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.slips", "decided")


def pads_of(here: Terms) -> list[str]:
    """The codes of the community's paper pads."""
    return [one.code for one in here.terminals.values() if one.kind == "paper"]


def _counted() -> Counted:
    sent = request.files.get("file")
    body = sent.read() if sent else b""
    name = (sent.filename or "") if sent else ""
    if not body:
        body, name = request.form.get("lines", "").encode(), name or "typed"
    return Counted(name, body, day("first"), day("last"), is_whole=bool(text("whole")))


def _page(*, refusal: Refusal | None = None, answer: dict[str, Any] | None = None) -> Response:
    here = terms()
    today = day_from_key(day_of(here, service().now()))
    before = today.replace(day=1) - timedelta(days=1)
    with service().db.read() as tx:
        rows = open_findings(tx, here.community.id, most=_MOST)
    return office_page(
        "office/slips.html",
        refusal=refusal,
        answer=None if answer is None else _answer(answer),
        findings=[_finding(here, row) for row in rows],
        shops=[
            (shop.merchant_id, f"{shop.code} {shop.name}")
            for shop in here.merchants.values()
            if shop.state != "left"
        ],
        chosen=text("shop"),
        first=text("first") or before.replace(day=1).isoformat(),
        last=text("last") or before.isoformat(),
        lines=request.form.get("lines", "")
        if refusal is not None or (answer and answer["faults"])
        else "",
        may_change=can("day.run"),
        may_decide=can("discrepancy.decide"),
    )


def _finding(here: Terms, row: Row) -> dict[str, Any]:
    code = SlipFault(row.code)
    shop = here.merchant(int(row.claimant_id))
    return {
        "shop_id": int(row.claimant_id),
        "shop": f"{shop.code} {shop.name}",
        "ref": str(row.ref),
        "code": code.value,
        "name": say(FAULT_NAMES[code]),
        "first_action": say(FIRST_ACTIONS[code]),
        "claim": _amount(row.claim_fen),
        "slip": _amount(row.slip_fen),
        "booked": _amount(row.booked_fen),
    }


def _amount(fen: int | None) -> str:
    return "-" if fen is None else yuan(int(fen))


def _answer(answer: dict[str, Any]) -> dict[str, Any]:
    return {
        **answer,
        "open": [
            (code, say(FAULT_NAMES[SlipFault(code)]), n) for code, n in answer["open"].items()
        ],
        "faults": [
            {
                "line": fault["line_no"],
                "said": fault["text"],
                "text": say(word(SLIP_FAULTS, fault["fault"]).text),
            }
            for fault in answer["faults"]
        ],
    }
