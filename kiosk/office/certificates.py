"""Certificates at the desk: printed, printed again, cancelled, looked up, and taken where a shop calls the hotline."""

from __future__ import annotations

from typing import Any, Final

from flask import Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import act, hundredths, is_first, me, needed, number, request_id, text
from kiosk.office.frame import bp, can, office_page, to
from kiosk.page_words import Word, word
from kiosk.pages import page_language, say
from kiosk.prints.certificate import Paper, draw_certificate
from kiosk.texts import mark
from ledger import audit
from ledger.certificates import desk, facts
from ledger.certificates.codes import code_of
from ledger.certificates.rules import (
    LEAST_POINTS,
    MOST_POINTS,
    check_open,
    number_text,
    read_number,
)
from ledger.earning.rates import offset_fen
from ledger.errors import Refusal
from ledger.members import residents
from ledger.members.terms import Terms
from ledger.sql import Row, Tx
from ledger.units import points_text, yuan_text
from pos.certificate_desk import Call, kinds_offered, print_at_desk, take_by_hotline
from pos.desk import day_of, rules_on

STATES: Final = {
    "open": Word(mark("good"), "good"),
    "used": Word(mark("used"), "wait"),
    "cancelled": Word(mark("cancelled"), "bad"),
    "expired": Word(mark("past its last day"), "wait"),
}
_CHANNELS: Final = {
    "scan": mark("by phone scan"),
    "credit_card": mark("by credit card"),
    "bank_card": mark("by bank card"),
    "cash": mark("in cash (earns nothing)"),
}


@bp.get("/certificates", endpoint="certificates")
@allow("card.write")
def certificates_page() -> Response:
    """The newest certificates, and the form for calls from shops."""
    return _page()


@bp.post("/certificates/find")
@allow("card.write")
def find_certificate() -> Response:
    """What became of a certificate, by its number; nothing is written."""
    try:
        with service().db.read() as tx:
            found = _by_number(tx, needed("number"))
        return _page(found=[_line(terms(), found)])
    except Refusal as refusal:
        return _page(refusal=refusal)


@bp.post("/certificates/hotline")
@allow("card.write")
def hotline() -> AnyResponse:
    """Take a certificate that a shop reads to the hotline, and say the reference that the shop notes down."""
    here = terms()
    try:
        call = Call(
            community_id=here.community.id,
            request_id=request_id(),
            merchant_id=number("merchant"),
            number=needed("number"),
            total_fen=hundredths("total"),
            offset_units=_units(here, "points"),
            channel=_channel(),
        )
        # The number stays out of what is kept: whoever knows it may use the certificate.
        said = {"merchant": str(call.merchant_id), "total_fen": call.total_fen}
        if is_first("certificate.hotline", said):
            done = take_by_hotline(service().desk, call, by=me(), at=service().now())
            return _page(booked=_booked(here, done))
        return to("office.certificates")
    except Refusal as refusal:
        return _page(refusal=refusal, typed=request.form)


