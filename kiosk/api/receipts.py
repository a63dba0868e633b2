"""The slip of a sale, a refund or a redemption: lines a printer prints and a screen shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import request

from kiosk.api.types import day_text, moment_text
from kiosk.texts import Translate, language_for, mark, translator
from ledger.members.terms import Terms
from ledger.units import points_text, yuan_text
from pos.pricing import Proposal

CUT_SENTENCES: Final = {
    "merchant_not_earning": mark("This kind of shop gives no points."),
    "channel_not_approved": mark("This way of paying earns no points."),
    "card_reported": mark("This card had been reported. Please ask the office."),
    "code_used": mark("This code had been used before. Please ask the office."),
    "too_soon_same_shop": mark("Two purchases in one shop within two minutes earn once."),
    "earn_cap_txn": mark("One purchase earns no more than this."),
    "earn_cap_day": mark("Today's limit for earning is reached."),
    "earn_cap_month": mark("This month's limit for earning is reached."),
    "budget_used_up": mark("This year's budget for new points is used up. Points you have go on."),
    "no_bills": mark(
        "This shop gives no points until its payment bills come. Points you have go on."
    ),
}
"""Why fewer points were earned than one might expect."""

LIMIT_SENTENCES: Final = {
    "bill_share": mark("Points may pay for at most {percent}% of the bill."),
    "sale_cap": mark("One purchase takes no more points than this."),
    "month_cap": mark("This month's limit for points at shops decides."),
    "balance": mark("The balance decides."),
    "earn_only": mark("This code only collects points."),
    "points_owed": mark(
        "Points are owed after a refund; spending waits until they are earned back."
    ),
    "merchant_not_offsetting": mark("This shop does not take points."),
    "recovering": mark("The book is being brought back; points can be used again soon."),
}
"""What decided how many points may be used."""

RELATION_WORDS: Final = {
    "spouse": mark("husband or wife"),
    "child": mark("son or daughter"),
    "grandchild": mark("grandchild"),
    "neighbour": mark("neighbour"),
    "carer": mark("carer"),
    "volunteer": mark("volunteer"),
    "other": mark("somebody else"),
}
"""Who collects for a resident, see `pos.proxies.RELATIONS`."""

Pair = tuple[str, str]


def sale_lines(terms: Terms, facts: Mapping[str, Any]) -> list[dict[str, str]]:
    """The slip of a sale, from the answer the checkout gave (amounts in fen and units)."""
    _ = translator(language())
    points, yuan = _amounts(terms, _)
    lines = [
        *_head(terms, facts, _),
        (_("Total"), yuan(facts["total_fen"])),
    ]
    if facts["offset_fen"]:
        used = points(facts["offset_units"])
        lines.append((_("Points used"), f"{used} = {yuan(facts['offset_fen'])}"))
    if "certificate_units" in facts:
        lines.append((_("By certificate of"), points(facts["certificate_units"])))
        lines.append((_("Back from the certificate"), points(facts["certificate_back_units"])))
    lines.append((_("Paid"), yuan(facts["paid_fen"])))
    earned = points(facts["earned_units"])
    if facts["earned_state"] == "pending":
        lines.append((_("Points earned, pending"), earned))
    else:
        lines.append((_("Points earned"), earned))
    if facts["earned_cut_by"]:
        why = CUT_SENTENCES[facts["earned_cut_by"]]
        lines.append((_("Note"), _(why)))
    if facts.get("by_carer"):
        lines.append((_("Card"), _("carer's card")))
    lines.append((_("Balance"), points(facts["balance_units"])))
    return _shown(lines)


def refund_lines(terms: Terms, facts: Mapping[str, Any]) -> list[dict[str, str]]:
    """The slip of a refund."""
    _ = translator(language())
    points, yuan = _amounts(terms, _)
    lines = [
        *_head(terms, facts, _),
        (_("Refund for"), str(facts["original_ref"])),
        (_("Goods returned"), yuan(facts["refund_fen"])),
        (_("Money back"), yuan(facts["cash_back_fen"])),
        *_points_back(facts, points, _),
        (_("Earned points taken back"), points(facts["earned_reversed_units"])),
    ]
    if facts["owed_units"]:
        lines.append((_("Points owed"), points(facts["owed_units"])))
    return _shown(lines)


def _points_back(
    facts: Mapping[str, Any], points: Callable[[int], str], _: Callable[[str], str]
) -> list[Pair]:
    """What comes back to the holder; what the community had lost by the sale goes back to the community."""
    borne = facts.get("borne_units", 0)
    lines = [(_("Points back"), points(facts["units_back"] - borne))]
    return [*lines, (_("Back to the community, which had borne them"), points(borne))][
        : 2 if borne else 1
    ]


def redemption_lines(terms: Terms, facts: Mapping[str, Any]) -> list[dict[str, str]]:
    """The slip of the points supermarket."""
    _ = translator(language())
    points, yuan = _amounts(terms, _)
    goods = [_goods_line(line, points, yuan) for line in facts["lines"]]
    paid = facts.get("paid_fen", 0)
    proxy, until = facts.get("proxy_relation"), facts.get("proxy_until")
    return _shown(
        [
            *_head(terms, facts, _),
            *goods,
            (_("Points used"), points(facts["units"])),
            *([(_("Paid beside the points"), yuan(paid))] if paid else []),
            (_("Balance"), points(facts["balance_units"])),
            *([(_("Collected by"), _(RELATION_WORDS[proxy]))] if proxy else []),
            *([(_("Mandate until"), day_text(int(until)))] if until else []),
        ]
    )


def voucher_lines(terms: Terms, facts: Mapping[str, Any]) -> list[dict[str, str]]:
    """The slip of a voucher sold at a counter or redeemed at its provider; it names no person."""
    _ = translator(language())
    points, yuan = _amounts(terms, _)
    lines = [*_head(terms, facts, _), (_("Service"), str(facts["service"]))]
    lines.append((_("Voucher"), str(facts["number"])))
    if facts.get("fen"):
        lines.append((_("The community pays"), yuan(facts["fen"])))
    else:
        lines.append((_("Points used"), points(facts["units"])))
    lines.append((_("Good until"), day_text(facts["last_day"])))
    if "balance_units" in facts:
        lines.append((_("Balance"), points(facts["balance_units"])))
    return _shown(lines)


def benefit_lines(terms: Terms, facts: Mapping[str, Any]) -> list[dict[str, str]]:
    """The slip of a benefit by agreement."""
    _ = translator(language())
    _points, yuan = _amounts(terms, _)
    return _shown(
        [
            *_head(terms, facts, _),
            (_("Benefit"), str(facts["name"])),
            (_("Total"), yuan(facts["total_fen"])),
            (_("Comes off, borne by the shop"), yuan(facts["off_fen"])),
            (_("Paid"), yuan(facts["paid_fen"])),
        ]
    )


def return_lines(terms: Terms, facts: Mapping[str, Any]) -> list[dict[str, str]]:
    """The slip of goods that came back to the counter."""
    _ = translator(language())
    points, yuan = _amounts(terms, _)
    goods = [_goods_line(line, points, yuan) for line in facts["lines"]]
    fen = facts.get("paid_back_fen", 0)
    return _shown(
        [
            *_head(terms, facts, _),
            (_("Return of"), str(facts["original_ref"])),
            *goods,
            (_("Points back"), points(facts["units_back"])),
            *([(_("Yuan back"), yuan(fen))] if fen else []),
        ]
    )


def _goods_line(
    line: Mapping[str, Any], points: Callable[[int], str], yuan: Callable[[int], str]
) -> Pair:
    """So many pieces of a good, and what they cost in points and in yuan beside them."""
    fen = line.get("price_fen", 0) * line["quantity"]
    price = points(line["units"])
    return f"{line['name']} x {line['quantity']}", f"{price} + {yuan(fen)}" if fen else price


def limit_sentence(proposal: Proposal, in_language: str) -> str:
    """What decided how many points may be used on a bill, in words."""
    said = translator(in_language)(LIMIT_SENTENCES[proposal.limited_by])
    return said.format(percent=proposal.percent)


def language() -> str:
    """The language the till asked for."""
    return language_for(request.headers.get("Accept-Language", ""))


def dated(terms: Terms, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts with their day and time as JSON carries them."""
    return {
        **facts,
        "business_date": day_text(facts["business_date"]),
        "occurred_at": moment_text(facts["occurred_at"], terms.community.zone),
    }


def _head(terms: Terms, facts: Mapping[str, Any], _: Translate) -> list[Pair]:
    terminal = terms.terminals.get(int(facts.get("terminal_id") or 0))
    shop = "" if terminal is None else terms.merchant(terminal.merchant_id).name
    head = [(_("Receipt"), str(facts["ref"]))]
    if shop:
        head.insert(0, (_("Shop"), shop))
    when = moment_text(facts["occurred_at"], terms.community.zone)[:16].replace("T", " ")
    return [*head, (_("Time"), when)]


def _amounts(terms: Terms, _: Translate) -> tuple[Callable[[int], str], Callable[[int], str]]:
    """How a slip writes units and fen: with what they are, so that nobody takes points for yuan."""

    def points(units: int) -> str:
        return _("{points} points").format(points=points_text(units, terms.shown.precision))

    def yuan(fen: int) -> str:
        return _("{yuan} yuan").format(yuan=yuan_text(fen))

    return points, yuan


def _shown(lines: list[Pair]) -> list[dict[str, str]]:
    return [{"label": label, "value": value} for label, value in lines]
