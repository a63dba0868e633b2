"""After a loss: what a till is asked for, and the signed daybook it sends."""

from __future__ import annotations

from typing import Annotated, Any

from flask_openapi import APIBlueprint
from pydantic import Field, StringConstraints

from kiosk.api.here import Till, till
from kiosk.api.types import Count, Counter, Id, Strict
from kiosk.auth import allow
from kiosk.context import service
from ledger.errors import Refusal
from ledger.recovery import alarms, epochs, intake
from ledger.recovery.epochs import Recovery
from ledger.recovery.intake import MOST_LINES, Sent
from ledger.sql import Tx

bp = APIBlueprint("recovery", __name__, url_prefix="/api/v1")

_MS_US = 1_000

LineText = Annotated[str, StringConstraints(min_length=1, max_length=4_000)]
Content = Annotated[str, StringConstraints(max_length=4_000_000)]


class SentBody(Strict):
    """A signed line with the request and the answer it was signed over, each as it was."""

    line: LineText
    body: Content
    answer: Content


class LinesBody(Strict):
    """Some lines, in their order."""

    recovery_id: Id
    lines: Annotated[list[SentBody], Field(min_length=1, max_length=MOST_LINES)]


class ReportBody(Strict):
    """What the till has sent in all, the numbers it gave out, and what it keeps of the community's log."""

    recovery_id: Id
    lines: Count
    last_counter: Annotated[int, Field(ge=0, le=99_999)]
    unused: list[Counter] = Field(default_factory=list, max_length=20_000)
    checkpoint: Annotated[str, StringConstraints(max_length=20_000)] = ""


@bp.get("/recovery")
@allow("recovery.send", revoked=True)
def read_recovery() -> dict[str, Any]:
    """What is asked of this till, also of one that was taken out of service."""
    with service().db.read() as tx:
        return {"recovery": asked_of_till(tx, till())}


@bp.post("/recovery/lines")
@allow("recovery.send", revoked=True)
def send_lines(body: LinesBody) -> dict[str, Any]:
    """Keep lines of the till's daybook; each is judged for itself, and the same one again is known."""
    here, now, told_key = till(), service().now(), service().told_key
    sent = [Sent(one.line, one.body, one.answer) for one in body.lines]

    def work(tx: Tx) -> intake.Taken:
        found = _asking(tx, here, body.recovery_id)
        return intake.take_lines(
            tx,
            here.community_id,
            found,
            here.terminal_id,
            sent,
            told_key=told_key,
            at=now,
        )

    taken = service().db.write(work)
    return {
        "taken": taken.taken,
        "known": taken.known,
        "refused": [{"place": place, "code": code} for place, code in taken.refused],
    }


@bp.post("/recovery/report")
@allow("recovery.send", revoked=True)
def send_report(body: ReportBody) -> dict[str, Any]:
    """The till has sent everything; refused where something did not arrive."""
    here, now = till(), service().now()

    def work(tx: Tx) -> None:
        found = _asking(tx, here, body.recovery_id)
        said = intake.Said(body.lines, body.last_counter, body.unused, body.checkpoint)
        intake.report(tx, here.community_id, found, here.terminal_id, said, at=now)

    service().db.write(work)
    return {"reported": True}


def asked_of_till(tx: Tx, here: Till) -> dict[str, Any] | None:
    """What a till has to know of a recovery: whether points may be spent, and whether it is still to send."""
    found = epochs.find_open(tx, here.community_id)
    if found is None:
        return None
    known = intake.find_till(tx, here.community_id, found.recovery_id, here.terminal_id)
    return {
        "recovery_id": str(found.recovery_id),
        "state": found.state,
        "since_ms": found.asks_since // _MS_US,
        "wanted": found.is_collecting and (known is None or known.state != "reported"),
        "spending": found.state == "applied",
    }


def notice_missing(here: Till, newest: str, *, at: int) -> None:
    """Raise the alarm where a till was told of a write that the book does not have."""
    with service().db.read() as tx:
        missing = alarms.is_missing(tx, here.community_id, newest)
    if missing:
        service().db.write(
            lambda tx: alarms.note_missing(tx, here.community_id, here.terminal_id, newest, at=at)
        )


def _asking(tx: Tx, here: Till, recovery_id: int) -> Recovery:
    found = epochs.get_open(tx, here.community_id)
    if found.recovery_id != recovery_id or not found.is_collecting:
        raise Refusal("recovery_none")
    return found
