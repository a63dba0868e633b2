"""Purchases a holder did not make, on their own page: tick them, the card is blocked at once."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import text
from kiosk.misuse_words import entry_line, form_line
from kiosk.named_purchases import take_misuse_form
from kiosk.pages import can_say
from kiosk.resident.views import resident_page
from kiosk.texts import mark
from ledger.errors import Refusal
from ledger.members import residents
from pos.desk import day_of
from pos.misuse import facts
from pos.misuse.report import DAYS_BACK, first_day

bp: Final = Blueprint("resident_misuse", __name__, url_prefix="/me/misuse")

can_say(
    {
        "misuse_sent": mark(
            "Sent. Your card is blocked; come to the office with your identity card for a new one."
        )
    }
)


@bp.get("", strict_slashes=False)
@allow("me.read")
def home() -> Response:
    """The purchases that can be named, and the forms there are."""
    return _page()


@bp.post("", strict_slashes=False)
@allow("me.misuse")
def send() -> AnyResponse:
    """Send the form; nobody has to be called first."""
    try:
        take_misuse_form("misuse.own", actor().id, {})
    except Refusal as refusal:
        return _page(refusal=refusal)
    return redirect(url_for("resident_misuse.home", said="misuse_sent"), 303)


def _page(*, refusal: Refusal | None = None) -> Response:
    here, today = terms(), day_of(terms(), service().now())
    with service().db.read() as tx:
        who = residents.get_resident(tx, here.community.id, actor().id)
        rows = facts.to_name(
            tx, here.community.id, who.person_id, who.household_id, since=first_day(today)
        )
        forms = [
            {
                **form_line(form, today),
                "lines": [
                    entry_line(here, row)
                    for row in facts.entries_on(tx, here.community.id, int(form.form_id))
                ],
            }
            for form in facts.forms_of(tx, here.community.id, who.person_id)
        ]
    return resident_page(
        here,
        "resident/misuse.html",
        refusal=refusal,
        entries=[entry_line(here, row) for row in rows],
        forms=forms,
        told=text("told"),
        days=DAYS_BACK,
    )
