"""Cards in stacks, and the sheets they are printed on."""

from __future__ import annotations

from typing import Final

from flask import Response, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import act, me, needed, number
from kiosk.office.frame import bp, office_page
from kiosk.page_words import CARD_STATES
from kiosk.pages import page_language, say
from kiosk.prints.card_sheet import MOST_CARDS, CardFace, draw_card_sheet
from ledger import audit
from ledger.errors import Refusal
from ledger.members import cards, households, residents
from ledger.members.cards import Card
from ledger.members.codes import issue_card_code
from ledger.sql import Tx

_PDF: Final = "application/pdf"


@bp.get("/cards", endpoint="cards")
@allow("card.write")
def cards_page() -> Response:
    """How many cards there are in which state, and the forms for stacks and sheets."""
    return _page()


@bp.post("/cards")
@allow("card.write")
def make_cards() -> AnyResponse:
    """Make a stack that belongs to nobody yet."""
    here = actor().community_id

    def work(tx: Tx, at: int) -> dict[str, str]:
        count = number("count")
        if not 1 <= count <= MOST_CARDS:
            raise Refusal("card_sheet_too_long", count=count, most=MOST_CARDS)
        made = cards.make_cards(tx, here, count, by=me(), at=at)
        return {"first": made[0].number, "last": made[-1].number}

    try:
        done = act("cards", {"count": needed("count")}, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return redirect(url_for("office.cards", said="cards_made", **done), 303)


@bp.post("/cards/sheet")
@allow("card.write")
def card_sheet() -> AnyResponse:
    """The PDF of a run of cards, by their short numbers."""
    try:
        with service().db.read() as tx:
            wanted = _run_of_cards(tx, actor().community_id, needed("first"), needed("last"))
        return _sheet(wanted)
    except Refusal as refusal:
        return _page(refusal=refusal)


@bp.get("/cards/<int:serial>.pdf")
@allow("card.write")
def card_sheet_of(serial: int) -> Response:
    """The PDF of one card."""
    with service().db.read() as tx:
        card = cards.get_card(tx, actor().community_id, serial)
    return _sheet([card])


def _run_of_cards(tx: Tx, here: int, first_number: str, last_number: str) -> list[Card]:
    first = cards.get_by_number(tx, here, first_number).serial
    last = cards.get_by_number(tx, here, last_number).serial
    if last - first >= MOST_CARDS:
        raise Refusal("card_sheet_too_long", count=last - first + 1, most=MOST_CARDS)
    found = [cards.get_card(tx, here, serial) for serial in range(first, last + 1)]
    return [card for card in found if card.kind == "printed"]


def _page(*, refusal: Refusal | None = None) -> Response:
    with service().db.read() as tx:
        counts = cards.count_by_state(tx, actor().community_id)
        stack = cards.stack_of(tx, actor().community_id)
    figures = [
        {"name": say(shown.text), "count": counts.get(state, 0)}
        for state, shown in CARD_STATES.items()
    ]
    return office_page(
        "office/cards.html",
        refusal=refusal,
        figures=figures,
        most=MOST_CARDS,
        first=stack[0] if stack else "",
        last=stack[1] if stack else "",
    )


def _sheet(wanted: list[Card]) -> Response:
    here, at, by, vault = terms(), service().now(), me(), service().vault
    community_id = here.community.id

    def work(tx: Tx) -> list[CardFace]:
        # Codes are bearer tokens, so whoever prints them is written down.
        for card in wanted:
            audit.record(tx, community_id, by, "card.print", f"card:{card.serial}", at=at)
        return [
            CardFace(
                issue_card_code(
                    tx, vault, community_id, card.serial, card.issue, at=card.issued_at
                ),
                card.number,
                _holder(tx, community_id, card),
            )
            for card in wanted
        ]

    faces = service().db.write(work)
    body = draw_card_sheet(
        faces,
        community=here.community.name,
        hotline=here.community.hotline,
        language=page_language(),
    )
    answer = Response(body, mimetype=_PDF)
    answer.headers["Content-Disposition"] = 'attachment; filename="cards.pdf"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _holder(tx: Tx, community_id: int, card: Card) -> str:
    if card.person_id is None:
        return ""
    household_id = residents.get_resident(tx, community_id, card.person_id).household_id
    return households.get_household(tx, community_id, household_id).code
