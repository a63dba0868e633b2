"""The money behind the points in words: coverage, budget, and who funds."""

from __future__ import annotations

from typing import Any, Final

from kiosk.pages import say
from kiosk.texts import mark
from ledger.errors import Refusal
from ledger.members.budget import BudgetUse
from ledger.members.fund_watch import look_now
from ledger.members.gate import percent_text
from ledger.members.solvency import WHOLE, Coverage
from ledger.members.terms import Terms
from ledger.sql import Tx

SOURCES: Final = {
    "social_donation": mark("Donations from society"),
    "donation": mark("Donations"),
    "community_fund": mark("The community's own money"),
    "property_company": mark("The property company"),
    "collective_income": mark("Income of the collective"),
    "street_support": mark("Support from the street office"),
    "street_budget": mark("Budget of the street office"),
    "partner_units": mark("Partner organisations"),
    "goods_counter": mark("Yuan paid at the goods counter"),
    "resident_contribution": mark("Residents' contributions"),
    "": mark("Not said"),
}
"""The words schemes use for who funds, in English."""


def source_name(source: str) -> str:
    """Who funds; a word nobody knows shows itself."""
    return say(SOURCES.get(source, source))


def money_behind(tx: Tx, here: Terms, day: int) -> dict[str, Any]:
    """What a page shows of the money behind the points on a business date; nothing before the first rules count."""
    try:
        found = look_now(tx, here.community.id, day)
    except Refusal:
        return {"coverage": None, "budget": None}
    return {
        "coverage": coverage_view(found.coverage),
        "budget": budget_view(found.budget),
        "expected_use": here.settings.expected_use_percent,
    }


def coverage_view(found: Coverage) -> dict[str, Any]:
    """Coverage for a page: percent as text, amounts in fen."""
    return {
        **found._asdict(),
        "percent": percent_text(found),
        "limit": found.limit_permille * 100 // WHOLE,
        "is_low": found.is_low,
    }


def budget_view(use: BudgetUse) -> dict[str, Any]:
    """The year's budget for a page; `tone` says how serious it is, `text` in words."""
    text, tone = say(mark("within the budget")), "good"
    if use.state == "warned":
        text, tone = say(mark("over {percent} % used")).format(percent=use.warn_percent), "wait"
    if use.state == "exceeded":
        text, tone = say(mark("used up")), "bad"
    if use.stops:
        text = say(mark("used up: no new points, using points goes on"))
    return {**use._asdict(), "percent": use.percent, "text": text, "tone": tone}
