"""A shop's own tills: how each tablet is doing, and the papers the owner prints without the office."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import act, me
from kiosk.merchant.views import merchant_page, own_shop
from kiosk.office.terminals import troubles_of
from kiosk.page_words import TERMINAL_STATES, word
from kiosk.pages import say
from kiosk.prints.slip_pad import MOST_IN_ONE_FILE
from kiosk.till_papers import enrolment_paper, fresh_code, pad_paper, test_card
from ledger.errors import Refusal
from ledger.members.terminal_health import all_health
from ledger.members.terminals import Terminal
from ledger.sql import Tx
from pos.paper import last_slip

bp: Final = Blueprint("merchant_tills", __name__, url_prefix="/merchant/tills")


@bp.get("", strict_slashes=False)
@allow("shop.read")
def home() -> Response:
    """Every till and pad of this shop that is not out of service."""
    return _page()


@bp.post("/<string:code>/slip")
@allow("shop.till")
def slip(code: str) -> AnyResponse:
    """A fresh enrolment code on the page a tablet is set up with; a tablet that was this till before is out then."""
    here, till = terms(), _own(code)
    made: dict[str, str] = {}

    def work(tx: Tx, at: int) -> None:
        # Not in the answer: an answer is kept, and of the code only its hash may be.
        made.update(fresh_code(tx, here, till.terminal_id, by=me(), at=at))

    try:
        act("enrolment", {"terminal_id": str(till.terminal_id)}, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    if not made:
        return redirect(url_for("merchant_tills.home"), 303)
    return enrolment_paper(here, till, made)


@bp.get("/<string:code>/help.pdf")
@allow("shop.read")
def help_page(code: str) -> Response:
    """The page beside the till: what is done day by day, with the test card; it holds no code that sets anything up."""
    here, till = terms(), _own(code)
    if till.kind == "paper":
        raise Refusal("terminal_is_paper")
    with service().db.read() as tx:
        card = test_card(tx, here, at=service().now())
    return enrolment_paper(here, till, {"card": card})


@bp.get("/<string:code>/slips.pdf")
@allow("shop.read")
def print_pad(code: str) -> Response:
    """The next slips of the shop's own pad, and a sheet for the day."""
    pad = _own(code)
    if pad.kind != "paper":
        raise Refusal("terminal_not_found")
    return pad_paper(terms(), pad)


def _own(code: str) -> Terminal:
    shop = own_shop().merchant_id
    for terminal in terms().terminals.values():
        if terminal.code == code and terminal.merchant_id == shop and terminal.state != "revoked":
            return terminal
    raise Refusal("terminal_not_found")


def _page(*, refusal: Refusal | None = None) -> Response:
    here, shop, at = terms(), own_shop(), service().now()
    mine = [
        one
        for one in here.terminals.values()
        if one.merchant_id == shop.merchant_id and one.state != "revoked" and one.kind != "hotline"
    ]
    with service().db.read() as tx:
        health = all_health(tx, actor().community_id)
        last = {
            one.code: last_slip(tx, actor().community_id, one.terminal_id)
            for one in mine
            if one.kind == "paper"
        }
    tills: list[dict[str, Any]] = []
    for one in sorted(mine, key=lambda one: one.code):
        told = health.get(one.terminal_id)
        tills.append(
            {
                "code": one.code,
                "branch": here.branch(one.branch_id).name,
                "is_pad": one.kind == "paper",
                "state": say(word(TERMINAL_STATES, one.state).text),
                "has_tablet": one.state == "active",
                "told": None if told is None else troubles_of(told, at),
                "next_slip": last.get(one.code, 0) + 1,
            }
        )
    return merchant_page(
        "merchant/tills.html", refusal=refusal, shop=shop, tills=tills, most=MOST_IN_ONE_FILE
    )
