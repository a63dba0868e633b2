"""The supermarket's shelf: what stands on it, what runs low or expires, what to order, and a new good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import act, hundredths, hundredths_from, me, needed, number, text
from kiosk.office.frame import bp, can, office_page, to
from kiosk.office.stock_words import SOURCES
from kiosk.pages import points, say
from ledger.errors import Refusal
from ledger.expiry.plan import kinds_of
from ledger.members.terms import Terms
from ledger.sql import Row, Tx
from ledger.stock import care, intake, watch
from ledger.stock.goods import NewGood, all_goods, goods_of, put_good
from ledger.units import FIRST_POINT_COMMODITY
from pos.desk import day_of

_FIELDS: Final = ("code", "name", "spec", "category", "price", "yuan", "cost")


def markets_of(here: Terms, day: int) -> dict[int, str]:
    """Who hands goods out for points on a day, by number."""
    return {
        merchant_id: shop.name
        for merchant_id, shop in here.merchants.items()
        if (agreement := here.agreement_on(merchant_id, day)) is not None
        and "redeem" in agreement.roles
    }


def market_asked(here: Terms, day: int) -> int:
    """The supermarket a page is about: the one its address or form names, else the first.

    Refuses: merchant_not_found.
    """
    known = markets_of(here, day)
    asked = request.values.get("market", "")
    if asked.isdigit() and int(asked) in known:
        return int(asked)
    if not known:
        raise Refusal("merchant_not_found")
    return min(known)


def price_texts(here: Terms, tx: Tx, merchant_id: int, day: int) -> Mapping[int, list[str]]:
    """What each good costs on a day, a line for each kind of points."""
    found: dict[int, list[str]] = {}
    for place, kind in enumerate(kinds_of(here.scheme_on(day)), start=1):
        commodity = FIRST_POINT_COMMODITY + place
        for row in goods_of(tx, here.community.id, merchant_id, commodity=commodity, day=day):
            line = f"{points(int(row.price_units), kind.precision)} {kind.name}"
            if row.price_fen:
                line = f"{line} + {points(int(row.price_fen))} {say('yuan')}"
            found.setdefault(int(row.good_id), []).append(line)
    return found


@bp.get("/goods")
@allow("office.read")
def goods() -> Response:
    """The shelf as it stands."""
    return _page()


@bp.post("/goods")
@allow("good.write")
def add_good() -> AnyResponse:
    """Put a new good on the list; its pieces come with a delivery."""
    here = terms()
    today = day_of(here, service().now())

    def work(tx: Tx, at: int) -> dict[str, Any]:
        new = NewGood(
            merchant_id=market_asked(here, today),
            code=needed("code").upper(),
            name=needed("name"),
            spec=text("spec"),
            category=text("category"),
            price_units=_units(here),
            price_fen=hundredths_from(text("yuan")) if text("yuan") else 0,
            commodity=here.shown.commodity,
            cost_fen=hundredths("cost"),
            stock=0,
        )
        return {"good_id": str(put_good(tx, here.community.id, new, by=me(), at=at))}

    try:
        made = act("good", {name: text(name) for name in _FIELDS}, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.good", good_id=int(made["good_id"]))


@bp.post("/goods/pause")
@allow("good.write")
def pause_market() -> AnyResponse:
    """Let a counter hand nothing out until further notice, or take it up again."""
    here = terms()
    merchant_id = market_asked(here, day_of(here, service().now()))

    def work(tx: Tx, at: int) -> None:
        care.pause_shop(tx, here.community.id, merchant_id, text("notice"), by=me(), at=at)

    try:
        act("pause_market", {"market": str(merchant_id), "notice": text("notice")}, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.goods", market=merchant_id)


def _units(here: Terms) -> int:
    """The price typed, in units of the points the counter takes."""
    if here.shown.precision == 0:
        return number("price")
    return hundredths("price")


def _page(*, refusal: Refusal | None = None) -> Response:
    here = terms()
    today = day_of(here, service().now())
    merchant_id = market_asked(here, today)
    where = (actor().community_id, merchant_id)
    with service().db.read() as tx:
        prices = price_texts(here, tx, merchant_id, today)
        values: dict[str, Any] = {
            "rows": [_line(row, prices) for row in all_goods(tx, *where)],
            "low": watch.running_low(tx, *where),
            "soon": [_lot(row, today) for row in watch.expiring(tx, *where, today=today)],
            "flags": watch.flagged(tx, *where),
            "orders": watch.proposals(tx, *where, today=today),
            "reach": watch.shelf_cover(tx, *where, here.scheme_on(today)),
            "notice": care.shop_notice(tx, *where),
            "thanks": intake.thanks_list(
                tx, where[0], first=today // 10_000 * 10_000 + 101, last=today
            ),
        }
    return office_page(
        "office/goods.html",
        refusal=refusal,
        market=merchant_id,
        markets=markets_of(here, today),
        form={name: text(name) for name in _FIELDS},
        may_write=can("good.write"),
        point_name=next(
            kind.name
            for place, kind in enumerate(kinds_of(here.scheme_on(today)), start=1)
            if FIRST_POINT_COMMODITY + place == here.shown.commodity
        ),
        **values,
    )


def _line(row: Row, prices: Mapping[int, list[str]]) -> dict[str, Any]:
    free = int(row.stock - row.held)
    return {
        "good_id": row.good_id,
        "code": row.code,
        "name": f"{row.name} {row.spec}".strip(),
        "prices": prices.get(int(row.good_id), []),
        "stock": int(row.stock),
        "held": int(row.held),
        "free": free,
        "cost_fen": int(row.cost_fen),
        "is_low": row.state == "on" and (free <= 0 or free < row.low_stock),
        "paused": row.paused,
        "is_off": row.state != "on",
    }


def _lot(row: Row, today: int) -> dict[str, Any]:
    return {
        "good_id": row.good_id,
        "name": f"{row.name} {row.spec}".strip(),
        "left": int(row.left_pieces),
        "best_before": int(row.best_before),
        "source": say(SOURCES[row.source]),
        "is_over": row.best_before < today,
    }
