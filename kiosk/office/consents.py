"""What residents agree to, version by version, and how many agreed to which."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow
from kiosk.context import service
from kiosk.forms import act, me
from kiosk.office.frame import bp, can, office_page, to
from kiosk.pages import can_say
from kiosk.texts import mark
from ledger.errors import Refusal
from ledger.members import consents
from ledger.sql import Tx

can_say(
    {"consent_text": mark("In force. Whoever agreed to an older version is asked on their page.")}
)


@bp.get("/consents", endpoint="consents")
@allow("resident.read")
def consents_page() -> Response:
    """Every version with the number of those who agreed to it last."""
    return _page()


@bp.post("/consents")
@allow("settings.write")
def publish_consent() -> AnyResponse:
    """Write down a new version of the text."""
    here, body = actor().community_id, request.form.get("body", "").replace("\r\n", "\n")

    def work(tx: Tx, at: int) -> dict[str, Any]:
        return {"version": consents.publish(tx, here, body, by=me(), at=at)}

    try:
        act("consent.text", {"body": body}, work)
    except Refusal as refusal:
        return _page(refusal=refusal, body=body)
    return to("office.consents", "consent_text")


def _page(*, refusal: Refusal | None = None, body: str = "") -> Response:
    here = actor().community_id
    with service().db.read() as tx:
        known = consents.versions(tx, here)
        behind = consents.behind(tx, here)
    return office_page(
        "office/consents.html",
        refusal=refusal,
        versions=[{"text": text, "people": people} for text, people in known],
        behind=behind if known else 0,
        body=body or (known[0][0].body if known else ""),
        longest=consents.LONGEST,
        may_write=can("settings.write"),
    )
