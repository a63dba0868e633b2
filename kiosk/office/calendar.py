"""The calendar of the clockwork: what ran by itself, what comes next, what failed and what to do about it."""

from __future__ import annotations

from typing import Any, Final

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow
from kiosk.clockwork import record
from kiosk.clockwork.plan import Standing, standings
from kiosk.clockwork.rules import read_timetable
from kiosk.context import service
from kiosk.forms import act
from kiosk.office.frame import bp, can, office_page, to
from kiosk.page_words import Word, word
from kiosk.pages import day_text, moment, month_text, page_language, page_zone, say, yuan
from kiosk.problems import sentence
from kiosk.refusals import REFUSALS
from kiosk.texts import mark
from ledger.errors import Refusal
from ledger.sql import Tx

STEPS: Final = {
    "notices": mark("Notices of points that will lapse"),
    "expiry": mark("Points that lapse"),
    "night": mark("Night: cut off, compare, settle, lock the day"),
    "keys": mark("Signing keys renewed"),
    "silence": mark("Statements accepted by silence"),
    "month": mark("Month closed, statements issued"),
    "reports": mark("Reports of the month, the quarter and the year written as files"),
}
_STATES: Final = {
    "good": Word(mark("up to date"), "good"),
    "done": Word(mark("done"), "good"),
    "waiting": Word(mark("due, not begun"), "wait"),
    "running": Word(mark("running"), "wait"),
    "failed": Word(mark("failed, is tried again"), "bad"),
    "late": Word(mark("past its time"), "bad"),
}
_NIGHTS: Final = {
    "night_stopped": mark(
        "A sum does not hold, so nothing was settled. It stands under Differences as C2; then try again."
    ),
    "night_blocked": mark(
        "A shop could not be settled. Why stands under Differences; then try again."
    ),
    "night_audit_failed": mark(
        "The second engine found something wrong in the book. The first page names file and row;"
        " nothing is paid before it is explained."
    ),
}
_FIGURES: Final = {
    "wallets": mark("wallets {n}"),
    "slips": mark("slips to hand out {n}"),
    "passed_over": mark("passed over {n}"),
    "shops": mark("shops {n}"),
    "settled_fen": mark("settled {n} yuan"),
    "made": mark("new keys {n}"),
    "accepted": mark("accepted {n}"),
    "statements": mark("statements {n}"),
    "payable_fen": mark("payable {n} yuan"),
    "files": mark("files {n}"),
}
_FIRST_MONTH_DIGITS: Final = 1_000_000


@bp.get("/calendar", endpoint="calendar")
@allow("office.read")
def calendar() -> Response:
    """What runs by itself, and how it stands."""
    return _page()


@bp.post("/calendar/again", endpoint="calendar_again")
@allow("day.run")
def again() -> AnyResponse:
    """Let a failed run be tried at the clockwork's next look, within half a minute."""
    here = actor().community_id
    step, period = request.form.get("step", ""), request.form.get("period", "")

    def work(tx: Tx, at: int) -> None:
        if period.isdigit():
            record.try_again(tx, here, step, int(period), at=at)

    try:
        act("clockwork", {"step": step, "period": period}, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.calendar")


def _page(*, refusal: Refusal | None = None) -> Response:
    here, at = actor().community_id, service().now()
    with service().db.read() as tx:
        steps = standings(tx, here, read_timetable(), now=at)
        ran = record.recent(tx, here)
    return office_page(
        "office/calendar.html",
        refusal=refusal,
        steps=[_step(one, ever=bool(ran)) for one in steps],
        ran=[_ran(run, at) for run in ran],
        is_off=not service().settings.clockwork,
        never=not ran,
        may_change=can("day.run"),
    )


def _step(one: Standing, *, ever: bool) -> dict[str, Any]:
    state = word(_STATES, one.state if ever or one.state == "good" else "waiting")
    problem = one.run.problem if one.run else ""
    return {
        "name": say(STEPS[one.step.name]),
        "step": one.step.name,
        "state": say(state.text),
        "tone": state.tone,
        "last": period_text(one.last_done or 0),
        "open": [period_text(due.period) for due in one.open],
        "period": one.open[0].period if one.open else 0,
        "problem": problem_text(problem) if problem else "",
        "next_try": moment(one.run.next_try_at) if one.run and one.run.state == "failed" else "",
        "next": moment(one.next.due_at),
    }


def _ran(run: record.Run, now: int) -> dict[str, Any]:
    is_gone = run.state == "running" and run.lease_until < now
    state = word(_STATES, "waiting" if is_gone else run.state)
    return {
        "name": say(STEPS.get(run.step, run.step)),
        "period": period_text(run.period),
        "due": moment(run.due_at),
        "ended": moment(run.ended_at),
        "tries": run.tries,
        "state": say(state.text),
        "tone": state.tone,
        "figures": [_figure(name, run.answer[name]) for name in _FIGURES if run.answer.get(name)],
        "problem": problem_text(run.problem) if run.problem else "",
    }


def _figure(name: str, amount: int) -> str:
    return say(_FIGURES[name]).format(n=yuan(amount) if name.endswith("_fen") else amount)


def period_text(period: int) -> str:
    """2026-03-02, or 2026-03 for a month; '' for none."""
    if not period:
        return ""
    return day_text(period) if period > _FIRST_MONTH_DIGITS else month_text(period)


def problem_text(problem: str) -> str:
    """What went wrong and what to do, in the reader's language."""
    if problem in _NIGHTS:
        return say(_NIGHTS[problem])
    if problem in REFUSALS:
        return sentence(Refusal(problem), page_language(), zone=page_zone())
    return say(
        mark(
            "The program failed ({name}). It is tried again by itself; if it stays, give this word to whoever"
            " looks after the server."
        )
    ).format(name=problem)
