"""How one shop is paid: what of its money waits and why, and its own days and least amount."""

from __future__ import annotations

from typing import Any

from flask import Response
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow
from kiosk.forms import act, hundredths_from, me, number, text
from kiosk.office.frame import bp, to
from kiosk.pages import can_say
from kiosk.statement_files import terms_notice_file
from kiosk.texts import mark
from ledger.sql import Tx
from settlement.shop_money import set_rule

can_say({"payment_rule": mark("The shop is paid by this rule from now on.")})


@bp.get("/shops/<int:merchant_id>/new-terms/<int:first_day>/<kind>")
@allow("office.read")
def new_terms_notice(merchant_id: int, first_day: int, kind: str) -> Response:
    """The notice of terms that begin on a day, to hand over."""
    return terms_notice_file(actor().community_id, merchant_id, first_day, kind)


@bp.post("/shops/<int:merchant_id>/payment-rule")
@allow("shop.write")
def payment_rule(merchant_id: int) -> AnyResponse:
    """Give one shop its own days and least amount; an empty field follows the settings."""
    days, least, why = text("risk_days"), text("least"), text("why")

    def work(tx: Tx, at: int) -> dict[str, Any]:
        rule = set_rule(
            tx,
            actor().community_id,
            merchant_id,
            risk_days=number("risk_days") if days else None,
            least_fen=hundredths_from(least) if least else None,
            why=why,
            by=me(),
            at=at,
        )
        return {"risk_days": rule.risk_days, "least_fen": rule.least_fen}

    act("payment_rule", {"shop": str(merchant_id), "days": days, "least": least, "why": why}, work)
    return to("office.merchant", "payment_rule", merchant_id=merchant_id)
