"""Selling without network as the office sees it: what can be lost, who may, what is missing, refused, or to be told."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any, Final

from flask import Response
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import act, alone, hundredths, me, needed, number, text
from kiosk.office.frame import bp, can, office_page, to
from kiosk.offline_words import said_of
from kiosk.pages import can_say, day_text, points, say, yuan
from kiosk.texts import mark
from ledger.book.steps import apply
from ledger.clock import SECOND_US
from ledger.earning.calendar import day_from_key
from ledger.errors import Refusal
from ledger.members import terminals
from ledger.members.codes import card_number
from ledger.members.terms import Terms
from ledger.offline import shops
from ledger.offline.bound import bound
from ledger.offline.waiting import mark_slips, tills_with_gaps
from ledger.refs import read_reference
from ledger.sql import Row, Tx
from pos.desk import day_of, rules_on
from pos.offline import keying, lists
from settlement.overuse import find_overuse

can_say(
    {
        "offline_decided": mark("Decided. The shop's tills are told at their next sync."),
        "slip_keyed": mark("Booked from the slip."),
        "slip_given_up": mark("Noted. This number is looked for no more."),
        "slips_marked": mark("Noted. The missing numbers stand below."),
        "told": mark("Noted as told."),
    }
)

CHANNELS: Final = (
    ("scan", mark("scanned payment")),
    ("cash", mark("cash")),
    ("credit_card", mark("credit card")),
    ("bank_card", mark("bank card")),
)
_FROM_DAY: Final = 20_000_101
_TO_DAY: Final = 99_991_231
_MOST: Final = 60


@bp.get("/offline")
@allow("office.read")
def offline() -> Response:
    """Everything about selling without network on one page."""
    return _page()


@bp.post("/offline/shop")
@allow("shop.write")
def decide_offline() -> AnyResponse:
    """Let a shop's tills let points go without network, or take it back."""
    here = actor().community_id

    def work(tx: Tx, at: int) -> dict[str, Any]:
        units = hundredths("points")
        shops.decide_shop(tx, here, number("shop"), units, why=needed("why"), by=me(), at=at)
        return {}

    return _do("offline_shop", ("shop", "points", "why"), work, "offline_decided")


@bp.post("/offline/marks")
@allow("day.run", "shop.write")
def mark_offline_slips() -> AnyResponse:
    """Note how far a till's slips go, after its own store was cleared."""
    here = actor().community_id

    def work(tx: Tx, at: int) -> dict[str, Any]:
        till = terminals.get_by_code(tx, here, needed("till").upper()).terminal_id
        mark_slips(tx, here, till, number("last"), why=needed("why"), by=me(), at=at)
        return {}

    return _do("offline_marks", ("till", "last", "why"), work, "slips_marked")


@bp.post("/offline/none")
@allow("day.run", "shop.write")
def give_slip_up() -> AnyResponse:
    """Note that nobody has a slip of a missing number."""
    here = terms()

    def work(tx: Tx, at: int) -> dict[str, Any]:
        till = terminals.get_by_code(tx, here.community.id, needed("till").upper()).terminal_id
        keying.give_up(tx, here, till, number("counter"), why=needed("why"), by=me(), at=at)
        return {}

    return _do("offline_none", ("till", "counter", "why"), work, "slip_given_up")


@bp.post("/offline/told/<string:key>")
@allow("discrepancy.decide", "resident.write")
def told_holder(key: str) -> AnyResponse:
    """Note that a holder was told by the office, on the phone or at the desk."""
    here = actor().community_id

    def work(tx: Tx, at: int) -> dict[str, Any]:
        apply(tx, [lists.heard_step(here, key, where="office", at=at)])
        return {}

    act("offline_told", {"key": key}, work)
    return to("office.offline", "told")


@bp.post("/offline/slip")
@allow("day.run", "shop.write")
def key_slip() -> AnyResponse:
    """Book a sale from its paper slip; the same slip typed again is booked once."""
    here = terms()
    try:
        slip = _slip(here)
        key = partial(keying.key_in, service().desk, here.community.id, slip)
        said = {"ref": slip.ref, "at": str(slip.sold_at)}
        alone("offline_slip", said, partial(key, by=me(), at=service().now()))
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.offline", "slip_keyed")


