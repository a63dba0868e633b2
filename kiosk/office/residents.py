"""Residents at the service desk: found with masked names, registered, given cards and PINs."""

from __future__ import annotations

from typing import Any, Final

from flask import Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import act, hundredths, me, needed, number, text
from kiosk.office.certificates import certificate_facts
from kiosk.office.frame import bp, can, office_page, to
from kiosk.page_words import CARD_KINDS, CARD_STATES, PIN_STATES, RESIDENT_STATES, word
from kiosk.pages import say
from kiosk.resident.entries import MOST, entries_from
from kiosk.texts import mark
from ledger import audit
from ledger.book.balances import entries_of, wallet_of
from ledger.errors import Refusal
from ledger.members import cards, carers, consents, households, kin, pins, residents
from ledger.members.cards import Card
from ledger.members.masking import mask_name, mask_phone
from ledger.members.residents import Identity, Resident
from ledger.members.terms import Terms
from ledger.refs import is_valid
from ledger.sql import Tx
from pos.proxies import proxies_of

_PAGE: Final = 30
_LONGEST_SEARCH: Final = 40


@bp.route("/residents", methods=["GET", "POST"], endpoint="residents")
@allow("resident.read")
def residents_list() -> Response:
    """The list: names masked, found by a part of the name, a phone, a household or a card.

    The search is posted, so that a name never stands in an address, a log or a browser's history.
    """
    asked = text("q")[:_LONGEST_SEARCH]
    after = number("after") if text("after") else 0
    here = actor().community_id
    with service().db.read() as tx:
        rows = found_residents(tx, here, asked, after)
        shown = [resident_line(tx, here, row) for row in rows[:_PAGE]]
        locked = [_locked_line(tx, here, row) for row in pins.locked(tx, here)]
    return office_page(
        "office/residents.html",
        residents=shown,
        locked=locked,
        asked=asked,
        after=shown[-1]["person_id"] if len(rows) > _PAGE else None,
        may_change=can("resident.write"),
        may_import=can("import.write"),
    )


@bp.get("/residents/<int:person_id>")
@allow("resident.read")
def resident(person_id: int) -> Response:
    """One resident with cards and newest entries; name and phone masked. Who looked is written down."""
    here, by, at = actor().community_id, me(), service().now()

    def work(tx: Tx) -> None:
        residents.get_resident(tx, here, person_id)
        audit.record(tx, here, by, "person.read", f"person:{person_id}", at=at)

    service().db.write(work)
    return _resident_page(person_id)


@bp.post("/residents/<int:person_id>/identity")
@allow("resident.read")
def show_identity(person_id: int) -> Response:
    """Name and phone in full, once; who looked is written down first."""
    here = actor().community_id

    def work(tx: Tx, at: int) -> None:
        residents.get_resident(tx, here, person_id)
        audit.record(tx, here, me(), "identity.read", f"person:{person_id}", at=at)

    act("identity", {"person_id": str(person_id)}, work)
    with service().db.read() as tx:
        shown = residents.identity_of(tx, here, person_id)
    return _resident_page(person_id, shown=shown)


@bp.get("/residents/new")
@allow("resident.write")
def new_resident() -> Response:
    """The empty form."""
    return office_page("office/new_resident.html", form={})


@bp.post("/residents/new")
@allow("resident.write")
def register_resident() -> AnyResponse:
    """Register a resident, in a household that is opened where its code is new."""
    here = actor().community_id

    def work(tx: Tx, at: int) -> dict[str, Any]:
        code = needed("household").upper()
        known = households.find_by_code(tx, here, code)
        household_id = (
            known.household_id
            if known
            else households.open_household(
                tx,
                here,
                code=code,
                building=needed("building"),
                unit=needed("unit"),
                by=me(),
                at=at,
            )
        )
        person_id = residents.register(
            tx,
            here,
            household_id,
            Identity(needed("name"), text("phone")),
            birth_year=number("birth_year") if text("birth_year") else None,
            consent_at=at if text("consent") else None,
            by=me(),
            at=at,
        )
        return {"person_id": str(person_id)}

    form = {name: text(name) for name in _REGISTER_FIELDS}
    try:
        # The hash of what was typed stands in the book's requests, so the name is left out of it.
        done = act("register", {"household": form["household"]}, work)
    except Refusal as refusal:
        return office_page("office/new_resident.html", refusal=refusal, form=form)
    return to("office.resident", "registered", person_id=int(done["person_id"]))


