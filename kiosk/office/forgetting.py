"""Deleting what names a person who takes part no longer."""

from __future__ import annotations

from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import allow, terms
from kiosk.forms import act, me, needed
from kiosk.office.frame import bp, to
from ledger.sql import Tx
from pos.desk import day_of
from pos.forgetting import forget_person


@bp.post("/residents/<int:person_id>/forget")
@allow("resident.forget")
def forget_resident(person_id: int) -> AnyResponse:
    """Delete name, phone, PIN, mandates and typed words, once it was said that this cannot be undone."""
    here = terms()
    needed("sure")

    def work(tx: Tx, at: int) -> None:
        forget_person(
            tx,
            here.community.id,
            person_id,
            why=needed("why"),
            today=day_of(here, at),
            by=me(),
            at=at,
        )

    act("person.forget", {"person_id": str(person_id)}, work)
    return to("office.resident", "forgotten", person_id=person_id)
