"""Paper lists of claims: typed in twice, what differs stands side by side, what agrees is filed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from flask import Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import act, day, me, number, text
from kiosk.office.frame import bp, can, office_page, to
from kiosk.page_words import CLAIM_COLUMNS, CLAIM_FAULTS, Word, word
from kiosk.pages import points, say, yuan
from kiosk.texts import mark
from ledger.clock import SECOND_US
from ledger.earning.calendar import day_from_key
from ledger.errors import Refusal
from ledger.members.terms import Terms
from ledger.refs import has_wrong_check
from ledger.sql import Tx
from pos.desk import day_of
from settlement.keyed_lists import (
    PaperList,
    claimed_before,
    close_list,
    file_agreed,
    get_list,
    key_again,
    key_list,
    recent_lists,
)
from settlement.keyed_rules import Pair, Row, agreed

_SHOWN_DAYS: Final = 30
_STATES: Final = {
    "once": Word(mark("waits for the second typing"), "wait"),
    "open": Word(mark("lines differ"), "bad"),
    "agreed": Word(mark("all agree, filed"), "good"),
    "closed": Word(mark("closed"), ""),
}
_SAID: Final = {"open": "keyed_differs", "agreed": "keyed_agreed"}
_FIELDS: Final = {"ref": "ref", "units": "points", "fen": "yuan", "minute": "time"}


@bp.get("/keyed", endpoint="keyed")
@allow("day.run")
def keyed_page() -> Response:
    """Every paper list of the last month, and the form for a new one."""
    return _page()


@bp.post("/keyed")
@allow("day.run")
def key_first() -> AnyResponse:
    """Keep a first typing."""
    here, by = terms(), me()
    typed = request.form.get("lines", "")

    def work(tx: Tx, at: int) -> dict[str, Any]:
        shop = here.merchant(number("shop")).merchant_id
        return key_list(tx, here.community.id, shop, typed, day=day("day"), by=by, at=at)

    try:
        answer = act("claims.key", {"shop": text("shop"), "day": text("day"), "lines": typed}, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    if answer["faults"]:
        return _page(faults=answer["faults"])
    return to("office.keyed", "keyed_once")


@bp.get("/keyed/<int:shop>/<int:list_no>", endpoint="keyed_list")
@allow("day.run")
def list_page(shop: int, list_no: int) -> Response:
    """One list: typed in a second time without the first being shown, then where the two differ."""
    return _list_page(shop, list_no)


@bp.post("/keyed/<int:shop>/<int:list_no>")
@allow("day.run")
def key_second(shop: int, list_no: int) -> AnyResponse:
    """Keep the second typing, or what the paper says in the rows in question; file what agrees."""
    here, by = actor().community_id, me()
    typed = request.form.get("lines", "")

    def work(tx: Tx, at: int) -> dict[str, Any]:
        return key_again(tx, here, shop, list_no, typed, by=by, at=at)

    try:
        answer = act("claims.key", {"shop": shop, "list": list_no, "lines": typed}, work)
        if not answer["faults"]:
            file_agreed(service().db, here, shop, list_no, at=service().now())
    except Refusal as refusal:
        return _list_page(shop, list_no, refusal=refusal)
    if answer["faults"]:
        return _list_page(shop, list_no, faults=answer["faults"])
    with service().db.read() as tx:
        state = get_list(tx, here, shop, list_no).state
    return to("office.keyed_list", _SAID[state], shop=shop, list_no=list_no)


@bp.post("/keyed/<int:shop>/<int:list_no>/close")
@allow("day.run")
def close_keyed(shop: int, list_no: int) -> AnyResponse:
    """End a list whose last rows will not agree."""
    here, by = actor().community_id, me()

    def work(tx: Tx, at: int) -> None:
        close_list(tx, here, shop, list_no, text("reason"), by=by, at=at)

    try:
        act("claims.key_close", {"shop": shop, "list": list_no, "why": text("reason")}, work)
    except Refusal as refusal:
        return _list_page(shop, list_no, refusal=refusal)
    return to("office.keyed", "keyed_closed")


def _page(
    *, refusal: Refusal | None = None, faults: list[dict[str, Any]] | None = None
) -> Response:
    here, now = terms(), service().now()
    since = now - _SHOWN_DAYS * 86_400 * SECOND_US
    with service().db.read() as tx:
        lists = recent_lists(tx, here.community.id, since=since)
    yesterday = day_from_key(day_of(here, now)) - timedelta(days=1)
    return office_page(
        "office/keyed.html",
        refusal=refusal,
        faults=_faults(faults or []),
        lists=[_summary(here, one) for one in lists],
        shops=[
            (shop.merchant_id, f"{shop.code} {shop.name}")
            for shop in here.merchants.values()
            if shop.state != "left"
        ],
        chosen=text("shop"),
        day=text("day") or yesterday.isoformat(),
        lines=request.form.get("lines", ""),
        may_change=can("day.run"),
    )


def _list_page(
    shop: int,
    list_no: int,
    *,
    refusal: Refusal | None = None,
    faults: list[dict[str, Any]] | None = None,
) -> Response:
    here = terms()
    with service().db.read() as tx:
        found = get_list(tx, here.community.id, shop, list_no)
        before = claimed_before(tx, here.community.id, found)
    pairs = found.pairs_after(len(found.keyings))
    sure = agreed(pairs)
    return office_page(
        "office/keyed_list.html",
        refusal=refusal,
        faults=_faults(faults or []),
        one=_summary(here, found),
        same_person=found.is_one_person or (found.state == "once" and found.keyings[0].keyed_by == me().id),
        differing=[_pair(n, pair) for n, pair in enumerate(pairs, 1) if not pair.agrees],
        agreed=len(sure),
        agreed_fen=sum(row.fen for row in sure),
        before=before,
        odd=[row.ref for row in sure if has_wrong_check(row.ref)],
        lines=request.form.get("lines", ""),
    )  # fmt: skip


def _summary(here: Terms, found: PaperList) -> dict[str, Any]:
    shop, state = here.merchant(found.claimant_id), word(_STATES, found.state)
    return {
        "shop": f"{shop.code} {shop.name}",
        "list_no": found.list_no,
        "day": found.business_date,
        "rows": len(found.keyings[0].rows),
        "open": len(found.open_pairs),
        "keyed_at": found.keyings[-1].keyed_at,
        "state": found.state,
        "said": say(state.text),
        "tone": state.tone,
        "href": url_for("office.keyed_list", shop=found.claimant_id, list_no=found.list_no),
        "post": url_for("office.key_second", shop=found.claimant_id, list_no=found.list_no),
        "close": url_for("office.close_keyed", shop=found.claimant_id, list_no=found.list_no),
    }


def _pair(place: int, pair: Pair) -> dict[str, Any]:
    return {
        "place": place,
        "first": _cells(pair.first),
        "second": _cells(pair.second),
        "differs": {_FIELDS[name] for name in pair.differs_in()},
    }


def _cells(row: Row | None) -> dict[str, str] | None:
    if row is None:
        return None
    return {
        "ref": row.ref,
        "points": points(row.units),
        "yuan": yuan(row.fen),
        "time": f"{row.minute // 60:02d}:{row.minute % 60:02d}",
    }


def _faults(faults: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "line": fault["line_no"],
            "column": say(word(CLAIM_COLUMNS, fault["column"]).text) if fault["column"] else "",
            "text": say(word(CLAIM_FAULTS, fault["fault"]).text),
        }
        for fault in faults
    ]
