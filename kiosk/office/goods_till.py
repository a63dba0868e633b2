"""The yuan of a goods counter: what should lie in its till, counted at the end of the day, and brought to the bank."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask import Response
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import hundredths, me, request_id, text
from kiosk.office.frame import bp, can, office_page, to
from kiosk.office.goods import market_asked, markets_of
from kiosk.pages import say
from kiosk.texts import mark
from ledger.errors import Refusal
from ledger.members import staff
from ledger.sql import Row, Tx
from ledger.stock import till
from pos.desk import day_of

_ACTS: Final = {"counted": mark("counted"), "banked": mark("brought to the bank")}


@bp.get("/goods/till")
@allow("office.read")
def goods_till() -> Response:
    """What should lie in the counter's till, and what was found and fetched there."""
    return _page()


@bp.post("/goods/till/count")
@allow("good.write")
def count_goods_till() -> AnyResponse:
    """Write down what lies there at the end of the day."""
    return _do(
        lambda market, at: till.count_till(
            service().db,
            actor().community_id,
            request_id(),
            market,
            hundredths("counted"),
            reason=text("reason"),
            by=me(),
            at=at,
        )
    )


@bp.post("/goods/till/bank")
@allow("fund.write")
def bank_goods_till() -> AnyResponse:
    """Bring what lies there to the bank: it is the fund's again."""
    return _do(
        lambda market, at: till.bank_till(
            service().db,
            actor().community_id,
            request_id(),
            market,
            hundredths("banked"),
            reason=text("document"),
            by=me(),
            at=at,
        )
    )


def _do(work: Callable[[int, int], object]) -> AnyResponse:
    here, now = terms(), service().now()
    market = market_asked(here, day_of(here, now))
    try:
        work(market, now)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.goods_till", "booked", market=market)


def _page(*, refusal: Refusal | None = None) -> Response:
    here, community_id = terms(), actor().community_id
    today = day_of(here, service().now())
    market = market_asked(here, today)
    with service().db.read() as tx:
        figures = till.till_day(tx, community_id, market, today)
        acts = [_act(tx, community_id, row) for row in till.till_acts(tx, community_id, market)]
    return office_page(
        "office/goods_till.html",
        refusal=refusal,
        market=market,
        markets=markets_of(here, today),
        figures=figures,
        acts=acts,
        form={name: text(name) for name in ("counted", "reason", "banked", "document")},
        may_count=can("good.write"),
        may_bank=can("fund.write"),
    )


def _act(tx: Tx, community_id: int, row: Row) -> dict[str, Any]:
    more = int(row.fen - row.book_fen) if row.kind == till.COUNTED else 0
    return {
        "day": int(row.business_date),
        "what": say(_ACTS[row.kind]),
        "book_fen": int(row.book_fen),
        "fen": int(row.fen),
        "more_fen": more,
        "by": staff.name_of(tx, community_id, int(row.staff_id)),
        "reason": row.reason,
    }
