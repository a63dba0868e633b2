"""The household's fee bills on a resident's own page: how much points can pay of each, and doing it."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.fee_desk import FeeQuote, FeeRequest, ask, quote
from kiosk.fee_words import FEES, OFFSET_STATES, REASONS
from kiosk.forms import act, hundredths, request_id
from kiosk.page_words import word
from kiosk.pages import can_say, say, whole_points
from kiosk.resident.views import resident_page
from kiosk.texts import mark
from ledger.bills.facts import (
    Bill,
    bills_of_household,
    get_bill,
    get_offset,
    offsets_of_bill,
    offsets_of_household,
)
from ledger.bills.offsets import month_used, release
from ledger.errors import Refusal
from ledger.members import residents
from ledger.members.residents import Resident
from ledger.members.terms import Terms
from ledger.sql import Row, Tx
from pos.desk import day_of

bp: Final = Blueprint("resident_bills", __name__, url_prefix="/me/bills")

can_say(
    {
        "fee_held": mark(
            "The points are set aside. Once the property company confirms, they are taken off the bill."
        ),
        "fee_given_up": mark("Given up. The points can be used again."),
    }
)


class BillView(NamedTuple):
    """A bill as its household reads it; amounts in fen and units."""

    bill_id: int
    biller: str
    bill_no: str
    fee: str
    period: str
    amount_fen: int
    offset_fen: int
    left_fen: int
    due_date: int
    is_cancelled: bool
    waits_fen: int
    units: int
    fen: int
    reason: str


@bp.get("", strict_slashes=False)
@allow("me.read")
def bills() -> Response:
    """Every bill of the household, and what became of the points asked for."""
    return _list()


@bp.get("/<int:bill_id>")
@allow("me.read")
def bill(bill_id: int) -> Response:
    """One bill: how many points can be used and why not more, and the form that does it."""
    return _one(bill_id)


@bp.post("/<int:bill_id>")
@allow("me.pay")
def use_points(bill_id: int) -> AnyResponse:
    """Set points aside for a bill; the same form sent again is answered from the first time."""
    here, at = terms(), service().now()
    try:
        with service().db.read() as tx:
            who = residents.get_resident(tx, here.community.id, actor().id)
        ask(
            service().desk,
            FeeRequest(
                community_id=here.community.id,
                request_id=request_id(),
                bill_id=bill_id,
                units=hundredths("points"),
                person_id=who.person_id,
                household_id=who.household_id,
            ),
            at=at,
        )
    except Refusal as refusal:
        return _one(bill_id, refusal=refusal)
    return redirect(url_for("resident_bills.bills", said="fee_held"), 303)


@bp.post("/given-up/<int:offset_id>")
@allow("me.pay")
def give_up(offset_id: int) -> AnyResponse:
    """Let go what the biller has not confirmed yet."""
    here = terms()

    def work(tx: Tx, at: int) -> None:
        who = residents.get_resident(tx, here.community.id, actor().id)
        offset = get_offset(tx, here.community.id, offset_id)
        if offset.household_id != who.household_id:
            raise Refusal("fee_offset_not_found")
        release(tx, here.community.id, offset_id, why="given_up", day=day_of(here, at), at=at)

    try:
        act("fee.give_up", {"offset": str(offset_id)}, work)
    except Refusal as refusal:
        return _list(refusal=refusal)
    return redirect(url_for("resident_bills.bills", said="fee_given_up"), 303)


def _list(*, refusal: Refusal | None = None) -> Response:
    here = terms()
    with service().db.read() as tx:
        who = residents.get_resident(tx, here.community.id, actor().id)
        found = bills_of_household(tx, here.community.id, who.household_id)
        views = [_view(tx, here, who, one) for one in found]
        offsets = offsets_of_household(tx, here.community.id, who.household_id)
    return resident_page(
        here,
        "resident/bills.html",
        refusal=refusal,
        bills=views,
        offsets=[_offset(row) for row in offsets],
    )


def _one(bill_id: int, *, refusal: Refusal | None = None) -> Response:
    here = terms()
    with service().db.read() as tx:
        who = residents.get_resident(tx, here.community.id, actor().id)
        found = get_bill(tx, here.community.id, bill_id)
        if found.household_id != who.household_id:
            # Whether another household has a bill is nobody's business.
            raise Refusal("fee_bill_not_found")
        view = _view(tx, here, who, found)
        told = quote(tx, here, found, person_id=who.person_id, day=_today(here))
    return resident_page(
        here,
        "resident/bill.html",
        refusal=refusal,
        bill=view,
        step=0 if told.rules is None else told.rules.step_units,
        asked=request.form.get("points", "") or whole_points(view.units).replace(",", ""),
    )


def _today(here: Terms) -> int:
    return day_of(here, service().now())


def _view(tx: Tx, here: Terms, who: Resident, found: Bill) -> BillView:
    told = quote(tx, here, found, person_id=who.person_id, day=_today(here))
    asked = offsets_of_bill(tx, here.community.id, found.bill_id) if found.offset_fen else []
    waits = sum(int(row.fen) for row in asked if row.state == "held")
    return BillView(
        found.bill_id,
        here.merchant(found.biller_id).name,
        found.bill_no,
        say(word(FEES, found.kind).text),
        found.period,
        found.amount_fen,
        found.offset_fen,
        found.amount_fen - found.offset_fen,
        found.due_date,
        found.is_cancelled,
        waits,
        told.room.units,
        told.room.fen,
        reason_of(tx, here, found, told),
    )


def reason_of(tx: Tx, here: Terms, found: Bill, told: FeeQuote) -> str:
    """Why no more points can be used, as a sentence."""
    facts: dict[str, Any] = {}
    if told.rules is not None:
        facts["percent"] = told.rules.offset.cap_percent_of_bill
        if told.rules.month is not None:
            most = told.rules.month.units
            used = month_used(tx, here.community.id, told.rules, found.household_id)
            facts |= {"most": whole_points(most), "left": whole_points(max(most - used, 0))}
    reason = "no_points" if told.reason == "balance" and not told.room.units else told.reason
    return say(REASONS[reason]).format(**facts)


def _offset(row: Row) -> dict[str, Any]:
    state = word(OFFSET_STATES, row.state)
    return {
        "offset_id": int(row.offset_id),
        "bill_no": row.bill_no,
        "ref": row.ref,
        "units": int(row.units),
        "fen": int(row.fen),
        "back_units": int(row.back_units),
        "back_fen": int(row.back_fen),
        "state": say(state.text),
        "tone": state.tone,
        "is_held": row.state == "held",
        "opened_at": int(row.opened_at),
        "expires_at": int(row.expires_at),
    }
