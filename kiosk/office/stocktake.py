"""Counting the shelf: one person enters what is there, a second one does so without seeing it, then it is booked."""

from __future__ import annotations

from typing import Any, Final

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import act, me, number, request_id, text
from kiosk.office.frame import bp, can, office_page, to
from kiosk.office.goods import market_asked, markets_of
from kiosk.office.stock_words import signed
from kiosk.page_words import Word
from kiosk.pages import say
from kiosk.texts import mark
from ledger.errors import Refusal
from ledger.members import staff
from ledger.sql import Row, Tx
from ledger.stock import counting
from ledger.stock.goods import all_goods
from pos.desk import day_of

_STATES: Final = {
    "open": Word(mark("first count"), "wait"),
    "counted": Word(mark("second count"), "wait"),
    "posted": Word(mark("booked"), "good"),
    "dropped": Word(mark("given up")),
}


@bp.get("/stocktake")
@allow("office.read")
def stocktake() -> Response:
    """The count that goes on, and those before it."""
    return _page()


@bp.post("/stocktake")
@allow("good.write")
def begin_count() -> AnyResponse:
    """Begin to count a shelf."""
    here = terms()
    market = market_asked(here, day_of(here, service().now()))

    def work(tx: Tx, at: int) -> dict[str, Any]:
        made = counting.open_count(tx, here.community.id, market, by=me(), at=at)
        return {"count_id": str(made)}

    act("count", {"market": str(market)}, work)
    return to("office.stocktake", market=market)


@bp.post("/stocktake/<int:count_id>/good")
@allow("good.write")
def count_one(count_id: int) -> AnyResponse:
    """What one of the two counted of one good."""

    def work(tx: Tx, _at: int) -> None:
        counting.count_good(
            tx,
            actor().community_id,
            count_id,
            number("good"),
            number("counted"),
            reason=text("reason"),
            by=me(),
        )

    said = {name: text(name) for name in ("good", "counted", "reason")}
    try:
        act("count_good", {"count": str(count_id), **said}, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.stocktake", market=request.form.get("market", ""))


@bp.post("/stocktake/<int:count_id>/post")
@allow("good.write")
def book_count(count_id: int) -> AnyResponse:
    """Book what both found."""
    here = actor().community_id
    try:
        counting.post_count(service().db, here, request_id(), count_id, by=me(), at=service().now())
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.stocktake", "booked", market=request.form.get("market", ""))


@bp.post("/stocktake/<int:count_id>/drop")
@allow("good.write")
def drop_count(count_id: int) -> AnyResponse:
    """Give the count up; nothing of it is booked."""

    def work(tx: Tx, at: int) -> None:
        counting.drop_count(tx, actor().community_id, count_id, by=me(), at=at)

    try:
        act("count_drop", {"count": str(count_id)}, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.stocktake", market=request.form.get("market", ""))


def _page(*, refusal: Refusal | None = None) -> Response:
    here, community_id = terms(), actor().community_id
    today = day_of(here, service().now())
    market = market_asked(here, today)
    with service().db.read() as tx:
        every = counting.counts_of(tx, community_id, market)
        going = next((row for row in every if row.state in {"open", "counted"}), None)
        lines = [] if going is None else counting.lines_of(tx, community_id, going.count_id)
        goods = all_goods(tx, community_id, market)
        counts = [_count(tx, community_id, row) for row in every if row.state == "posted"]
    is_first = going is not None and going.opened_by == actor().id
    known = {int(line.good_id): line for line in lines}
    rows = [_line(row, known.get(int(row.good_id)), is_first=is_first) for row in goods]
    return office_page(
        "office/stocktake.html",
        refusal=refusal,
        market=market,
        markets=markets_of(here, today),
        going=going,
        state=None if going is None else _STATES[going.state],
        is_first=is_first,
        rows=[row for row in rows if is_first or row["first_done"]],
        done=sum(row["both_done"] for row in rows),
        first=sum(row["first_done"] for row in rows),
        counts=counts,
        may_write=can("good.write"),
    )


def _line(row: Row, line: Row | None, *, is_first: bool) -> dict[str, Any]:
    """A good to be counted; nobody sees the other's figure, nor the book's, before both agree."""
    both = line is not None and line.counted_again is not None
    mine = None
    if line is not None:
        mine = line.counted if is_first or both else line.counted_again
    return {
        "good_id": row.good_id,
        "code": row.code,
        "name": f"{row.name} {row.spec}".strip(),
        "mine": mine,
        "reason": "" if line is None else line.reason,
        "first_done": line is not None,
        "both_done": both,
        "difference": signed(int(line.counted - line.book_pieces)) if both and line else "",
    }


def _count(tx: Tx, community_id: int, row: Row) -> dict[str, Any]:
    lines = counting.lines_of(tx, community_id, row.count_id)
    found = [line for line in lines if line.counted != line.book_pieces]
    return {
        "day": int(row.business_date),
        "by": [staff.name_of(tx, community_id, one) for one in (row.opened_by, row.second_by)],
        "lines": len(lines),
        "found": [
            {
                "name": line.name,
                "book": int(line.book_pieces),
                "counted": int(line.counted),
                "reason": line.reason,
            }
            for line in found
        ],
        "state": say(_STATES[row.state].text),
    }
