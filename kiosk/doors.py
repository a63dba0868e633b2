"""What the pages to sign in share: which community is meant, and where to go afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from flask import Response, request

from kiosk.context import service
from kiosk.pages import page
from ledger.errors import Refusal
from ledger.members import communities

_COOKIE: Final = "jifen_place"
_LIFE_S: Final = 365 * 86_400


class Place(NamedTuple):
    """A community one can sign in to."""

    issuer: str
    name: str
    hotline: str


def asked_place() -> str:
    """The community's code from the form, the address or the last visit; '' where none was named."""
    asked = request.form.get("place") or request.args.get("c") or request.cookies.get(_COOKIE) or ""
    return asked.strip().upper()


def door_page(
    template: str,
    *,
    area: str,
    refusal: Refusal | None = None,
    **values: Any,  # noqa: ANN401 - whatever the template shows
) -> Response:
    """A page to sign in. With one community on the server nobody has to choose one."""
    with service().db.read() as tx:
        rows = communities.all_communities(tx)
    places = [Place(row.issuer, row.name, row.hotline) for row in rows]
    asked = asked_place()
    here = next((place for place in places if place.issuer == asked), None)
    if here is None and len(places) == 1:
        here = places[0]
    return page(
        template,
        refusal=refusal,
        places=places if here is None else [],
        place=here.issuer if here else "",
        community_name=here.name if here else None,
        hotline=here.hotline if here else None,
        following=next_address(area),
        **values,
    )


def come_in(
    template: str,
    *,
    area: str,
    sign_in: Callable[[Response], None],
    **typed: str,
) -> Response:
    """Answer a filled-in page to sign in: let in by `sign_in`, or the page again with what was `typed`."""
    response = Response(status=303, headers={"Location": next_address(area)})
    try:
        sign_in(response)
    except Refusal as refusal:
        return door_page(template, area=area, refusal=refusal, **typed)
    _remember_place(response, asked_place())
    return response


def next_address(area: str) -> str:
    """Where to go after signing in: the page that was asked for, if it is one of this area's."""
    asked = request.form.get("next") or request.args.get("next") or ""
    inside = asked == f"/{area}" or asked.startswith((f"/{area}/", f"/{area}?"))
    return asked if inside and "\\" not in asked and "//" not in asked else f"/{area}"


def _remember_place(response: Response, issuer: str) -> None:
    """Keep the community for the next visit; it is no secret and opens nothing."""
    response.set_cookie(
        _COOKIE,
        issuer,
        max_age=_LIFE_S,
        httponly=True,
        samesite="Lax",
        secure=service().settings.is_https,
    )