_REGISTER_FIELDS: Final = (
    "name", "phone", "birth_year", "household", "building", "unit", "consent",
)  # fmt: skip


@bp.post("/residents/<int:person_id>/consent")
@allow("resident.write")
def record_consent(person_id: int) -> AnyResponse:
    """Keep that the signed consent is here."""
    here = actor().community_id

    def work(tx: Tx, at: int) -> None:
        residents.record_consent(tx, here, person_id, by=me(), at=at)

    act("consent", {"person_id": str(person_id)}, work)
    return to("office.resident", person_id=person_id)


@bp.post("/residents/<int:person_id>/card")
@allow("card.write")
def give_card(person_id: int) -> AnyResponse:
    """Hand out a card from the stack, or a new one."""
    here, typed, here_terms = actor().community_id, text("number"), terms()

    def work(tx: Tx, at: int) -> None:
        if text("carer_points"):
            most, _free = here_terms.limits(is_code=False)
            units = hundredths("carer_points") * 10**here_terms.shown.precision // 100
            carers.open_carer_card(tx, here, person_id, units, most=most, by=me(), at=at)
        elif typed:
            found = cards.get_by_number(tx, here, typed)
            cards.assign(tx, here, found.serial, person_id, by=me(), at=at)
        else:
            cards.open_card(tx, here, person_id, by=me(), at=at)

    return _stay(
        person_id, "card_given", "card", {"number": typed, "carer": text("carer_points")}, work
    )


@bp.post("/residents/<int:person_id>/card/<int:serial>/state")
@allow("card.write")
def change_card(person_id: int, serial: int) -> AnyResponse:
    """Suspend a card, take it back into use, note it as lost, or replace it."""
    here, wanted = actor().community_id, needed("state")

    def work(tx: Tx, at: int) -> None:
        if cards.get_card(tx, here, serial).person_id != person_id:
            raise Refusal("card_not_found")
        if wanted == _REPLACE:
            cards.reissue(tx, here, serial, by=me(), at=at)
        else:
            cards.set_state(tx, here, serial, wanted, by=me(), at=at)

    return _stay(person_id, "card_changed", "card.state", {"card": serial, "to": wanted}, work)


@bp.post("/residents/<int:person_id>/pin")
@allow("pin.write")
def set_pin(person_id: int) -> AnyResponse:
    """Set the PIN the resident typed twice at the desk."""
    here, digits = actor().community_id, request.form.get("pin", "")

    def work(tx: Tx, at: int) -> None:
        if digits != request.form.get("again", ""):
            raise Refusal("pin_not_same")
        pins.set_pin(
            tx, here, person_id, digits,
            pepper=service().pepper, by=me(), at=at, cost=service().hash_cost,
        )  # fmt: skip

    # The digits stay out of the body: a hash over six digits could be guessed.
    return _stay(person_id, "pin_set", "pin", {}, work)


_REPLACE: Final = "replace"


def _stay(person_id: int, said: str, kind: str, body: dict[str, Any], work: Any) -> AnyResponse:  # noqa: ANN401
    try:
        act(kind, {"person_id": str(person_id), **body}, work)
    except Refusal as refusal:
        return _resident_page(person_id, refusal=refusal)
    return to("office.resident", said, person_id=person_id)


def found_residents(tx: Tx, here: int, asked: str, after: int) -> list[Any]:
    """Residents by name, phone, household or card number: one more than a page shows."""
    plain = asked.upper().replace(" ", "").replace("-", "")
    if plain.isascii() and plain[:-1].isdigit() and len(plain) > 6 and is_valid(plain):  # noqa: PLR2004 - serial and check character
        try:
            holder = cards.get_by_number(tx, here, asked).person_id
        except Refusal:
            holder = None
        if holder is not None:
            return residents.search(tx, here, "", after=holder - 1, limit=1)
    return residents.search(tx, here, asked, after=after, limit=_PAGE + 1)


