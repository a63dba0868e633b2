"""The book being brought back: which tills were heard, what came back, and who is gone on without."""

from __future__ import annotations

from typing import Any, Final

from flask import Response, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import act, me, needed, number
from kiosk.office.frame import bp, can, office_page, to
from kiosk.page_words import Word
from kiosk.pages import page_language, say
from kiosk.recovering.report import report_of
from kiosk.recovering.wording import report_lines
from kiosk.texts import mark
from ledger.errors import Refusal
from ledger.members import approvals
from ledger.recovery import epochs, intake
from ledger.sql import Tx

LOST: Final = "recovery.lost"
"""The kind of a proposal to go on without a till."""

_STATES: Final = {
    "asked": Word(mark("not heard yet"), "wait"),
    "reported": Word(mark("has sent everything"), "good"),
    "lost": Word(mark("given up"), "bad"),
}
_STEPS: Final = {
    "restored": mark("The copy is put back. Next: jifen recover-from-tills start"),
    "collecting": mark("The tills are being heard. Next: jifen recover-from-tills apply --wait 30"),
    "applied": mark("Everything is written again. Next: jifen recover-from-tills finish"),
    "finished": mark("Finished."),
}


@bp.get("/recovery", endpoint="recovery")
@allow("office.read")
def recovery_page() -> Response:
    """How far it is, till by till, and the report as it stands."""
    return _page()


@bp.post("/recovery/give-up")
@allow("recovery.write")
def give_up() -> AnyResponse:
    """Propose to go on without a till; a second person agrees."""
    try:
        terminal_id, why = number("terminal_id"), needed("why")
        said = {"terminal": str(terminal_id), "why": why}
        act("recovery.give_up", said, lambda tx, at: _propose(tx, terminal_id, why, at=at))
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.recovery", "proposed")


def _propose(tx: Tx, terminal_id: int, why: str, *, at: int) -> None:
    here = actor().community_id
    found = epochs.get_open(tx, here)
    till = intake.find_till(tx, here, found.recovery_id, terminal_id)
    if till is None or till.state != "asked":
        raise Refusal("recovery_till_not_asked")
    body = {"recovery_id": str(found.recovery_id), "why": why}
    approvals.propose(tx, here, LOST, f"terminal:{terminal_id}", body, by=me(), at=at)


def carry_out(tx: Tx, community_id: int, approval: approvals.Approval, *, at: int) -> None:
    """Go on without the till two persons agreed on.

    Refusals: recovery_none, recovery_till_not_asked.
    """
    found = epochs.get_open(tx, community_id)
    if str(found.recovery_id) != approval.body["recovery_id"]:
        raise Refusal("recovery_none")
    terminal_id = int(approval.subject.removeprefix("terminal:"))
    why = str(approval.body["why"])
    intake.declare_lost(tx, community_id, found, terminal_id, why=why, by=me(), at=at)


def lost_details(approval: approvals.Approval) -> str:
    """Which till two persons are to go on without, and why."""
    terminal = terms().terminal(int(approval.subject.removeprefix("terminal:")))
    return f"{terminal.code} · {approval.body['why']}"


def _page(*, refusal: Refusal | None = None) -> Response:
    here = terms()
    at = service().now()
    with service().db.read() as tx:
        found = epochs.find_newest(tx, here.community.id)
        tills = (
            [] if found is None else intake.till_states(tx, here.community.id, found.recovery_id)
        )
        report = None if found is None else report_of(tx, here, found, at=at)
    return office_page(
        "office/recovery.html",
        refusal=refusal,
        may_change=can("recovery.write"),
        step=None if found is None else say(_STEPS[found.state]),
        tills=[_till(till) for till in tills],
        lines=[] if report is None else list(report_lines(report, page_language())),
        give_up=url_for("office.give_up"),
    )


def _till(till: intake.TillState) -> dict[str, Any]:
    here = terms()
    terminal = here.terminal(till.terminal_id)
    state = _STATES[till.state]
    return {
        "terminal_id": str(till.terminal_id),
        "code": terminal.code,
        "shop": here.merchant(terminal.merchant_id).name,
        "state": say(state.text),
        "tone": state.tone,
        "lines": till.lines,
        "changed_at": till.changed_at,
        "is_asked": till.state == "asked",
    }