def _do(kind: str, names: tuple[str, ...], work: Any, said: str) -> AnyResponse:  # noqa: ANN401 - a closure
    try:
        act(kind, {name: text(name) for name in names}, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.offline", said)


def _slip(here: Terms) -> keying.Slip:
    """The slip as it was typed; refuses form_gap, form_amount, ref_bad, slip_time_bad."""
    ref = needed("ref").upper()
    read = read_reference(ref)
    if read is None:
        raise Refusal("ref_bad")
    with service().db.read() as tx:
        till = terminals.get_by_code(tx, here.community.id, read.terminal_code)
    try:
        clock = datetime.strptime(needed("time"), "%H:%M").time()  # noqa: DTZ007 - joined with its zone below
        day = day_from_key(20_000_000 + int(read.yymmdd))
    except ValueError as error:
        raise Refusal("slip_time_bad") from error
    sold = datetime.combine(day, clock, here.community.zone)
    return keying.Slip(
        terminal_id=till.terminal_id,
        ref=ref,
        card_number=needed("card"),
        total_fen=hundredths("total"),
        offset_units=hundredths("points") if text("points") else 0,
        channel=needed("channel"),
        sold_at=int(sold.timestamp()) * SECOND_US,
    )


def _page(*, refusal: Refusal | None = None) -> Response:
    here, now = terms(), service().now()
    community_id = here.community.id
    with service().db.read() as tx:
        most = bound(tx, here, units_per_fen=_per_fen(here, now), at=now)
        gaps = tills_with_gaps(tx, community_id)
        over = find_overuse(tx, community_id, first=_FROM_DAY, last=_TO_DAY)[-_MOST:]
        bad = lists.refused(tx, community_id, most=_MOST)
        calls = lists.to_call(tx, community_id, most=_MOST)
        decided = shops.decisions(tx, community_id)
    return office_page(
        "office/offline.html",
        refusal=refusal,
        bound=_bound_view(here, most),
        shops=_shop_views(here, decided),
        gaps=[_gap_view(here, till, one) for till, one in gaps.items()],
        over=[_over_view(here, one) for one in reversed(over)],
        came_to_nothing=[_entry_view(here, row) for row in bad],
        calls=[_entry_view(here, row) for row in calls],
        channels=[(value, say(name)) for value, name in CHANNELS],
        form={name: text(name) for name in ("till", "last", "why", "ref", "time", "card", "total")},
        may_decide=can("shop.write"),
        may_key=can("day.run") or can("shop.write"),
        may_tell=can("discrepancy.decide") or can("resident.write"),
    )


def _per_fen(here: Terms, now: int) -> int:
    try:
        return rules_on(here, day_of(here, now)).units_per_fen
    except LookupError:
        return 1


def _bound_view(here: Terms, most: Any) -> dict[str, str]:  # noqa: ANN401 - ledger.offline.bound.Bound
    precision = here.shown.precision
    return {
        "day_points": points(most.day_units, precision),
        "day_yuan": yuan(most.day_fen),
        "moment_points": points(most.moment_units, precision),
        "moment_yuan": yuan(most.moment_fen),
        "one_code_points": points(most.one_code_units, precision),
        "one_code_yuan": yuan(most.one_code_fen),
    }


def _shop_views(here: Terms, decided: list[Row]) -> list[dict[str, Any]]:
    newest = {int(row.merchant_id): row for row in reversed(decided)}
    precision = here.shown.precision
    return [
        {
            "id": shop.merchant_id,
            "name": f"{shop.code} {shop.name}",
            "points": points(int(newest[key].terminal_units), precision) if key in newest else "",
            "on": key in newest and int(newest[key].terminal_units) > 0,
            "why": newest[key].why if key in newest else "",
        }
        for key, shop in sorted(here.merchants.items(), key=lambda pair: pair[1].code)
        if shop.state == "active"
    ]


def _gap_view(here: Terms, till: int, one: Any) -> dict[str, Any]:  # noqa: ANN401 - ledger.offline.waiting.Standing
    terminal = here.terminal(till)
    return {
        "till": terminal.code,
        "shop": here.merchant(terminal.merchant_id).name,
        "missing": [f"{counter:05d}" for counter in one.missing],
        "waiting": [f"{counter:05d}" for counter in one.waiting],
    }


def _over_view(here: Terms, one: Any) -> dict[str, str]:  # noqa: ANN401 - settlement.overuse.Overuse
    return {
        "day": day_text(one.business_date),
        "ref": one.ref,
        "other": one.other_ref,
        "points": points(one.units, here.shown.precision),
        "who": say(mark("the community") if one.is_loss else mark("the holder owes it")),
    }


def _entry_view(here: Terms, row: Row) -> dict[str, Any]:
    return {
        "key": row.request_id,
        "ref": row.ref,
        "shop": here.merchant(int(row.merchant_id)).name,
        "at": int(row.occurred_at),
        "total": yuan(int(row.total_fen)),
        "points": points(int(row.units), here.shown.precision),
        "code": row.code,
        "said": said_of(here, row),
        "card": card_number(int(row.card_serial)) if row.card_serial else "",
    }