@bp.post("/residents/<int:person_id>/certificate")
@allow("card.write")
def print_certificate(person_id: int) -> AnyResponse:
    """Set points aside for a certificate and lead to its page."""
    here, mine = terms(), request_id()

    def work(tx: Tx, at: int) -> dict[str, Any]:
        made = print_at_desk(
            tx,
            service().desk.refresh(here.community.id),
            request_id=mine,
            person_id=person_id,
            units=_units(here, "points"),
            shop_kind=needed("kind"),
            by=me(),
            at=at,
        )
        return {"certificate_id": made["certificate_id"]}

    body = {"person_id": str(person_id), "points": text("points"), "kind": text("kind")}
    try:
        act("certificate", body, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.resident", "certificate_made", person_id=person_id)


@bp.post("/certificates/<int:certificate_id>/cancel")
@allow("card.write")
def cancel_certificate(certificate_id: int) -> AnyResponse:
    """End a certificate: its points are free again."""
    here = terms()

    def work(tx: Tx, at: int) -> None:
        day = day_of(here, at)
        desk.cancel(tx, here.community.id, certificate_id, business_date=day, by=me(), at=at)

    try:
        act("certificate.cancel", {"certificate_id": str(certificate_id)}, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.certificates", "certificate_cancelled")


@bp.get("/certificates/<int:certificate_id>.pdf")
@allow("card.write")
def certificate_pdf(certificate_id: int) -> Response:
    """The paper; the code is a bearer token, so whoever prints it is written down."""
    here, at, by, vault = terms(), service().now(), me(), service().vault
    community = here.community
    rules = rules_on(here, day_of(here, at))

    def work(tx: Tx) -> Paper:
        found = facts.get_certificate(tx, community.id, certificate_id)
        check_open(desk.standing_of(found), day_of(here, at))
        audit.record(
            tx, community.id, by, "certificate.paper", f"certificate:{certificate_id}", at=at
        )
        code = code_of(
            tx,
            vault,
            community.id,
            community.issuer,
            serial=int(found.serial),
            last_day=int(found.last_day),
            timezone=community.timezone,
            printed_at=int(found.printed_at),
        )
        return Paper(
            code=code,
            number=number_text(int(found.serial)),
            name=residents.identity_of(tx, community.id, int(found.person_id)).name,
            points=points_text(int(found.units), here.civic.precision),
            yuan=yuan_text(offset_fen(rules.offset, int(found.units))),
            shop_kind=found.shop_kind,
            day=int(found.business_date),
            last_day=int(found.last_day),
        )

    body = draw_certificate(
        service().db.write(work),
        community=community.name,
        hotline=community.hotline,
        percent=rules.offset.cap_percent_of_bill,
        language=page_language(),
    )
    answer = Response(body, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = 'attachment; filename="certificate.pdf"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def certificate_facts(tx: Tx, here: Terms, person_id: int, *, at: int) -> dict[str, Any]:
    """What a resident's page shows of certificates: those there are, and what can be printed."""
    return {
        "certificates": [
            _line(here, row) for row in facts.certificates_of(tx, here.community.id, person_id)
        ],
        "certificate_kinds": kinds_offered(here, day_of(here, at)) if _is_offered(here, at) else [],
        "certificate_points": (LEAST_POINTS, MOST_POINTS),
    }


def _is_offered(here: Terms, at: int) -> bool:
    try:
        return rules_on(here, day_of(here, at)).offset.paper_certificate_fallback
    except LookupError:
        # A scheme without rules for shops has no certificates either.
        return False


def _by_number(tx: Tx, typed: str) -> Row:
    serial = read_number(typed)
    if serial is None:
        raise Refusal("certificate_number_wrong")
    found = facts.find_by_serial(tx, actor().community_id, serial)
    if found is None:
        raise Refusal("certificate_not_found")
    return found


def _channel() -> str:
    chosen = needed("channel")
    if chosen not in _CHANNELS:
        raise Refusal("form_gap")
    return chosen


def _units(here: Terms, name: str) -> int:
    scale: int = 10**here.civic.precision
    return hundredths(name) * scale // 100


def _line(here: Terms, row: Row) -> dict[str, Any]:
    state = word(STATES, row.how or "open")
    return {
        # The last three digits tell two papers apart; all of them would be the paper.
        "number": number_text(int(row.serial))[-3:],
        "units": int(row.units),
        "used_units": int(row.used_units or 0),
        "kind": row.shop_kind,
        "last_day": int(row.last_day),
        "printed_at": int(row.printed_at),
        "ref": row.ref,
        "state": say(state.text),
        "tone": state.tone,
        "person_id": int(row.person_id),
        "is_open": row.how is None,
        "cancel": url_for("office.cancel_certificate", certificate_id=int(row.certificate_id)),
        "paper": url_for("office.certificate_pdf", certificate_id=int(row.certificate_id)),
        "precision": here.civic.precision,
    }


def _booked(here: Terms, done: dict[str, Any]) -> dict[str, Any]:
    return {
        "ref": done["ref"],
        "offset_fen": done["offset_fen"],
        "paid_fen": done["paid_fen"],
        "offset_units": done["offset_units"],
        "back_units": done.get("certificate_back_units", 0),
        "precision": here.civic.precision,
    }


def _page(
    *,
    refusal: Refusal | None = None,
    found: list[dict[str, Any]] | None = None,
    booked: dict[str, Any] | None = None,
    typed: Any = None,  # noqa: ANN401 - the form as it came
) -> Response:
    here, at = terms(), service().now()
    with service().db.read() as tx:
        lines = [_line(here, row) for row in facts.newest(tx, here.community.id)]
    day = day_of(here, at)
    shops = [
        (shop.merchant_id, shop.name)
        for shop in here.merchants.values()
        if (agreement := here.agreement_on(shop.merchant_id, day)) and "offset" in agreement.roles
    ]
    return office_page(
        "office/certificates.html",
        refusal=refusal,
        may_change=can("card.write"),
        certificates=lines,
        found=found,
        booked=booked,
        typed=typed or {},
        shops=shops,
        channels=[(value, say(name)) for value, name in _CHANNELS.items()],
    )
