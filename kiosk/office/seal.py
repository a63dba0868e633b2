"""The seal in the office: how far it is signed, what went up, and what tills met that does not fit."""

from __future__ import annotations

from base64 import b64encode
from typing import Any, Final

from flask import Response, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import act, me, text
from kiosk.office.frame import bp, can, office_page, to
from kiosk.pages import can_say, month_text, say
from kiosk.texts import mark
from ledger.errors import Refusal
from ledger.members import staff
from ledger.members.terms import Terms
from ledger.seal import checkpoints, sealer
from ledger.seal.alarms import DECLARED, Alarm, alarms, answer_alarm
from ledger.seal.publications import Publication, publications
from ledger.sql import Tx

can_say({"alarm_answered": mark("Written down. The alarm stays on record as it came.")})

_WHY: Final = {
    "origin": mark("was shown the log of another community"),
    "signature": mark("was shown a root that no key it knows has signed"),
    "forked": mark(
        "was shown a root that does not grow out of the one it keeps: something was changed or taken out"
    ),
    "older": mark("was shown an older book than it has seen"),
    "published": mark("was shown a published root that is not the one it has seen"),
}


_DECLARED: Final = mark("The community declared a loss; the till had seen what was lost.")


@bp.get("/seal", endpoint="seal")
@allow("office.read")
def seal_page() -> Response:
    """The newest checkpoint, the notices, the alarms."""
    return _page()


@bp.post("/seal/alarms/<int:alarm_id>")
@allow("seal.answer")
def answer(alarm_id: int) -> AnyResponse:
    """Write down what was found out about an alarm."""
    here, by, words = actor().community_id, me(), text("answer")
    try:
        act(
            "seal.answer",
            {"alarm_id": str(alarm_id), "answer": words},
            lambda tx, at: answer_alarm(tx, here, alarm_id, words, by=by, at=at),
        )
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.seal", "alarm_answered")


def _page(*, refusal: Refusal | None = None) -> Response:
    here = terms()
    community_id = here.community.id
    with service().db.read() as tx:
        newest = checkpoints.newest(tx, community_id)
        size = sealer.size(tx, community_id)
        boards = publications(tx, community_id)
        found = [_alarm(tx, here, one) for one in alarms(tx, community_id)]
    return office_page(
        "office/seal.html",
        refusal=refusal,
        size=size,
        newest=None if newest is None else newest._asdict(),
        root="" if newest is None else b64encode(newest.root).decode(),
        boards=[_board(here, one) for one in reversed(boards)],
        alarms=found,
        may_answer=can("seal.answer"),
    )


def _board(here: Terms, found: Publication) -> dict[str, Any]:
    issuer, month = here.community.issuer, month_text(found.month)
    return {
        "month": found.month,
        "published_on": found.published_on,
        "size": found.size,
        "page": url_for("board.board", issuer=issuer, month=month),
        "poster": url_for("board.poster", issuer=issuer, month=month),
    }


def _alarm(tx: Tx, here: Terms, found: Alarm) -> dict[str, Any]:
    till = here.terminals.get(found.terminal_id)
    who = found.answered_by
    said = say(_DECLARED) if found.answer == DECLARED else found.answer
    return {
        **found._asdict(),
        "answer": said,
        "till": "" if till is None else till.code,
        "why_words": say(_WHY[found.why]),
        "who": "" if who is None else staff.name_of(tx, here.community.id, who),
    }
