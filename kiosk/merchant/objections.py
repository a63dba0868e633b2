"""Objecting to single lines of a statement on the shop's own page, and answering what the office asks about them."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.decision_notice import as_pdf, difference_notice, dispute_notice
from kiosk.dispute_words import dispute_view
from kiosk.forms import act, hundredths_from, me, number, request_id, text
from kiosk.merchant.views import merchant_page, own_shop, own_statement
from kiosk.pages import can_say
from kiosk.texts import mark
from ledger.errors import Refusal
from ledger.sql import Tx
from settlement import disputes
from settlement.dispute_store import (
    Dispute,
    disputes_of_shop,
    disputes_of_statement,
    get_dispute,
    steps_of,
)
from settlement.disputed_line import receipts_of_day
from settlement.disputes import Act, Objection
from settlement.shop_answers import answer_question
from settlement.statement_form import statement_number
from settlement.statements import Statement, get_statement, rows_of

bp: Final = Blueprint("merchant_objections", __name__, url_prefix="/merchant")

can_say(
    {
        "line_objected": mark("Noted. This line waits; all others go on to payment."),
        "line_answered": mark("Your answer is noted. The office looks at it."),
        "line_presented": mark("Presented again. What is decided now is final."),
    }
)


@bp.get("/statements/<int:statement_id>/lines")
@allow("shop.read")
def lines(statement_id: int) -> Response:
    """The statement's lines; with `?row=` the receipts behind one of them, and what to say about it."""
    return _page(statement_id)


@bp.post("/statements/<int:statement_id>/lines")
@allow("shop.answer")
def object_to_line(statement_id: int) -> AnyResponse:
    """Object to one line, or to one receipt of a day."""
    with service().db.read() as tx:
        own_statement(tx, statement_id)
    asked = text("asked")
    try:
        line = Objection(
            number("row_no"), text("ref"), hundredths_from(asked) if asked else None, text("why")
        )
        disputes.raise_objections(
            service().db,
            actor().community_id,
            statement_id,
            [line],
            by=me(),
            request_id=request_id(),
            at=service().now(),
        )
    except Refusal as refusal:
        return _page(statement_id, refusal=refusal)
    return redirect(
        url_for("merchant_objections.lines", statement_id=statement_id, said="line_objected"), 303
    )


@bp.post("/objections/<int:dispute_id>/answer")
@allow("shop.answer")
def answer(dispute_id: int) -> AnyResponse:
    """Answer what the office asked about a line."""
    asked = text("asked")

    def work(act: Act) -> None:
        figure = hundredths_from(asked) if asked else None
        disputes.answer_dispute(service().db, act, asked_fen=figure)

    return _do(dispute_id, work, "line_answered")


@bp.post("/questions/<int:discrepancy_no>")
@allow("shop.answer")
def answer_about(discrepancy_no: int) -> AnyResponse:
    """Answer what the office asked about a difference."""
    why, shop = text("why"), own_shop().merchant_id

    def work(tx: Tx, at: int) -> None:
        here = actor().community_id
        answer_question(tx, here, shop, discrepancy_no, why=why, by=me(), at=at)

    act("question_answer", {"discrepancy": str(discrepancy_no), "why": why}, work)
    return redirect(url_for("merchant.home", said="line_answered"), 303)


@bp.get("/questions/<int:discrepancy_no>/acts/<int:act_no>.pdf")
@allow("shop.read")
def notice_of_act(discrepancy_no: int, act_no: int) -> Response:
    """What was decided about one of the shop's own claims, as a page to print."""
    shop = own_shop().merchant_id
    with service().db.read() as tx:
        body = difference_notice(tx, terms(), discrepancy_no, act_no, shop=shop)
    return as_pdf(body, f"notice-{discrepancy_no}-{act_no}")


@bp.get("/objections/<int:dispute_id>/steps/<int:step_no>.pdf")
@allow("shop.read")
def notice_of_step(dispute_id: int, step_no: int) -> Response:
    """What was decided about a line the shop objected to, as a page to print."""
    shop = own_shop().merchant_id
    with service().db.read() as tx:
        body = dispute_notice(tx, terms(), dispute_id, step_no, shop=shop)
    return as_pdf(body, f"notice-{dispute_id}-{step_no}")


@bp.post("/objections/<int:dispute_id>/again")
@allow("shop.answer")
def again(dispute_id: int) -> AnyResponse:
    """Present a refused line again, once."""

    def work(act: Act) -> None:
        disputes.present_again(service().db, act)

    return _do(dispute_id, work, "line_presented")


def _do(dispute_id: int, work: Any, said: str) -> AnyResponse:  # noqa: ANN401 - a function without values
    with service().db.read() as tx:
        found = _own(tx, dispute_id)
    mine = Act(
        actor().community_id, dispute_id, me(), text("why"), request_id(), at=service().now()
    )
    try:
        work(mine)
    except Refusal as refusal:
        return _page(found.statement_id, refusal=refusal)
    return redirect(
        url_for("merchant_objections.lines", statement_id=found.statement_id, said=said), 303
    )


def _own(tx: Tx, dispute_id: int) -> Dispute:
    found = get_dispute(tx, actor().community_id, dispute_id)
    if found.claimant_id != own_shop().merchant_id:
        raise Refusal("dispute_not_found")
    return found


def views_of(tx: Tx, rows: list[Dispute]) -> list[dict[str, Any]]:
    """Disputed lines of one's own shop as its pages show them."""
    here, shop = actor().community_id, own_shop()
    made = []
    for row in rows:
        statement_no = get_statement(tx, here, row.statement_id).statement_no
        steps = steps_of(tx, here, row.dispute_id)
        made.append(dispute_view(row, steps, number=statement_number(shop.code, statement_no)))
    return made


def waiting_for_shop(tx: Tx) -> list[dict[str, Any]]:
    """Lines of one's own shop on which its answer is wanted, or that it may present again."""
    rows = disputes_of_shop(tx, actor().community_id, own_shop().merchant_id)
    return [view for view in views_of(tx, rows) if view["may_answer"] or view["may_present"]]


def _page(statement_id: int, *, refusal: Refusal | None = None) -> Response:
    here, shop = actor().community_id, own_shop()
    with service().db.read() as tx:
        found = own_statement(tx, statement_id)
        rows = rows_of(tx, here, statement_id)
        mine = views_of(tx, disputes_of_statement(tx, here, statement_id))
        row_no = request.values.get("row_no", request.args.get("row", -1, int), int)
        line = rows[row_no - 1] if 0 < row_no <= len(rows) else None
        receipts = (
            receipts_of_day(tx, here, shop.merchant_id, line.business_date)
            if line is not None and line.section == "day"
            else []
        )
    return merchant_page(
        "merchant/objections.html",
        refusal=refusal,
        head={
            "month": found.month,
            "number": statement_number(shop.code, found.statement_no),
            "statement_id": statement_id,
            "until": found.objection_until,
        },
        may_object=_may_object(found),
        rows=list(enumerate(rows, 1)),
        row_no=row_no,
        line=line,
        receipts=receipts,
        disputes=mine,
    )


def _may_object(found: Statement) -> bool:
    return found.state == "issued"
