"""Relatives of a resident, and whether they work here: what keeps people from deciding about their own."""

from __future__ import annotations

from typing import Any, Final

from flask import Response, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import act, me, needed, number, text
from kiosk.office.frame import bp, can, office_page, to
from kiosk.office.residents import found_residents, resident_line
from kiosk.page_words import KIN_KINDS, word
from kiosk.pages import say
from ledger.errors import Refusal
from ledger.members import households, kin, residents, staff
from ledger.members.kin import Kin
from ledger.members.masking import mask_name
from ledger.sql import Tx

_MOST: Final = 20
_LONGEST_SEARCH: Final = 40


@bp.route("/residents/<int:person_id>/kin", methods=["GET", "POST"], endpoint="kin")
@allow("resident.read")
def kin_page(person_id: int) -> Response:
    """A resident's declared relatives; with a posted search also who might be declared one."""
    return _page(person_id)


@bp.post("/residents/<int:person_id>/kin/declare")
@allow("resident.write")
def declare_kin(person_id: int) -> AnyResponse:
    """Note another resident as a relative."""
    here, other, kind = actor().community_id, number("other"), needed("kind")

    def work(tx: Tx, at: int) -> None:
        kin.declare(tx, here, person_id, other, kind=kind, by=me(), at=at)

    return _stay(person_id, "kin", {"other": str(other), "kind": kind}, work)


@bp.post("/residents/<int:person_id>/kin/end")
@allow("resident.write")
def end_kin(person_id: int) -> AnyResponse:
    """End a note; it stays in the record."""
    here, other = actor().community_id, number("other")

    def work(tx: Tx, at: int) -> None:
        kin.end(tx, here, person_id, other, by=me(), at=at)

    return _stay(person_id, "kin_ended", {"other": str(other), "end": "1"}, work)


@bp.post("/residents/<int:person_id>/staff")
@allow("staff.write")
def set_staff(person_id: int) -> AnyResponse:
    """Say that this resident is that member of staff, or is no longer."""
    here, staff_id, gone = actor().community_id, number("staff"), text("gone")

    def work(tx: Tx, at: int) -> None:
        known = staff.get_staff(tx, here, staff_id).person_id
        if gone and known != person_id:
            raise Refusal("staff_not_found")
        residents.get_resident(tx, here, person_id)
        staff.set_person(tx, here, staff_id, None if gone else person_id, by=me(), at=at)

    body = {"staff": str(staff_id), "gone": gone}
    return _stay(person_id, "is_staff", body, work)


def _stay(person_id: int, said: str, body: dict[str, Any], work: Any) -> AnyResponse:  # noqa: ANN401 - see `act`
    try:
        act(said, {"person_id": str(person_id), **body}, work)
    except Refusal as refusal:
        return _page(person_id, refusal=refusal)
    return to("office.kin", said, person_id=person_id)


def _page(person_id: int, *, refusal: Refusal | None = None) -> Response:
    here, asked = terms().community.id, text("q")[:_LONGEST_SEARCH]
    with service().db.read() as tx:
        who = residents.get_resident(tx, here, person_id)
        home = households.get_household(tx, here, who.household_id)
        known = kin.kin_of(tx, here, person_id)
        rows = found_residents(tx, here, asked, 0)[:_MOST] if asked else []
        colleagues = [row for row in staff.all_staff(tx, here) if row.merchant_id is None]
        values: dict[str, Any] = {
            "masked": mask_name(residents.identity_of(tx, here, person_id).name),
            "kin": [_line(tx, here, person_id, one) for one in known],
            "found": [resident_line(tx, here, r) for r in rows if r.person_id != person_id],
        }
    return office_page(
        "office/kin.html",
        refusal=refusal,
        person_id=person_id,
        household=home,
        asked=asked,
        kinds=[(kind, say(word(KIN_KINDS, kind).text)) for kind in kin.KINDS],
        works_as=[_colleague(row) for row in colleagues if row.person_id == person_id],
        colleagues=[_colleague(row) for row in colleagues if row.person_id != person_id],
        may_change=can("resident.write"),
        may_link=can("staff.write"),
        **values,
    )


def _line(tx: Tx, here: int, person_id: int, one: Kin) -> dict[str, Any]:
    other = residents.get_resident(tx, here, one.relative_of(person_id))
    return {
        "person_id": other.person_id,
        "href": url_for("office.kin", person_id=other.person_id),
        "masked": mask_name(residents.identity_of(tx, here, other.person_id).name),
        "household": households.get_household(tx, here, other.household_id).code,
        "kind": say(word(KIN_KINDS, one.kind).text),
        "declared_at": one.declared_at,
        "ended_at": one.ended_at,
    }


def _colleague(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row of all_staff
    return {
        "staff_id": int(row.staff_id),
        "name": row.name or row.login,
        "is_oneself": actor().kind == "staff" and int(row.staff_id) == actor().id,
    }
