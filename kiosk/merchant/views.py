"""A shop owner's own pages: what the community owes and when it comes, statements line by line, open questions."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk import sign_in as signing
from kiosk.arrival import arrives_on
from kiosk.auth import actor, allow, terms
from kiosk.choice_words import choice_name
from kiosk.context import service
from kiosk.difference_words import gap_sentence, view_of
from kiosk.doors import asked_place, come_in, door_page
from kiosk.forms import alone, me, text
from kiosk.office.figures import offsets_left
from kiosk.page_words import PAYOUT_STATES, word
from kiosk.pages import can_say, page, say
from kiosk.statement_files import sheet_of, statement_file, terms_notice_file
from kiosk.statement_view import head_of
from kiosk.texts import mark
from ledger.book.shops import owed_to
from ledger.errors import Refusal
from ledger.members.merchants import Merchant
from ledger.members.pauses import pause_of
from ledger.members.roles import ANYONE
from ledger.sql import Row, Tx
from pos.day_figures import ShopDay, day_by_shop
from pos.desk import day_of
from settlement.act_log import told_to_shop
from settlement.choices import Choice
from settlement.closing import accept_statement, object_to
from settlement.discrepancies import open_of_shop
from settlement.dispute_store import disputes_of_statement, held_by_disputes
from settlement.payout_store import Payout, payouts_of_statement
from settlement.shop_money import money_of
from settlement.state_names import verdict_name
from settlement.statements import Statement, get_statement, statements_of_shop
from settlement.terms_notice import coming_terms
from settlement.verdicts import Code

bp: Final = Blueprint("merchant", __name__, url_prefix="/merchant")

can_say(
    {
        "agreed": mark("Thank you. The statement is accepted and goes on to payment."),
        "agreed_rest": mark(
            "Thank you. The rest is accepted and goes on to payment; the lines you object to stay open."
        ),
        "objected": mark("Your objection is noted. The community office will call you."),
    }
)


@bp.get("/sign-in")
@allow(ANYONE)
def sign_in() -> Response:
    """Ask for name and password."""
    return door_page("merchant/sign_in.html", area="merchant")


@bp.post("/sign-in")
@allow(ANYONE)
def check_in() -> AnyResponse:
    """Sign in."""
    login, password = request.form.get("login", ""), request.form.get("password", "")
    return come_in(
        "merchant/sign_in.html",
        area="merchant",
        sign_in=lambda response: signing.merchant(
            response, issuer=asked_place(), login=login, password=password
        ),
        login=login[:40],
    )


@bp.post("/sign-out")
@allow(ANYONE)
def sign_out() -> AnyResponse:
    """Sign out."""
    response = Response(status=303, headers={"Location": url_for("merchant.sign_in")})
    signing.out(response, "merchant")
    return response


@bp.get("", strict_slashes=False)
@allow("shop.read")
def home() -> Response:
    """What the community owes this shop and when it comes, then everything behind it."""
    here, shop = terms(), own_shop()
    community_id = here.community.id
    day = day_of(here, service().now())
    with service().db.read() as tx:
        today = day_by_shop(tx, community_id, day).get(shop.merchant_id, ShopDay(shop.merchant_id))
        rows = statements_of_shop(tx, community_id, shop.merchant_id)
        questions = open_of_shop(tx, community_id, shop.merchant_id)
        owed = owed_to(tx, community_id, shop.merchant_id)
        left = offsets_left(tx, here, shop.merchant_id, day)
        paused = pause_of(tx, community_id, shop.merchant_id)
        money = money_of(tx, community_id, shop.merchant_id, today=day)
        coming = coming_terms(tx, community_id, shop.merchant_id, today=day)
        told = told_to_shop(tx, community_id, shop.merchant_id)
        objected = [
            (row.statement_id, row.month, *held)
            for row in rows
            if (held := _held(tx, row)) != (0, 0)
        ]
    return merchant_page(
        "merchant/home.html",
        told=[_told(row) for row in told],
        shop=shop,
        owed_fen=owed,
        arrives=arrives_on(here, day).isoformat() if owed > 0 else None,
        today=today,
        paused=None if paused is None else (int(paused.from_date), int(paused.silent_since)),
        cover_fen=left,
        money=money,
        coming=coming,
        statements=[{**head_of(row, shop.name), "waits": row.state == "issued"} for row in rows],
        questions=[_question(row) for row in questions],
        objected=objected,
    )


@bp.get("/statements/<int:statement_id>")
@allow("shop.read")
def statement(statement_id: int) -> Response:
    """One of the shop's own statements, line by line."""
    return _statement_page(statement_id)


