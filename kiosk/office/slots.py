"""Time slots of a good that goes fast, opened by the volunteer, taken away while nobody is in them."""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import Any, Final

from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.forms import act, day, me, needed, number, text
from kiosk.office.frame import bp, to
from kiosk.office.good import page_of_good
from ledger.clock import SECOND_US
from ledger.earning.calendar import day_from_key
from ledger.errors import Refusal
from ledger.sql import Tx
from ledger.stock import slots

_CLOCK: Final = re.compile(r"([01]?\d|2[0-3])[:\uff1a]([0-5]\d)")
_NAMES: Final = ("day", "from", "to", "minutes", "pieces")


@bp.post("/goods/<int:good_id>/slots")
@allow("good.write")
def open_good_slots(good_id: int) -> AnyResponse:
    """Divide a time of a day into slots with so many pieces each."""

    def put(tx: Tx, at: int) -> dict[str, Any]:
        on = day("day")
        new = slots.NewSlots(
            good_id, _moment(on, "from"), _moment(on, "to"), number("minutes"), number("pieces")
        )
        return {"slots": slots.open_slots(tx, actor().community_id, new, by=me(), at=at)}

    try:
        act("good_slots", {"good": str(good_id), **{name: text(name) for name in _NAMES}}, put)
    except Refusal as refusal:
        return page_of_good(good_id, refusal=refusal)
    return to("office.good", "done", good_id=good_id)


@bp.post("/goods/<int:good_id>/slots/drop")
@allow("good.write")
def drop_good_slot(good_id: int) -> AnyResponse:
    """Take a slot away that nobody has ordered in."""

    def drop(tx: Tx, at: int) -> None:
        slots.drop_slot(tx, actor().community_id, number("slot"), by=me(), at=at)

    try:
        act("good_slot_drop", {"good": str(good_id), "slot": text("slot")}, drop)
    except Refusal as refusal:
        return page_of_good(good_id, refusal=refusal)
    return to("office.good", "done", good_id=good_id)


def _moment(on: int, name: str) -> int:
    """A clock's time of a day, in microseconds UTC. Refuses form_gap, slots_wrong."""
    match = _CLOCK.fullmatch(needed(name))
    if match is None:
        raise Refusal("slots_wrong", most=slots.MOST_SLOTS)
    clock = time(int(match[1]), int(match[2]))
    moment = datetime.combine(day_from_key(on), clock, terms().community.zone)
    return int(moment.timestamp()) * SECOND_US
