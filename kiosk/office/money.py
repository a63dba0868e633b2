"""The community's funds: what is in each, from whom it came, what it paid for, and money that arrived at the bank."""

from __future__ import annotations

from typing import Any, Final

from flask import Response
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import act, hundredths, me, needed, request_id, text
from kiosk.fund_words import source_name
from kiosk.office.figures import cover_figures, fund_free_fen
from kiosk.office.frame import bp, can, office_page, to
from kiosk.pages import say
from kiosk.texts import mark
from ledger.book.fund import add_to_fund
from ledger.book.funds import (
    POINTS,
    fund_entries,
    fund_figures,
    fund_id_of,
    work_funds,
)
from ledger.errors import Refusal
from ledger.members import fund_spending
from ledger.members.terms import Terms
from ledger.sql import Row, Tx
from pos.desk import day_of

_KINDS: Final = {
    "in": mark("came in"),
    "out": mark("paid for the work"),
    "move": mark("moved to another fund"),
    "fee": mark("bank fee"),
}
_GOODS: Final = mark("goods bought for the counter")
_UNNAMED: Final = mark("from whom: see each entry below")


@bp.get("/fund")
@allow("fund.write")
def fund() -> Response:
    """What stands behind the shops' offsets, and the funds of the neighbours' works."""
    return _page()


@bp.post("/fund")
@allow("fund.write")
def add_money() -> AnyResponse:
    """Book money that arrived at the bank into a fund."""
    here, at = terms(), service().now()
    try:
        with service().db.read() as tx:
            fund_id = fund_id_of(tx, here.community.id, text("fund"))
        add_to_fund(
            service().db,
            here.community.id,
            hundredths("amount"),
            request_id=request_id(),
            by=me().id,
            at=at,
            business_date=day_of(here, at),
            reason=text("reason"),
            source=text("source"),
            fund_id=fund_id,
        )
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.fund", "booked")


@bp.post("/fund/spend")
@allow("fund.write")
def propose_spending() -> AnyResponse:
    """Propose to pay for a work from its fund, or to give what is left to another; a second person agrees."""
    here = actor().community_id

    def work(tx: Tx, at: int) -> None:
        fund_spending.propose(
            tx,
            here,
            needed("from"),
            hundredths("spend"),
            to_code=text("to"),
            reason=text("why"),
            by=me(),
            at=at,
        )

    body = {name: text(name) for name in ("from", "spend", "to", "why")}
    try:
        act("fund.spend", body, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.fund", "proposed")


def _page(*, refusal: Refusal | None = None) -> Response:
    here = terms()
    with service().db.read() as tx:
        free_fen = fund_free_fen(tx, here.community.id)
        covers = [cover_figures(tx, here.community.id, shop) for shop in here.merchants]
        works = [
            {"code": one.code, "name": one.name, **_figures(tx, here, one.fund_id)}
            for one in work_funds(tx, here.community.id)
        ]
        points = _figures(tx, here, POINTS)
    names = ("amount", "reason", "fund", "source", "from", "spend", "to", "why")
    return office_page(
        "office/fund.html",
        refusal=refusal,
        free_fen=free_fen,
        reserved_fen=sum(cover.reserved for cover in covers),
        authorised_fen=sum(cover.authorised for cover in covers),
        points=points,
        works=works,
        sources=_sources(here),
        form={name: text(name) for name in names},
        may_change=can("fund.write"),
    )


def _figures(tx: Tx, here: Terms, fund_id: int) -> dict[str, Any]:
    figures = fund_figures(tx, here.community.id, fund_id)
    entries = fund_entries(tx, here.community.id, fund_id)
    return {
        **figures._asdict(),
        "in_fen": figures.in_fen,
        "sources": [
            {"name": source_name(source) if source else say(_UNNAMED), "fen": fen}
            for source, fen in figures.by_source.items()
        ],
        "target_fen": _target(here, fund_id, tx),
        "entries": [_entry(row, fund_id) for row in entries],
    }


def _target(here: Terms, fund_id: int, tx: Tx) -> int:
    """What a work needs, as the newest scheme that names it says."""
    codes = {one.fund_id: one.code for one in work_funds(tx, here.community.id)}
    targets = {one.code: one.target_fen for scheme in here.schemes for one in scheme.funds}
    return int(targets.get(codes.get(fund_id, ""), 0))


def _entry(row: Row, fund_id: int) -> dict[str, Any]:
    return {
        "day": int(row.business_date),
        "kind": say(_kind(row.kind, fund_id)),
        "source": source_name(row.source) if row.source else "",
        "fen": int(row.fen),
        "reason": row.reason,
    }


def _kind(kind: str, fund_id: int) -> str:
    """The points' fund pays out for goods of the counter alone: its works have funds of their own."""
    return _GOODS if (kind, fund_id) == ("out", POINTS) else _KINDS.get(kind, kind)


def _sources(here: Terms) -> list[dict[str, str]]:
    today = day_of(here, service().now())
    scheme = here.scheme_on(today)
    named = [*scheme.budget.funding, *(one.raised_by for one in scheme.funds)]
    return [{"value": one, "name": source_name(one)} for one in dict.fromkeys(named)]
