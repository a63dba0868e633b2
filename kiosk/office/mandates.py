"""Who acts for a resident: mandates on paper written down at the office, and ended there for who has no phone."""

from __future__ import annotations

from typing import Any

from flask import Response
from werkzeug.wrappers import Response as AnyResponse

from kiosk.api.receipts import RELATION_WORDS
from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import act, day, me, needed, text
from kiosk.office.frame import bp, can, office_page, to
from kiosk.pages import can_say, say
from kiosk.texts import mark
from ledger.errors import Refusal
from ledger.members import cards, residents
from ledger.members.masking import mask_name
from ledger.sql import Tx
from pos.desk import day_of
from pos.mandates import Mandate, end_mandate, give_mandate, mandates_of
from pos.proxies import RELATIONS

can_say(
    {
        "mandate": mark("Written down. The resident reads it on their own page."),
        "mandate_off": mark("Ended. The goods counter refuses this person from now on."),
    }
)


@bp.get("/residents/<int:person_id>/mandates", endpoint="mandates")
@allow("resident.read")
def mandates_page(person_id: int) -> Response:
    """Everybody on a resident's list, names masked."""
    return _page(person_id)


@bp.post("/residents/<int:person_id>/mandates")
@allow("resident.write")
def write_mandate(person_id: int) -> AnyResponse:
    """Write a mandate down from its paper."""
    here = terms()

    def work(tx: Tx, at: int) -> dict[str, Any]:
        typed = text("card")
        acts = cards.get_by_number(tx, here.community.id, typed).person_id if typed else None
        if typed and acts is None:
            raise Refusal("card_not_found")
        asked = Mandate(
            relation=needed("relation"),
            name=needed("name"),
            until_date=day("until"),
            paper=needed("paper"),
            acts_person_id=acts,
            may_see=bool(text("may_see")),
        )
        return {"slot": give_mandate(tx, here, person_id, asked, by=me(), at=at)}

    # The name stays out of the body: a hash of it would stand in the book's requests.
    body = {"person_id": str(person_id), "until": text("until"), "card": text("card")}
    return _stay(person_id, "mandate", body, work)


@bp.post("/residents/<int:person_id>/mandates/<int:slot>/end")
@allow("resident.write")
def end_of_mandate(person_id: int, slot: int) -> AnyResponse:
    """End it for a resident who said so at the desk or by telephone."""
    here = actor().community_id

    def work(tx: Tx, at: int) -> None:
        end_mandate(tx, here, person_id, slot, by=me(), at=at)

    return _stay(person_id, "mandate_off", {"person_id": str(person_id), "slot": slot}, work)


def _stay(person_id: int, said: str, body: dict[str, Any], work: Any) -> AnyResponse:  # noqa: ANN401 - see `act`
    try:
        act(said, body, work)
    except Refusal as refusal:
        return _page(person_id, refusal=refusal)
    return to("office.mandates", said, person_id=person_id)


def _page(person_id: int, *, refusal: Refusal | None = None) -> Response:
    here = terms()
    today = day_of(here, service().now())
    with service().db.read() as tx:
        residents.get_resident(tx, here.community.id, person_id)
        name = residents.identity_of(tx, here.community.id, person_id).name
        held = mandates_of(tx, here.community.id, person_id)
    return office_page(
        "office/mandates.html",
        refusal=refusal,
        person_id=person_id,
        masked=mask_name(name) or say(mark("name deleted")),
        held=[
            {
                "slot": one.slot,
                "masked": mask_name(one.name),
                "relation": say(RELATION_WORDS.get(one.relation, one.relation)),
                "until": one.until_date,
                "is_over": bool(one.until_date) and one.until_date < today,
                "paper": one.paper,
                "may_see": one.may_see,
                "since_at": one.since_at,
            }
            for one in held
        ],
        relations=[(value, say(RELATION_WORDS[value])) for value in RELATIONS],
        most=here.settings.most_proxies,
        may_change=can("resident.write"),
    )
