"""Hours of the goods counter beside the scheme's windows: what is coming, a new opening, one taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import allow, terms
from kiosk.context import service
from kiosk.forms import act, day, me, needed, text
from kiosk.office.frame import bp, can, office_page, to
from kiosk.office.goods import market_asked, markets_of
from kiosk.pages import can_say
from kiosk.texts import mark
from ledger.clock import SECOND_US
from ledger.earning.calendar import day_from_key
from ledger.errors import Refusal
from ledger.members.terms import Terms
from ledger.sql import Tx
from pos.desk import day_of
from pos.opening import close_extra, extras_after, hours_at, open_extra

can_say(
    {
        "opening": mark("The counter is open then; the counter and residents' pages say so."),
        "opening_off": mark("Taken back. The scheme's windows hold."),
    }
)


@bp.get("/openings", endpoint="openings")
@allow("office.read")
def openings_page() -> Response:
    """The next window and every extra opening that is not over."""
    return _page()


@bp.post("/openings")
@allow("good.write")
def add_opening() -> AnyResponse:
    """Open the counter beside its windows."""
    here = terms()
    body = {name: text(name) for name in ("market", "day", "from", "to")}

    def work(tx: Tx, at: int) -> dict[str, Any]:
        opening_id = open_extra(
            tx,
            here.community.id,
            market_asked(here, day_of(here, at)),
            from_at=_moment(here, "from"),
            to_at=_moment(here, "to"),
            why=needed("why"),
            by=me(),
            at=at,
        )
        return {"opening": str(opening_id)}

    return _stay("opening", body, work)


@bp.post("/openings/<int:opening_id>/off")
@allow("good.write")
def take_opening_back(opening_id: int) -> AnyResponse:
    """Take an extra opening back; one that has begun ends now."""
    here = terms().community.id

    def work(tx: Tx, at: int) -> None:
        close_extra(tx, here, opening_id, by=me(), at=at)

    return _stay("opening_off", {"opening": str(opening_id)}, work)


def _moment(here: Terms, name: str) -> int:
    """The day's time in a field `HH:MM`, on the community's clock, in microseconds UTC.

    Refusals: form_gap, form_day.
    """
    typed = needed(name)
    try:
        clock = datetime.strptime(typed, "%H:%M").time()  # noqa: DTZ007 - the zone is added below
    except ValueError as error:
        raise Refusal("form_day", text=typed[:20]) from error
    local = datetime.combine(day_from_key(day("day")), clock, tzinfo=here.community.zone)
    return int(local.timestamp()) * SECOND_US


def _stay(said: str, body: dict[str, Any], work: Any) -> AnyResponse:  # noqa: ANN401 - see `act`
    try:
        act(said, body, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.openings", said)


def _page(*, refusal: Refusal | None = None) -> Response:
    here, at = terms(), service().now()
    today = day_of(here, at)
    markets = markets_of(here, today)
    lines, hours = [], []
    with service().db.read() as tx:
        for merchant_id, name in sorted(markets.items()):
            found = hours_at(tx, here, merchant_id, at)
            hours.append({"name": name, "always": found.always, "next": found.next})
            lines += [
                {
                    "opening_id": int(row.opening_id),
                    "name": name,
                    "from_at": int(row.from_at),
                    "to_at": int(row.to_at),
                    "why": row.why,
                    "is_now": int(row.from_at) <= at,
                }
                for row in extras_after(tx, here.community.id, merchant_id, at=at)
            ]
    return office_page(
        "office/openings.html",
        refusal=refusal,
        markets=sorted(markets.items()),
        hours=hours,
        openings=lines,
        form={name: text(name) for name in ("day", "from", "to", "why")},
        may_write=can("good.write"),
    )
