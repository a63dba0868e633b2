"""Purchases of the wrong household at the desk: taken in, the right household found, proposed to a second person."""

from __future__ import annotations

from typing import Any, Final

from flask import Response, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import allow, terms
from kiosk.context import service
from kiosk.forms import act, me, needed, number, text
from kiosk.named_purchases import take_not_ours_form
from kiosk.not_ours_words import purchase_line, said_line
from kiosk.office.frame import bp, can, office_page, to
from kiosk.office.residents import found_residents, resident_line
from kiosk.pages import can_say, say
from kiosk.texts import mark
from ledger.errors import Refusal
from ledger.members import approvals, residents
from ledger.members.approvals import Approval
from ledger.members.masking import mask_name
from ledger.sql import Tx
from settlement.rebooking import APPROVAL, propose_end
from settlement.wrong_household import (
    DAYS_BACK,
    get_said,
    newest_said,
    to_name,
)

_MOST: Final = 20
_LONGEST_SEARCH: Final = 40
ENDS: Final = {
    "rebook": mark("Book it to the household of {name}"),
    "stays": mark("It stays where it is"),
}

can_say(
    {
        "not_ours_taken": mark("Taken in. Look for the household whose purchase it is."),
        "not_ours_proposed": mark("Proposed. A second person of neither household has to agree."),
    }
)


@bp.get("/not-ours", endpoint="not_ours")
@allow("resident.read")
def not_ours_list() -> Response:
    """What households said last, newest first."""
    here = terms()
    with service().db.read() as tx:
        named = [said_line(here, row) for row in newest_said(tx, here.community.id)]
    return office_page("office/not_ours.html", named=named)


@bp.get("/residents/<int:person_id>/not-ours")
@allow("card.write")
def new_not_ours(person_id: int) -> Response:
    """The purchases on a resident's account that can be named."""
    return _form_page(person_id)


@bp.post("/residents/<int:person_id>/not-ours")
@allow("card.write")
def take_not_ours(person_id: int) -> AnyResponse:
    """Take in which of them are another household's."""
    try:
        first = take_not_ours_form("not_ours", person_id, {"person_id": str(person_id)})
    except Refusal as refusal:
        return _form_page(person_id, refusal=refusal)
    return to("office.not_ours_one", "not_ours_taken", number=first)


@bp.route("/not-ours/<int:number>", methods=["GET", "POST"])
@allow("resident.read")
def not_ours_one(number: int) -> Response:
    """One purchase in question; with a posted search also whose it might be."""
    return _one(number)


@bp.post("/not-ours/<int:number>/propose")
@allow("card.write")
def propose_not_ours(number: int) -> AnyResponse:
    """Propose the household it belongs to, or that it stays."""
    here, by, end = terms().community.id, me(), text("end")

    def work(tx: Tx, at: int) -> dict[str, Any]:
        if end not in ENDS:
            raise Refusal("form_gap")
        other = _chosen() if end == "rebook" else 0
        why = needed("why")
        made = propose_end(
            tx,
            here,
            number,
            "rebook" if end == "rebook" else "stays",
            to_person=other,
            why=why,
            by=by,
            at=at,
        )
        return {"approval_id": str(made)}

    try:
        act("not_ours.propose", {"number": str(number), "end": end, "other": text("other")}, work)
    except Refusal as refusal:
        return _one(number, refusal=refusal)
    return to("office.not_ours_one", "not_ours_proposed", number=number)


def rebook_details(tx: Tx, row: Approval) -> str:
    """What the second person has to see to agree."""
    here = terms()
    said = said_line(here, get_said(tx, here.community.id, int(row.body["discrepancy_no"])))
    parts = (said["shop"], said["ref"], said["used"], _end_text(tx, row), str(row.body["why"]))
    return " · ".join(part for part in parts if part)


def _end_text(tx: Tx, row: Approval) -> str:
    name = ""
    if other := row.body.get("to_person"):
        name = mask_name(residents.identity_of(tx, terms().community.id, int(other)).name)
    return say(ENDS[str(row.body["end"])]).format(name=name)


def _chosen() -> int:
    """The resident who was ticked.

    Refuses: form_gap.
    """
    if not text("other"):
        raise Refusal("form_gap")
    return number("other")


def _one(number: int, *, refusal: Refusal | None = None) -> Response:
    here, asked = terms(), text("q")[:_LONGEST_SEARCH]
    with service().db.read() as tx:
        row = get_said(tx, here.community.id, number)
        found = found_residents(tx, here.community.id, asked, 0)[:_MOST] if asked else []
        proposed = approvals.find_latest(tx, here.community.id, APPROVAL, f"discrepancy:{number}")
        waits = proposed is not None and proposed.state == "proposed"
        values: dict[str, Any] = {
            "masked": mask_name(
                residents.identity_of(tx, here.community.id, int(row.person_id)).name
            ),
            "found": [resident_line(tx, here.community.id, one) for one in found],
            "waits": _end_text(tx, proposed) if proposed is not None and waits else "",
        }
    return office_page(
        "office/not_ours_one.html",
        refusal=refusal,
        one=said_line(here, row),
        person_id=int(row.person_id),
        told=row.told,
        asked=asked,
        why=text("why"),
        may_propose=can("card.write") and row.decision is None and not waits,
        difference=url_for("office.discrepancy", number=number),
        **values,
    )


def _form_page(person_id: int, *, refusal: Refusal | None = None) -> Response:
    here = terms()
    with service().db.read() as tx:
        rows = to_name(tx, here.community.id, person_id, at=service().now())
        name = residents.identity_of(tx, here.community.id, person_id).name
    return office_page(
        "office/new_not_ours.html",
        refusal=refusal,
        person_id=person_id,
        masked=mask_name(name),
        entries=[purchase_line(here, row) for row in rows],
        told=text("told"),
        days=DAYS_BACK,
    )
