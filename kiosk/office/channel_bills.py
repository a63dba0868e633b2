"""Bills of payment channels: taking them in, what each speaks for, and what is wrong with one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import allow, terms
from kiosk.context import service
from kiosk.forms import day, me, number, text
from kiosk.office.frame import bp, can, office_page
from kiosk.page_words import (
    BILL_CHANNELS,
    BILL_FAULTS,
    BILL_KINDS,
    BILL_OUTCOMES,
    BILL_TOTALS,
    word,
)
from kiosk.pages import say
from ledger.channel_bills.store import Sent, recent_bills
from ledger.errors import Refusal
from ledger.members.pauses import open_pauses
from ledger.sql import Row
from pos.bill_taking import take_channel_bill

_MOST: Final = 60
_MOST_FAULTS: Final = 100
_GOOD: Final = frozenset({"ok", "EMPTY"})


@bp.get("/channel-bills", endpoint="channel_bills")
@allow("office.read")
def channel_bills_page() -> Response:
    """The newest bills."""
    return _page()


@bp.post("/channel-bills")
@allow("day.run")
def take_bill() -> AnyResponse:
    """Take a shop's bill: all of it, or none of it with every bad cell named. The same bill again counts once."""
    here = terms()
    try:
        answer = take_channel_bill(
            service().desk,
            here.community.id,
            here.merchant(number("shop")).merchant_id,
            _sent(),
            by=me(),
            at=service().now(),
        )
    except Refusal as refusal:
        return _page(refusal=refusal)
    return _page(answer=answer)


def _sent() -> Sent:
    sent = request.files.get("file")
    body = sent.read() if sent else b""
    if not body:
        raise Refusal("file_empty")
    days = (day("first"), day("last" if text("last") else "first")) if text("first") else None
    return Sent(sent.filename or "" if sent else "", body, days)


def _page(*, refusal: Refusal | None = None, answer: dict[str, Any] | None = None) -> Response:
    here = terms()
    with service().db.read() as tx:
        rows = recent_bills(tx, here.community.id, most=_MOST)
        pauses = open_pauses(tx, here.community.id)
    return office_page(
        "office/channel_bills.html",
        refusal=refusal,
        answer=None if answer is None else _answer(answer),
        pauses=[
            {
                "shop": f"{here.merchant(row.merchant_id).code} {here.merchant(row.merchant_id).name}",
                "since": int(row.silent_since),
                "day": int(row.from_date),
            }
            for row in pauses
        ],
        bills=[_line(row) for row in rows],
        shops=[
            (shop.merchant_id, f"{shop.code} {shop.name}")
            for shop in here.merchants.values()
            if shop.state != "left"
        ],
        chosen=text("shop"),
        first=text("first"),
        last=text("last"),
        may_change=can("day.run"),
    )


def _line(row: Row) -> dict[str, Any]:
    shop, outcome = terms().merchant(int(row.merchant_id)), word(BILL_OUTCOMES, row.outcome)
    return {
        "shop": f"{shop.code} {shop.name}",
        "channel": say(word(BILL_CHANNELS, row.channel).text),
        "kinds": "" if row.kinds == "all" else say(word(BILL_KINDS, row.kinds).text),
        "covers": _span(int(row.covers_from), int(row.covers_until)),
        "pay_count": int(row.pay_count),
        "pay_fen": int(row.pay_fen),
        "back_count": int(row.back_count),
        "back_fen": int(row.back_fen),
        "taken_at": int(row.taken_at),
        "hash": str(row.file_sha256)[:8],
        "name": str(row.file_name),
        "outcome": say(outcome.text),
        "tone": outcome.tone,
    }


def _span(start: int, end: int) -> str:
    """The time a bill speaks for, in the community's clock; whole days as days."""
    if not end:
        return ""
    zone = terms().community.zone
    first, last = (
        (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).astimezone(zone)
        for at in (start, end)
    )
    if (first.hour, first.minute, last.hour, last.minute) == (0, 0, 0, 0):
        shown = last - timedelta(days=1)
        return (
            f"{first:%Y-%m-%d}"
            if shown.date() <= first.date()
            else f"{first:%Y-%m-%d} - {shown:%Y-%m-%d}"
        )
    return f"{first:%Y-%m-%d %H:%M} - {last:%Y-%m-%d %H:%M}"


def _answer(answer: dict[str, Any]) -> dict[str, Any]:
    state = "seen_before" if answer["again"] else answer["outcome"]
    return {
        **answer,
        "is_good": answer["outcome"] in _GOOD,
        "said": say(word(BILL_OUTCOMES, state).text),
        "covers": _span(answer["covers_from"], answer["covers_until"]),
        "wrong": [
            {**wrong, "said": say(BILL_TOTALS) if not wrong["name"] else wrong["name"]}
            for wrong in answer["wrong"]
        ],
        "faults": [
            {
                "line": fault["line_no"],
                "column": fault["column"],
                "text": say(word(BILL_FAULTS, fault["fault"]).text),
            }
            for fault in answer["faults"][:_MOST_FAULTS]
        ],
    }
