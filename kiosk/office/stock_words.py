"""The shelf in words: kinds of moves, reasons, periods, and what a second person sees of a write-off."""

from __future__ import annotations

from typing import Final

from kiosk.auth import actor
from kiosk.pages import say
from kiosk.texts import mark
from ledger.members.approvals import Approval
from ledger.sql import Tx
from ledger.stock.goods import get_good

MOVES: Final = {
    "purchase": mark("bought"),
    "donation": mark("given"),
    "redeem": mark("handed out for points"),
    "return": mark("came back"),
    "hand_out": mark("handed out without points"),
    "write_off": mark("written off"),
    "count": mark("found by a count"),
    "revalue": mark("new cost"),
}
SOURCES: Final = {"purchase": mark("bought"), "donation": mark("given")}
WHY: Final = {
    "expired": mark("past its last day"),
    "broken": mark("broken"),
    "vermin": mark("vermin"),
    "other": mark("other"),
}
BY_ITSELF: Final = {
    "opening": mark("there when the good was put on the list"),
    "cost": mark("standard cost"),
}
"""Reasons that the program writes."""
PERIODS: Final = {
    "day": mark("day"),
    "week": mark("week"),
    "month": mark("month"),
    "quarter": mark("quarter"),
    "year": mark("year"),
}


def write_off_details(tx: Tx, row: Approval) -> str:
    """Which good, how many pieces, why, and the words beside it."""
    body = row.body
    good = get_good(tx, actor().community_id, int(body["good_id"]))
    parts = (good.name, body["quantity"], say(WHY[body["why"]]), body["reason"])
    return " · ".join(str(part) for part in parts if part)


def signed(pieces: int) -> str:
    """Pieces with their sign, as people write it."""
    return f"{pieces:+d}".replace("-", "\u2212") if pieces else "0"
