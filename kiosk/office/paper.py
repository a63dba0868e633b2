"""Days on paper: pads printed ahead, slips typed in one by one, the shop's sheet held against them, the day filed."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import day, hundredths, hundredths_from, me, needed, number, text
from kiosk.office.frame import bp, office_page
from kiosk.pages import say
from kiosk.prints.slip_pad import MOST_IN_ONE_FILE
from kiosk.texts import mark
from kiosk.till_papers import pad_paper
from ledger.earning.calendar import day_from_key
from ledger.errors import Refusal
from ledger.members.terminals import Terminal
from ledger.refs import make_reference
from pos.desk import day_of
from pos.offline.keying import Slip, key_in
from pos.paper import Keyed, Sheet, check_sheet, last_slip, read_slip_number, slips_of
from settlement.batches import last_batch_no
from settlement.claims import file_daybook
from settlement.daybook import Daybook, DaybookLine, totals_of

_TIME: Final = re.compile(r"([01]?\d|2[0-3])[:\uff1a.]?([0-5]\d)")
_CHANNELS: Final = {
    "cash": mark("Cash"),
    "scan": mark("WeChat or Alipay"),
    "credit_card": mark("Bank card"),
}


@bp.get("/paper", endpoint="paper")
@allow("day.run")
def pads_page() -> Response:
    """Every pad, and how to open one."""
    here = terms()
    pads = [
        {
            "code": pad.code,
            "shop": here.merchant(pad.merchant_id).name,
            "branch": here.branch(pad.branch_id).name,
            "href": url_for("office.pad", code=pad.code),
        }
        for pad in here.terminals.values()
        if pad.kind == "paper" and pad.state == "active"
    ]
    return office_page("office/paper.html", pads=sorted(pads, key=lambda pad: pad["code"]))


@bp.get("/paper/<string:code>", endpoint="pad")
@allow("day.run")
def pad_page(code: str) -> Response:
    """One pad and one of its days."""
    return _page(_pad(code))


@bp.get("/paper/<string:code>/slips.pdf")
@allow("day.run")
def print_pad(code: str) -> Response:
    """The next slips of a pad, and a sheet for the day."""
    return pad_paper(terms(), _pad(code))


@bp.post("/paper/<string:code>/slips")
@allow("day.run")
def type_slip(code: str) -> AnyResponse:
    """Book one slip, under its own number; the same slip again is answered from the first time."""
    pad, here = _pad(code), terms()
    try:
        when = day("day")
        counter = read_slip_number(pad.code, needed("slip"))
        slip = Slip(
            terminal_id=pad.terminal_id,
            ref=make_reference(pad.code, when, counter),
            card_number=needed("card"),
            total_fen=hundredths("total"),
            offset_units=hundredths_from(text("points") or "0"),
            channel=text("channel") if text("channel") in _CHANNELS else "cash",
            sold_at=_moment(when),
        )
        key_in(service().desk, here.community.id, slip, by=me(), at=service().now())
    except Refusal as refusal:
        return _page(pad, refusal=refusal)
    return redirect(url_for("office.pad", code=pad.code, day=text("day"), said="keyed"), 303)


@bp.post("/paper/<string:code>/sheet")
@allow("day.run")
def file_sheet(code: str) -> AnyResponse:
    """Hold the shop's sheet against the slips typed in; where they fit, file the day as the shop's claims."""
    pad, here = _pad(code), actor().community_id
    try:
        when = day("day")
        sheet = Sheet(
            first=read_slip_number(pad.code, needed("first")),
            last=read_slip_number(pad.code, needed("last")),
            spoilt=frozenset(read_slip_number(pad.code, one) for one in text("spoilt").split()),
            slips=number("slips"),
            total_fen=hundredths("total"),
            units=hundredths_from(text("points") or "0"),
        )
        with service().db.read() as tx:
            keyed = slips_of(tx, here, pad.terminal_id, pad.code, when)
            batch_no = last_batch_no(tx, here, pad.merchant_id, pad.terminal_id) + 1
        check_sheet(sheet, keyed)
        told = file_daybook(
            service().db,
            here,
            pad.terminal_id,
            daybook_of(keyed, when, batch_no),
            at=service().now(),
        )
    except Refusal as refusal:
        return _page(pad, refusal=refusal)
    if told["again"]:
        return _page(pad, refusal=Refusal("paper_day_filed"))
    return redirect(url_for("office.pad", code=pad.code, day=text("day"), said="sheet_filed"), 303)


def daybook_of(keyed: list[Keyed], when: int, batch_no: int) -> Daybook:
    """A pad's day as a till would file it."""
    lines = tuple(
        DaybookLine(
            counter=one.counter,
            ref=one.ref,
            kind="sale",
            original_ref=None,
            total_fen=one.total_fen,
            offset_units=one.offset_units,
            offset_fen=one.offset_fen,
            paid_fen=one.paid_fen,
            occurred_at=one.occurred_at,
        )
        for one in keyed
    )
    return Daybook(
        business_date=when,
        batch_no=batch_no,
        opened_at=min((one.occurred_at for one in keyed), default=0),
        closed_at=max((one.occurred_at for one in keyed), default=0),
        lines=lines,
        totals=totals_of(lines),
    )


def _pad(code: str) -> Terminal:
    for terminal in terms().terminals.values():
        if terminal.code == code and terminal.kind == "paper":
            return terminal
    raise Refusal("terminal_not_found")


def _page(pad: Terminal, *, refusal: Refusal | None = None) -> Response:
    here, now = terms(), service().now()
    shown = text("day") or request.args.get("day", "")
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", shown):
        shown = day_from_key(day_of(here, now)).isoformat()
    when = int(shown.replace("-", ""))
    with service().db.read() as tx:
        keyed = slips_of(tx, here.community.id, pad.terminal_id, pad.code, when)
        last = last_slip(tx, here.community.id, pad.terminal_id)
    return office_page(
        "office/pad.html",
        refusal=refusal,
        pad=pad.code,
        shop=here.merchant(pad.merchant_id).name,
        day=shown,
        keyed=keyed,
        sums={
            "slips": len(keyed),
            "total_fen": sum(one.total_fen for one in keyed),
            "units": sum(one.offset_units for one in keyed),
        },
        next_slip=last + 1,
        most=MOST_IN_ONE_FILE,
        channels=[(name, say(words)) for name, words in _CHANNELS.items()],
        typed=_typed(refusal),
    )


def _typed(refusal: Refusal | None) -> dict[str, Any]:
    """What was typed stays in the form while it was refused."""
    return dict(request.form) if refusal is not None else {}


def _moment(when: int) -> int:
    """The slip's time of day on its day, microseconds UTC. Refuses: form_gap, form_day."""
    match = _TIME.fullmatch(needed("time"))
    if match is None:
        raise Refusal("form_day", text=needed("time")[:20])
    local = datetime.combine(
        day_from_key(when),
        datetime.min.time().replace(hour=int(match[1]), minute=int(match[2])),
        terms().community.zone,
    )
    return int(local.timestamp()) * 1_000_000
