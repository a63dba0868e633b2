"""Without a card at the desk: found by name, building and the last four digits of the telephone."""

from __future__ import annotations

from flask import Response
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow
from kiosk.context import service
from kiosk.forms import is_first, me, needed, text
from kiosk.office.frame import bp, office_page, to
from ledger.errors import Refusal
from pos.forgotten import Said, find_forgotten


@bp.get("/forgotten", endpoint="forgotten")
@allow("card.write")
def forgotten_page() -> Response:
    """The empty form."""
    return _page()


@bp.post("/forgotten")
@allow("card.write")
def find() -> AnyResponse:
    """Lead to the resident's page, where a certificate can be printed or another card be given."""
    try:
        said = Said(needed("name"), needed("building"), needed("last_four"), text("reason"))
        # What was typed is a person's; the kept request holds none of it.
        if not is_first("forgotten", {}):
            return to("office.forgotten")
        person = find_forgotten(
            service().db, actor().community_id, said, by=me(), at=service().now()
        )
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.resident", "holder_found", person_id=person)


def _page(*, refusal: Refusal | None = None) -> Response:
    return office_page("office/forgotten.html", refusal=refusal)
