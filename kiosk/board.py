"""The monthly notices anybody may read: the list, each as a page and as a poster. Nothing here needs a sign-in."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, request, url_for

from kiosk.auth import allow
from kiosk.board_sheet import BoardFace, Link, board_page, draw_board, style_hash
from kiosk.context import service
from kiosk.pages import page, page_language
from kiosk.seal_codes import CHECK_PATH, board_address
from kiosk.texts import mark, translator
from ledger.errors import Refusal
from ledger.members import communities
from ledger.members.roles import ANYONE
from ledger.seal.proof_code import board_code
from ledger.seal.publications import get_publication, publications
from ledger.sql import Row, Tx

bp: Final = Blueprint("board", __name__, url_prefix="/board")

_POLICY: Final = (
    "default-src 'none'; style-src {style}; img-src 'self' data:; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)
_LAST_MONTH: Final = 12


@bp.get("", strict_slashes=False)
@allow(ANYONE)
def boards() -> Response:
    """The notices of one community, newest first; with several communities, those first."""
    with service().db.read() as tx:
        rows = communities.all_communities(tx)
        asked = request.args.get("c", "").strip().upper()
        here = next((row for row in rows if row.issuer == asked), None)
        if here is None and len(rows) == 1:
            here = rows[0]
        found = [] if here is None else publications(tx, int(here.community_id))
    return page(
        "board/list.html",
        places=rows if here is None else [],
        community_name=None if here is None else here.name,
        hotline=None if here is None else here.hotline,
        issuer="" if here is None else here.issuer,
        boards=[
            {"month": one.month, "published_on": one.published_on, "size": one.size}
            for one in reversed(found)
        ],
    )


@bp.get("/<issuer>/<month>")
@allow(ANYONE)
def board(issuer: str, month: str) -> Response:
    """One month's notice as a page; it needs nothing else, so it can be kept and passed on."""
    with service().db.read() as tx:
        community = communities.get_by_issuer(tx, issuer)
        face = face_of(tx, community, month_of(month))
    language = page_language()
    code = board_code(community.issuer, face.publication.note)
    html = board_page(
        face, language, _links(issuer, month, language), address=f"{CHECK_PATH}/{code}"
    )
    answer = Response(html)
    answer.headers["Content-Security-Policy"] = _POLICY.format(style=style_hash())
    return answer


@bp.get("/<issuer>/<month>.pdf")
@allow(ANYONE)
def poster(issuer: str, month: str) -> Response:
    """One month's notice to print and hang up."""
    with service().db.read() as tx:
        face = face_of(tx, communities.get_by_issuer(tx, issuer), month_of(month))
    answer = Response(draw_board(face, page_language()), content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="board-{issuer}-{month}.pdf"'
    return answer


def face_of(tx: Tx, community: Row, month: int) -> BoardFace:
    """A month's notice before it is drawn.

    Refuses publication_not_found.
    """
    found = get_publication(tx, int(community.community_id), month)
    code = board_address(community.issuer, found)
    return BoardFace(community.name, community.hotline or "", found, code)


def month_of(text: str) -> int:
    """202603 for `2026-03`.

    Refuses route_not_found for anything else.
    """
    year, _, month = text.partition("-")
    right = len(year) == len("2026") and len(month) == len("03") and (year + month).isascii()
    if not right or not (year + month).isdigit() or not 1 <= int(month) <= _LAST_MONTH:
        raise Refusal("route_not_found")
    return int(year) * 100 + int(month)


def _links(issuer: str, month: str, language: str) -> tuple[Link, ...]:
    other = "zh" if language == "en" else "en"
    here: dict[str, Any] = {"issuer": issuer, "month": month}
    _ = translator(language)
    name = translator(other)(mark("English") if other == "en" else mark("Chinese"))
    return (
        Link(url_for("board.boards", c=issuer), _("All notices")),
        Link(url_for("board.poster", **here, lang=language), _("To print")),
        Link(url_for("board.board", **here, lang=other), name, "en" if other == "en" else "zh-CN"),
    )