@bp.get("/new-terms/<int:first_day>/<kind>")
@allow("shop.read")
def new_terms(first_day: int, kind: str) -> Response:
    """The notice of the shop's own terms that begin on a day."""
    return terms_notice_file(actor().community_id, own_shop().merchant_id, first_day, kind)


@bp.get("/statements/<int:statement_id>/<kind>")
@allow("shop.read")
def statement_download(statement_id: int, kind: str) -> Response:
    """One of the shop's own statements as a file."""
    with service().db.read() as tx:
        own_statement(tx, statement_id)
    return statement_file(actor().community_id, statement_id, kind)


@bp.post("/statements/<int:statement_id>/accept")
@allow("shop.answer")
def accept(statement_id: int) -> AnyResponse:
    """The shop agrees with its statement."""

    def work() -> None:
        accept_statement(
            service().db, actor().community_id, statement_id, by=me(), at=service().now()
        )

    return _answer(statement_id, "accept", work, "agreed")


@bp.post("/statements/<int:statement_id>/object")
@allow("shop.answer")
def object_statement(statement_id: int) -> AnyResponse:
    """The shop does not agree, and says why."""

    def work() -> None:
        object_to(
            service().db,
            actor().community_id,
            statement_id,
            by=me(),
            why=text("why"),
            at=service().now(),
        )

    return _answer(statement_id, "object", work, "objected")


def _answer(statement_id: int, kind: str, work: Any, said: str) -> AnyResponse:  # noqa: ANN401 - a function without values
    with service().db.read() as tx:
        _fen, lines = _held(tx, own_statement(tx, statement_id))
    if lines and said == "agreed":
        said = "agreed_rest"
    try:
        alone(f"statement.{kind}", {"statement": str(statement_id)}, work)
    except Refusal as refusal:
        return _statement_page(statement_id, refusal=refusal)
    return redirect(url_for("merchant.statement", statement_id=statement_id, said=said), 303)


def own_shop() -> Merchant:
    """The shop this sign-in belongs to; it never comes from the address."""
    merchant_id = actor().merchant_id
    if merchant_id is None:
        raise Refusal("not_allowed")
    return terms().merchant(merchant_id)


def own_statement(tx: Tx, statement_id: int) -> Statement:
    """A statement of one's own shop; another shop's is none.

    Refusals: statement_not_found.
    """
    found = get_statement(tx, actor().community_id, statement_id)
    if found.claimant_id != own_shop().merchant_id:
        raise Refusal("statement_not_found")
    return found


def _held(tx: Tx, row: Statement) -> tuple[int, int]:
    """Fen that the open objections to a statement's lines hold, and how many lines they are."""
    statement_id = row.statement_id
    return held_by_disputes(tx, actor().community_id, row.claimant_id, statement_id=statement_id)


def _statement_page(statement_id: int, *, refusal: Refusal | None = None) -> Response:
    with service().db.read() as tx:
        found = own_statement(tx, statement_id)
        payouts = payouts_of_statement(tx, actor().community_id, statement_id)
        disputed = disputes_of_statement(tx, actor().community_id, statement_id)
        held_fen, held_lines = _held(tx, found)
    return merchant_page(
        "merchant/statement.html",
        refusal=refusal,
        head=head_of(found, own_shop().name),
        sheet=sheet_of(actor().community_id, statement_id),
        payouts=[_payout(row) for row in payouts if row.state != "cancelled"],
        download=lambda kind: url_for(
            "merchant.statement_download", statement_id=statement_id, kind=kind
        ),
        may_answer=found.state == "issued",
        disputed=len(disputed),
        held_fen=held_fen,
        held_lines=held_lines,
    )


def _payout(row: Payout) -> dict[str, Any]:
    state = word(PAYOUT_STATES, row.state)
    return {**row._asdict(), "state": say(state.text)}


def _told(row: Row) -> dict[str, Any]:
    return {
        "name": verdict_name(say, row.code, row.sub_code),
        "decision": choice_name(row.code, Choice(row.choice)),
        "day": int(row.business_date),
        "ref": row.ref,
        "number": int(row.discrepancy_no),
        "act_no": int(row.act_no),
        "fen": int(row.fen),
    }


def _question(row: Row) -> dict[str, Any]:
    view = view_of(row)
    if row.code == Code.T1:
        view = view._replace(booked=None)  # what is booked is another shop's
    return {
        **view._asdict(),
        "day": row.business_date,
        "ref": row.ref,
        "gap": gap_sentence(row),
    }


def merchant_page(template: str, **values: Any) -> Response:  # noqa: ANN401 - whatever the template shows
    """A page of the signed-in owner."""
    here = terms()
    return page(
        template,
        community_name=here.community.name,
        hotline=here.community.hotline,
        sign_out_url=url_for("merchant.sign_out"),
        **values,
    )
