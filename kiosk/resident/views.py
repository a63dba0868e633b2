"""A resident's own pages: sign in by card number and PIN, points, entries, a code that renews itself."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, jsonify, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from kiosk import sign_in as signing
from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.doors import asked_place, come_in, door_page
from kiosk.offline_words import seen_by_resident
from kiosk.pages import page, say
from kiosk.qr_image import PHONE, draw_svg
from kiosk.resident.cards import own_serial
from kiosk.resident.decisions import decisions_for
from kiosk.resident.ending import ending_points, units_per_fen_on
from kiosk.resident.entries import MOST, entries_from, whole_entries
from kiosk.resident.pool import PARTNER, heads_others, months_for_head, own_limit, own_rows
from kiosk.resident.told import notices_for
from kiosk.texts import mark
from ledger.bills.facts import bills_of_household
from ledger.book.balances import entries_of, wallet_of
from ledger.book.steps import apply
from ledger.members import residents
from ledger.members.codes import PHONE_PURPOSES, issue_dynamic
from ledger.members.consents import must_agree
from ledger.members.roles import ANYONE
from ledger.members.terms import Terms
from ledger.sql import Tx
from ledger.token_keys import CLASS_RULES
from pos.desk import day_of
from pos.offline.lists import heard_step, unheard

bp: Final = Blueprint("resident", __name__, url_prefix="/me")

_NEWEST: Final = 2**63 - 1
_CODE_LABEL: Final = mark("Your code, for the shop's camera")


@bp.get("/sign-in")
@allow(ANYONE)
def sign_in() -> Response:
    """Ask for card number and PIN."""
    return door_page("resident/sign_in.html", area="me")


@bp.post("/sign-in")
@allow(ANYONE)
def check_in() -> AnyResponse:
    """Sign in; the PIN typed wrong too often is locked until the desk sets a new one."""
    typed, pin = request.form.get("number", ""), request.form.get("pin", "").strip()
    return come_in(
        "resident/sign_in.html",
        area="me",
        sign_in=lambda response: signing.resident(
            response, issuer=asked_place(), card_number=typed, pin=pin
        ),
        number=typed[:12],
    )


@bp.post("/sign-out")
@allow(ANYONE)
def sign_out() -> AnyResponse:
    """Sign out."""
    response = Response(status=303, headers={"Location": url_for("resident.sign_in")})
    signing.out(response, "resident")
    return response


@bp.get("", strict_slashes=False)
@allow("me.read")
def home() -> Response:
    """Points, what is on the way, and every entry with its reason."""
    here, before = terms(), request.args.get("before", _NEWEST, int)
    day, kind = day_of(here, service().now()), here.shown
    with service().db.read() as tx:
        who = residents.get_resident(tx, here.community.id, actor().id)
        owner = who.household_id if kind.has_pool else who.person_id
        wallet = wallet_of(tx, here.community.id, owner, kind.commodity)
        rows = entries_of(tx, here.community.id, owner, kind.commodity, before=before, most=MOST)
        ending = ending_points(tx, here, who, day)
        decisions = decisions_for(tx, here, who)
        told = notices_for(tx, here, who.person_id)
        offline = seen_by_resident(tx, here, who.person_id, at=service().now())
        fee_bills = len(bills_of_household(tx, here.community.id, who.household_id))
        limit = own_limit(tx, here, who, day=day) if kind.has_pool else None
        months = months_for_head(tx, here, who, day=day) if kind.has_pool else []
        is_head = kind.has_pool and heads_others(tx, here, who)
        asks_consent = must_agree(tx, here.community.id, who.person_id)
    if offline:
        _note_heard(here.community.id, who.person_id)
    rows, older = whole_entries(rows, MOST)
    if kind.has_pool:
        rows = own_rows(rows, who.person_id)
    shops = {shop.merchant_id: shop.name for shop in here.merchants.values()}
    return resident_page(
        here,
        "resident/home.html",
        wallet=wallet,
        precision=kind.precision,
        shared=kind.has_pool,
        units_per_fen=units_per_fen_on(here, day),
        ending=ending,
        decisions=decisions,
        told=told,
        offline=offline,
        fee_bills=fee_bills,
        proof_days=here.settings.proof_days,
        issuer=here.community.issuer,
        earning_stopped=here.earning_stopped_on(day),
        entries=entries_from(rows, shops, say, unnamed_shop=say(PARTNER)),
        limit=limit,
        months=months,
        is_head=is_head,
        asks_consent=asks_consent,
        spare_codes=here.settings.spare_code_days > 0,
        older=older,
        is_older_page=before != _NEWEST,
    )


def _note_heard(community_id: int, person_id: int) -> None:
    """Note that the resident has read how their sales without network ended."""
    at = service().now()

    def work(tx: Tx) -> None:
        for row in unheard(tx, community_id, person_id):
            apply(tx, [heard_step(community_id, row.request_id, where="resident", at=at)])

    service().db.write(work)


@bp.get("/code")
@allow("me.code")
def show_code() -> Response:
    """The page of the code; the code itself is made when the page asks for it."""
    return _code_page(_purpose(request.args.get("purpose", "dyn")))


@bp.post("/code")
@allow("me.code")
def make_code() -> AnyResponse:
    """A fresh code: a picture for the page's own script, or the page with the picture in it."""
    here, purpose = terms(), _purpose(request.form.get("purpose", "dyn"))
    at, vault, person_id = service().now(), service().vault, actor().id

    def work(tx: Tx) -> str:
        serial = own_serial(tx, here.community.id, person_id)
        return issue_dynamic(tx, vault, here.community.id, serial, at=at, purpose=purpose)

    digits = service().db.write(work)
    picture = draw_svg(digits, PHONE, label=say(_CODE_LABEL))
    if request.accept_mimetypes.best == "application/json":
        return jsonify({"picture": picture, "lives_s": _lives_s(purpose)})
    return _code_page(purpose, picture=Markup(picture))  # noqa: S704 - drawn by us, of digits


def resident_page(here: Terms, template: str, **values: Any) -> Response:  # noqa: ANN401 - whatever the template shows
    """A page of the signed-in resident."""
    return page(
        template,
        community_name=here.community.name,
        hotline=here.community.hotline,
        sign_out_url=url_for("resident.sign_out"),
        **values,
    )


def _code_page(purpose: str, *, picture: Markup | None = None) -> Response:
    return resident_page(
        terms(), "resident/code.html", purpose=purpose, picture=picture, lives_s=_lives_s(purpose)
    )


def _purpose(asked: str) -> str:
    return asked if asked in PHONE_PURPOSES else "dyn"


def _lives_s(purpose: str) -> int:
    return CLASS_RULES[PHONE_PURPOSES[purpose]].code_life_s
