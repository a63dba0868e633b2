"""The office's first page: what waits, what was sold today, what stands behind the shops."""

from __future__ import annotations

from typing import Any, Final

from flask import Response, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.copy_age import copy_words
from kiosk.fund_words import money_behind
from kiosk.office.counts import waiting_counts
from kiosk.office.figures import cover_figures, fund_free_fen, offsets_left
from kiosk.office.frame import bp, office_page
from kiosk.page_words import TERMINAL_STATES, word
from kiosk.pages import page_language, say
from kiosk.texts import mark
from ledger.earning.calendar import day_from_key
from ledger.earning.working_days import working_days_cn
from ledger.members.merchants import Merchant
from ledger.members.terms import Terms
from pos.day_figures import ShopDay, day_by_shop, total_of
from pos.desk import day_of
from settlement.gate import Kept, open_findings

_TODO: Final = (
    ("office.seal", mark("A till met a root that does not fit"), "bad"),
    ("office.calendar", mark("Steps of the clockwork that are overdue"), "bad"),
    ("office.discrepancies", mark("Differences to decide"), "bad"),
    ("office.approvals", mark("Proposals of colleagues"), "wait"),
    ("office.residents", mark("PINs locked after wrong tries"), "wait"),
    ("office.misuse", mark("Forms: purchases the holder did not make"), "wait"),
    ("office.bank", mark("Payments the bank made otherwise than asked"), "bad"),
    ("office.payouts", mark("Payouts to approve, send or follow up"), "wait"),
)
_LOW_DAYS: Final = 3
"""A fund that would not last so many more days like this one is shown as low."""


@bp.get("", strict_slashes=False)
@allow("office.read")
def office() -> AnyResponse:
    """The office begins with today."""
    return redirect(url_for("office.today"), 302)


@bp.get("/today")
@allow("office.read")
def today() -> Response:
    """Today's figures and what waits."""
    here = terms()
    day = day_of(here, service().now())
    community_id = here.community.id
    with service().db.read() as tx:
        days = day_by_shop(tx, community_id, day)
        counts = waiting_counts(tx, community_id, actor().id, now=service().now())
        free_fen = fund_free_fen(tx, community_id)
        covers = {shop: cover_figures(tx, community_id, shop) for shop in here.merchants}
        left = {shop: offsets_left(tx, here, shop, day) for shop in here.merchants}
        found = open_findings(tx, community_id)
        behind = money_behind(tx, here, day)
    sums = total_of(days.values())
    shops = [
        _shop(here, shop, days.get(shop.merchant_id, ShopDay(shop.merchant_id)), left)
        for shop in here.merchants.values()
        if shop.state == "active"
    ]
    return office_page(
        "office/today.html",
        day=day,
        sums=sums,
        free_fen=free_fen,
        cover_fen=sum(cover.reserved for cover in covers.values()),
        is_low=free_fen < _LOW_DAYS * sums.offset_fen,
        shops=shops,
        findings=[_finding(kept) for kept in found],
        **behind,
        missing_year=working_days_cn().missing_year(day_from_key(day)),
        copy=copy_words(service().db, service().settings, at=service().now()),
        todo=[
            {"href": url_for(endpoint), "text": say(name), "tone": tone, "count": counts[endpoint]}
            for endpoint, name, tone in _TODO
            if counts.get(endpoint)
        ],
    )


def _finding(kept: Kept) -> dict[str, Any]:
    return {
        "day": kept.business_date,
        "file": kept.file,
        "row": kept.row_key,
        "reason": kept.reason(page_language()),
        "follows": kept.follows,
    }


def _shop(here: Terms, shop: Merchant, day: ShopDay, left: dict[int, int]) -> dict[str, Any]:
    tills = [row for row in here.terminals.values() if row.merchant_id == shop.merchant_id]
    states = [(row.code, word(TERMINAL_STATES, row.state)) for row in tills]
    return {
        **day._asdict(),
        "code": shop.code,
        "name": shop.name,
        "cover_fen": left[shop.merchant_id],
        "tills": [
            {"code": code, "state": say(state.text), "tone": state.tone} for code, state in states
        ],
    }
