"""Every till and counter on one page: how it is doing, its shifts, its enrolment slip, and the way to take it out."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, Final

from flask import Response
from werkzeug.wrappers import Response as AnyResponse

from kiosk.api.types import moment_text
from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import act, me
from kiosk.office.frame import bp, can, office_page, to
from kiosk.page_words import TERMINAL_STATES, word
from kiosk.pages import say, yuan
from kiosk.texts import mark
from kiosk.till_papers import enrolment_paper, fresh_code
from ledger.clock import SECOND_US
from ledger.errors import Refusal
from ledger.members import terminals
from ledger.members.terminal_health import all_health
from ledger.members.terms import Terms
from ledger.sql import Row, Tx
from pos.shifts import closings

SILENT_MINUTES: Final = 15
LOW_BATTERY: Final = 20
SKEWED_MS: Final = 120_000
_SHIFTS: Final = 30
_MINUTE_US: Final = 60 * SECOND_US
_HOUR: Final = 60
_DAY: Final = 1_440
_SHELL: Final = Path(__file__).parents[1] / "static" / "app" / "index.html"
_MAIN: Final = re.compile(r"/assets/(index-[0-9A-Za-z_-]+)\.js")


@bp.get("/terminals", endpoint="terminals")
@allow("office.read")
def terminals_list() -> Response:
    """Tills and counters with their last word, and the last closings."""
    return _page()


@bp.post("/terminals/<int:terminal_id>/revoke", endpoint="terminal_revoke")
@allow("shop.write")
def revoke(terminal_id: int) -> AnyResponse:
    """Take a till out of service; its next call is refused."""
    here = actor().community_id

    def work(tx: Tx, at: int) -> None:
        terminals.revoke(tx, here, terminal_id, by=me(), at=at)

    try:
        act("revoke", {"terminal_id": str(terminal_id)}, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.terminals")


@bp.post("/terminals/<int:terminal_id>/slip", endpoint="terminal_slip")
@allow("shop.write")
def slip(terminal_id: int) -> AnyResponse:
    """A fresh enrolment code on the one page an owner needs, as a PDF to print."""
    here = terms()
    made: dict[str, str] = {}

    def work(tx: Tx, at: int) -> None:
        # Not in the answer: an answer is kept, and of the code only its hash may be.
        made.update(fresh_code(tx, here, terminal_id, by=me(), at=at))

    try:
        act("enrolment", {"terminal_id": str(terminal_id)}, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    if not made:
        return to("office.terminals")
    return enrolment_paper(here, here.terminal(terminal_id), made)


def _page(*, refusal: Refusal | None = None) -> Response:
    here, at = terms(), service().now()
    with service().db.read() as tx:
        health = all_health(tx, here.community.id)
        ended = closings(tx, here.community.id, most=_SHIFTS)
    rows = sorted(here.terminals.values(), key=lambda row: row.code)
    return office_page(
        "office/terminals.html",
        refusal=refusal,
        rows=[_row(here, row, health.get(row.terminal_id), at) for row in rows],
        shifts=[_shift(here, row) for row in ended],
        may_change=can("shop.write"),
    )


def _row(here: Terms, row: terminals.Terminal, told: Row | None, at: int) -> dict[str, Any]:
    state = word(TERMINAL_STATES, row.state)
    return {
        "terminal_id": row.terminal_id,
        "code": row.code,
        "shop": here.merchant(row.merchant_id).name,
        "state": say(state.text),
        "tone": state.tone,
        "can_revoke": row.state != "revoked",
        "told": None if told is None else troubles_of(told, at),
    }


def troubles_of(told: Row, at: int) -> dict[str, Any]:
    """The tablet's last word in words, and what of it wants a look."""
    silent = (at - int(told.seen_at)) // _MINUTE_US
    battery = "" if told.battery_percent is None else f"{told.battery_percent}%"
    failed = json.loads(told.test_failed)
    newest = current_version()
    troubles = [
        (silent >= SILENT_MINUTES, mark("silent for a while")),
        (
            told.battery_percent is not None
            and int(told.battery_percent) <= LOW_BATTERY
            and not told.charging,
            mark("battery low"),
        ),
        (abs(int(told.clock_ahead_ms)) >= SKEWED_MS, mark("its clock is wrong")),
        (not told.secure, mark("no https: no camera")),
        (bool(newest) and told.version != newest, mark("old version: load the page anew")),
        (bool(failed), mark("self-test failed")),
    ]
    return {
        "seen": ago(silent),
        "battery": battery + (f" {say(mark('charging'))}" if told.charging else ""),
        "version": told.version,
        "synced": "" if told.synced_at is None else ago((at - int(told.synced_at)) // _MINUTE_US),
        "clock": say(mark("{seconds} s")).format(seconds=-int(told.clock_ahead_ms) // 1_000),
        "waiting": int(told.waiting),
        "tested": "" if told.tested_at is None else ago((at - int(told.tested_at)) // _MINUTE_US),
        "failed": failed,
        "troubles": [say(words) for is_so, words in troubles if is_so],
    }


def ago(minutes: int) -> str:
    """How long ago, as people say it."""
    if minutes < 1:
        return say(mark("just now"))
    if minutes < _HOUR:
        return say(mark("{minutes} minutes ago")).format(minutes=minutes)
    if minutes < _DAY:
        return say(mark("{hours} hours ago")).format(hours=minutes // _HOUR)
    return say(mark("{days} days ago")).format(days=minutes // _DAY)


@cache
def current_version() -> str:
    """The till's build this server hands out; empty where none is built."""
    if not _SHELL.is_file():
        return ""
    match = _MAIN.search(_SHELL.read_text(encoding="utf-8"))
    return match[1] if match else ""


def _shift(here: Terms, row: Row) -> dict[str, Any]:
    terminal = here.terminals.get(int(row.terminal_id))
    clerk = here.clerks.get(int(row.clerk_id or 0))
    slips = int(row.counted_slips) - int(row.expected_slips)
    cash = int(row.counted_fen) - int(row.expected_fen)
    return {
        "till": "" if terminal is None else terminal.code,
        "shift_no": row.shift_no,
        "closed_at": moment_text(int(row.happened_at), here.community.zone)[:16].replace("T", " "),
        "clerk": "" if clerk is None else clerk.label,
        "expected": yuan(int(row.expected_fen)),
        "counted": yuan(int(row.counted_fen)),
        "difference": f"{'+' if cash > 0 else ''}{yuan(cash)}",
        "slips": f"{slips:+d}" if slips else "0",
        "differs": bool(cash or slips),
    }
