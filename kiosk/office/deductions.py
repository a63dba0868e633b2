"""Points taken by a decision: proposed here by one, agreed to under Approvals by another."""

from __future__ import annotations

from typing import Any, Final

from flask import Response
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import allow, terms
from kiosk.context import service
from kiosk.forms import act, day, me, needed, text
from kiosk.office.frame import bp, can, office_page, to
from kiosk.pages import day_text, points, say
from kiosk.texts import mark
from ledger.awards.deductions import Deduction, agree_to_deduction, propose_deduction
from ledger.awards.lists import newest_awards
from ledger.awards.rules import deductions_of
from ledger.earning.scheme import Scheme
from ledger.errors import Refusal
from ledger.expiry.plan import PointKind, kinds_of
from ledger.members import cards, households, residents
from ledger.members.approvals import Approval
from ledger.members.masking import mask_name
from ledger.members.terms import Terms
from ledger.sql import Row, Tx
from pos.desk import day_of

_FIELDS: Final = ("item", "whom", "day", "reason")


@bp.get("/deductions")
@allow("grant.propose", "grant.approve")
def deductions() -> Response:
    """The form, and what was decided lately."""
    return _page()


@bp.post("/deductions")
@allow("grant.propose")
def propose() -> AnyResponse:
    """Propose that an item takes points; nothing moves before a second person agrees."""
    here, by = terms(), me()

    def work(tx: Tx, at: int) -> dict[str, Any]:
        today, happened_on = day_of(here, at), day("day")
        scheme = here.scheme_on(happened_on)
        item = needed("item")
        household_id, person_id = _whom(tx, here, scheme, item, needed("whom"))
        asked = Deduction(item, household_id, person_id, happened_on, needed("reason"))
        number = propose_deduction(tx, here.community.id, scheme, asked, today=today, by=by, at=at)
        return {"approval_id": str(number)}

    try:
        # What was typed as reason is about a person: it stands in the proposal, not in the request.
        act("deduction", {"item": text("item"), "day": text("day")}, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.deductions", "proposed")


def agree_and_post(tx: Tx, here: Terms, approval: Approval, *, at: int) -> None:
    """Agree to a proposed deduction and post it, under the scheme of the day it happened.

    Refuses what `ledger.awards.deductions.agree_to_deduction` refuses.
    """
    scheme = here.scheme_on(int(approval.body["happened_on"]))
    agree_to_deduction(
        tx,
        here.community.id,
        scheme,
        approval.approval_id,
        today=day_of(here, at),
        by=me(),
        at=at,
    )


def deduction_details(tx: Tx, here: Terms, approval: Approval) -> str:
    """What the second person has to see to agree."""
    body = approval.body
    scheme = here.scheme_on(int(body["happened_on"]))
    item = scheme.get_item(body["item_code"])
    kind = _kind_of(scheme, item.point_type)
    whose = _name_of(tx, here, body["household_id"], body["person_id"])
    parts = (
        f"{item.code} {item.name}",
        f"{points(int(body['units']), kind.precision)} {kind.name}",
        whose,
        day_text(int(body["happened_on"])),
        body["reason"],
    )
    return " · ".join(str(part) for part in parts)


def _whom(
    tx: Tx, here: Terms, scheme: Scheme, item_code: str, typed: str
) -> tuple[int | None, int | None]:
    """The household, or the person by the number of their card, as the item's points belong to one or the other.

    Refuses award_item_unknown, household_not_found, card_not_found, award_person_needed.
    """
    items = {item.code: item for item, _ in deductions_of(scheme)}
    if item_code not in items:
        raise Refusal("award_item_unknown", item=item_code[:20])
    kind = _kind_of(scheme, items[item_code].point_type)
    home = households.find_by_code(tx, here.community.id, typed.upper())
    if kind.of_household:
        if home is None:
            raise Refusal("household_not_found")
        return home.household_id, None
    if home is not None:
        raise Refusal("award_person_needed")
    holder = cards.get_by_number(tx, here.community.id, typed).person_id
    if holder is None:
        raise Refusal("card_not_found")
    return None, holder


def _page(*, refusal: Refusal | None = None) -> Response:
    here, at = terms(), service().now()
    scheme = here.scheme_on(day_of(here, at))
    with service().db.read() as tx:
        rows = [_line(tx, here, row) for row in newest_awards(tx, here.community.id)]
    typed = {name: text(name) for name in _FIELDS}
    return office_page(
        "office/deductions.html",
        refusal=refusal,
        items=[
            {
                "code": item.code,
                "name": f"{item.code} {item.name}{say(mark(': '))}{points(units, item.precision)}",
                "here": item.code == typed["item"],
            }
            for item, units in deductions_of(scheme)
        ],
        form={**typed, "day": typed["day"] or day_text(day_of(here, at))},
        rows=rows,
        may_propose=can("grant.propose"),
    )


def _line(tx: Tx, here: Terms, row: Row) -> dict[str, Any]:
    scheme = here.scheme_on(int(row.happened_on))
    item = scheme.get_item(row.item_code)
    kind = _kind_of(scheme, item.point_type)
    household = row.owner_id if kind.of_household else None
    person = None if kind.of_household else row.owner_id
    return {
        "day": int(row.happened_on),
        "item": f"{item.code} {item.name}",
        "whose": _name_of(tx, here, household, person),
        "asked": points(int(row.asked_units), kind.precision),
        "booked": points(int(row.booked_units), kind.precision),
        "owed": points(int(row.owed_units), kind.precision) if row.owed_units else "",
        "dropped": points(int(row.dropped_units), kind.precision) if row.dropped_units else "",
        "reason": row.reason,
        "private": bool(row.is_private),
    }


def _name_of(tx: Tx, here: Terms, household_id: int | None, person_id: int | None) -> str:
    """A household by its code, a person by the masked name and the household's code."""
    community_id = here.community.id
    if household_id is not None:
        return households.get_household(tx, community_id, household_id).code
    who = residents.get_resident(tx, community_id, int(person_id or 0))
    name = mask_name(residents.identity_of(tx, community_id, who.person_id).name)
    code = households.get_household(tx, community_id, who.household_id).code
    return f"{name or say(mark('name deleted'))} {code}"


def _kind_of(scheme: Scheme, code: str) -> PointKind:
    return next(kind for kind in kinds_of(scheme) if kind.code == code)
