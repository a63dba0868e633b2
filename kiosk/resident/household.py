"""The head's own page: how many points of the pool each member may use in a month."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import act, me, needed, number, text
from kiosk.household_words import typed_points
from kiosk.pages import can_say, month_text, points, say
from kiosk.resident.views import resident_page
from kiosk.texts import mark
from ledger.errors import Refusal
from ledger.households import limits
from ledger.households.looks import Member, look_at
from ledger.members import households, residents
from ledger.members.households import Household
from ledger.members.terms import Terms
from ledger.sql import Tx
from pos.desk import day_of

bp: Final = Blueprint("resident_household", __name__, url_prefix="/me/household")

can_say({"limit_set": mark("Written down. The member sees it on their own page.")})


@bp.get("", strict_slashes=False)
@allow("me.read")
def home() -> Response:
    """Each member with what they may use and have used this month; for the head alone."""
    return _page()


@bp.post("/limit")
@allow("me.household")
def set_limit() -> AnyResponse:
    """Set a member's monthly limit, or lift it; more counts at once, less from next month on."""
    here = terms()
    body = {"person": text("person"), "points": text("points"), "lift": text("lift")}

    def work(tx: Tx, at: int) -> dict[str, Any]:
        own = _own_home(tx, here)
        typed = None if text("lift") else needed("points")
        units = None if typed is None else typed_points(typed, here.shown.precision)
        month = day_of(here, at) // 100
        known = limits.set_limit(
            tx,
            here.community.id,
            own.household_id,
            number("person"),
            units,
            month=month,
            by=me(),
            at=at,
        )
        return {"from_month": known}

    try:
        act("household.own_limit", body, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return redirect(url_for("resident_household.home", said="limit_set"), 303)


def _page(*, refusal: Refusal | None = None) -> Response:
    here, day = terms(), day_of(terms(), service().now())
    with service().db.read() as tx:
        try:
            seen = look_at(tx, here, _own_home(tx, here), day=day)
        except Refusal as no:
            return resident_page(here, "resident/household.html", refusal=no, members=[])
    return resident_page(
        here,
        "resident/household.html",
        refusal=refusal,
        members=[_line(here, one) for one in seen.members if one.state == "active"],
        month=month_text(day // 100),
        decimals=here.shown.precision,
    )


def _own_home(tx: Tx, here: Terms) -> Household:
    """The household the signed-in resident is the head of.

    Refuses household_not_head, also where no pool is shared here.
    """
    own = residents.get_resident(tx, here.community.id, actor().id).household_id
    home = households.get_household(tx, here.community.id, own)
    if home.head_person_id != actor().id or not here.shown.has_pool:
        raise Refusal("household_not_head")
    return home


def _line(here: Terms, one: Member) -> dict[str, Any]:
    found, precision = one.limit, here.shown.precision
    left = None if found.units is None else max(0, found.units - found.used)
    then = found.next_units
    return {
        "person_id": one.person_id,
        "name": one.masked or say(mark("name deleted")),
        "is_me": one.person_id == actor().id,
        "limit": "" if found.units is None else points(found.units, precision),
        "left": "" if left is None else points(left, precision),
        "used": points(found.used, precision),
        "from": month_text(found.next_month) if found.next_month else "",
        "then": "" if then is None else points(then, precision),
        "can_lift": (found.units if not found.next_month else then) is not None,
    }
