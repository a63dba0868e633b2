"""A bill a till shows: the resident's page opens it, says what comes off, and confirms it (A11)."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as AnyResponse

from kiosk.api.receipts import CUT_SENTENCES
from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import hundredths_from, text
from kiosk.pages import say, whole_points
from kiosk.resident.cards import own_serial
from kiosk.resident.views import resident_page
from ledger.earning.rates import channel_approved
from ledger.errors import Refusal
from ledger.members.terms import Terms
from pos.amount_code import AmountCode, read_amount_code
from pos.amount_sale import Payer, confirm, open_code, quote_code
from pos.decide import shop_on
from pos.desk import day_of, rules_on
from pos.quotes import Quoted
from pos.receipt_facts import receipt_facts

bp: Final = Blueprint("resident_amount", __name__, url_prefix="/me")

_PIN_CODES: Final = frozenset({"pin_needed", "pin_wrong", "pin_shape"})


@bp.get("/amount")
@allow("me.code")
def amount() -> Response:
    """The bill, and the points that can come off it."""
    return _page(request.args.get("c", ""))


@bp.post("/amount")
@allow("me.code")
def confirm_amount() -> AnyResponse:
    """Pay the shown bill; sent twice it is one sale."""
    here, at = terms(), service().now()
    shown, typed = request.form.get("c", ""), text("points")
    pin = request.form.get("pin", "").strip() or None
    try:
        code = read_amount_code(shown)
        units = hundredths_from(typed) if typed else 0
        facts = confirm(
            service().desk, service().vault, code, _payer(), offset_units=units, pin=pin, at=at
        )
    except Refusal as refusal:
        return _page(shown, refusal=refusal)
    return resident_page(
        here,
        "resident/amount_done.html",
        facts=facts,
        shop=_shop(code),
        precision=here.shown.precision,
        txn_id=_entry_of(str(facts["ref"])),
    )


def _page(shown: str, *, refusal: Refusal | None = None) -> Response:
    """The bill again with what was refused; a code that is no good shows only why."""
    here, at = terms(), service().now()
    quote: Quoted | None = None
    code: AmountCode | None = None
    asks_pin = refusal is not None and refusal.code in _PIN_CODES
    try:
        code = read_amount_code(shown)
        with service().db.read() as tx:
            open_code(tx, here.community.id, code, at=at)
        quote = quote_code(service().desk, service().vault, code, _payer(), at=at)
    except Refusal as bad:
        refusal, code = refusal or bad, None
    units = 0 if quote is None else quote.proposal.units
    most_free = 0 if quote is None else quote.pin_needed_above_units
    return resident_page(
        here,
        "resident/amount.html",
        refusal=refusal,
        shown=shown,
        code=code,
        shop="" if code is None else _shop(code),
        brings_none="" if code is None else _brings_none(here, code, at),
        quote=quote,
        precision=here.shown.precision,
        asked=request.form.get("points", "") or whole_points(units).replace(",", ""),
        most_free=most_free,
        asks_pin=asks_pin or units > most_free,
    )


def _brings_none(here: Terms, code: AmountCode, at: int) -> str:
    """Why this purchase will bring no points, said before it is confirmed; '' where it brings some."""
    day = day_of(here, at)
    rules = rules_on(here, day)
    shop = shop_on(here, rules, here.terminal(code.terminal_id).merchant_id, day)
    why = ""
    if not shop.earns:
        why = shop.why_not
    elif not channel_approved(rules.spend, code.channel):
        why = "channel_not_approved"
    return say(CUT_SENTENCES[why]) if why else ""


def _payer() -> Payer:
    here = actor()
    with service().db.read() as tx:
        return Payer(here.community_id, here.id, own_serial(tx, here.community_id, here.id))


def _entry_of(ref: str) -> int | None:
    """The entry behind the receipt; None where nothing moved in the book of points."""
    with service().db.read() as tx:
        try:
            return receipt_facts(tx, actor().community_id, ref).txn_id
        except Refusal:
            return None


def _shop(code: AmountCode) -> str:
    here = terms()
    return here.merchant(here.terminal(code.terminal_id).merchant_id).name