def _locked_line(tx: Tx, here: int, row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row of pins.locked
    person_id = int(row.person_id)
    name = residents.identity_of(tx, here, person_id).name
    return {"person_id": person_id, "masked": mask_name(name), "at": int(row.locked_at)}


def resident_line(tx: Tx, here: int, row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row of residents.search
    """One line of a list: the name masked."""
    state = word(RESIDENT_STATES, row.state)
    return {
        "person_id": int(row.person_id),
        "masked": mask_name(row.name or ""),
        "household": row.household_code,
        "cards": [card.number for card in cards.cards_of(tx, here, int(row.person_id))],
        "state": say(state.text),
        "tone": state.tone,
    }


def _resident_page(
    person_id: int, *, shown: Identity | None = None, refusal: Refusal | None = None
) -> Response:
    here = terms()
    with service().db.read() as tx:
        who = residents.get_resident(tx, here.community.id, person_id)
        values = _facts(tx, here, who)
    state = word(RESIDENT_STATES, who.state)
    return office_page(
        "office/resident.html",
        refusal=refusal,
        shown=shown,
        person_id=person_id,
        state=say(state.text),
        tone=state.tone,
        is_active=who.state == "active",
        consent_at=who.consent_at,
        may_change=can("resident.write"),
        may_card=can("card.write"),
        may_pin=can("pin.write"),
        may_forget=can("resident.forget"),
        **values,
    )


def _facts(tx: Tx, here: Terms, who: Resident) -> dict[str, Any]:
    community_id, civic = here.community.id, here.shown
    identity = residents.identity_of(tx, community_id, who.person_id)
    owner = who.household_id if civic.has_pool else who.person_id
    shops = {shop.merchant_id: shop.name for shop in here.merchants.values()}
    rows = entries_of(tx, community_id, owner, civic.commodity, most=MOST)
    return {
        "masked": mask_name(identity.name),
        "masked_phone": mask_phone(identity.phone),
        "household": households.get_household(tx, community_id, who.household_id),
        "wallet": wallet_of(tx, community_id, owner, civic.commodity),
        "precision": civic.precision,
        "kin_count": sum(k.ended_at is None for k in kin.kin_of(tx, community_id, who.person_id)),
        "consent": consents.given_by(tx, community_id, who.person_id),
        "consent_now": consents.current(tx, community_id).version_no,
        "proxy_count": len(proxies_of(tx, community_id, who.person_id)),
        "pin": say(word(PIN_STATES, pins.state_of(tx, community_id, who.person_id)).text),
        "cards": [_card(who, card) for card in cards.cards_of(tx, community_id, who.person_id)],
        "carer_limits": _carer_limits(tx, community_id, who.person_id),
        "entries": entries_from(rows, shops, say),
        **certificate_facts(tx, here, who.person_id, at=service().now()),
    }


def _carer_limits(tx: Tx, here: int, person_id: int) -> dict[str, int]:
    """By short number: what a carer's card spends a day."""
    limits = carers.limits_of(tx, here, person_id)
    return {cards.get_card(tx, here, serial).number: units for serial, units in limits.items()}


def _card(who: Resident, card: Card) -> dict[str, Any]:
    state = word(CARD_STATES, card.state)
    href = url_for("office.change_card", person_id=who.person_id, serial=card.serial)
    wanted = [name for name in _CARD_ACTS if name in cards.MAY_BECOME.get(card.state, frozenset())]
    acts = [{"href": href, "state": name, **_CARD_ACTS[name]} for name in [*wanted, _REPLACE]]
    return {
        "number": card.number,
        "kind": say(word(CARD_KINDS, card.kind).text),
        "issue": card.issue,
        "issued_at": card.issued_at,
        "state": say(state.text),
        "tone": state.tone,
        "acts": [{**one, "name": say(one["name"])} for one in acts],
        "sheet": url_for("office.card_sheet_of", serial=card.serial)
        if card.kind == "printed" and card.state == "active"
        else None,
    }


_CARD_ACTS: Final = {
    "lost": {"name": mark("Report as lost"), "look": ""},
    "suspended": {"name": mark("Suspend"), "look": "secondary outline"},
    "active": {"name": mark("Take back into use"), "look": ""},
    _REPLACE: {"name": mark("Replace: the old print stops working"), "look": "outline"},
}
