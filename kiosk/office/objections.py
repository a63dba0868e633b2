"""Lines that shops object to: what they say, what the book says, and the office's acts in the bank cards' verbs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask import Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.decision_notice import as_pdf, dispute_notice
from kiosk.dispute_words import dispute_view
from kiosk.forms import hundredths, me, needed, number, request_id, text
from kiosk.office.frame import bp, can, office_page, to
from kiosk.pages import can_say, say
from kiosk.texts import mark
from ledger.errors import Refusal
from ledger.sql import Tx
from settlement import disputes
from settlement.dispute_life import FOR_OFFICE, Outcome, State
from settlement.dispute_store import (
    Dispute,
    ended_disputes,
    get_dispute,
    steps_of,
    waiting_disputes,
)
from settlement.disputes import Act
from settlement.evidence_pack import evidence_pack
from settlement.statement_form import statement_number
from settlement.statements import get_statement

can_say(
    {
        "line_asked": mark("The shop is asked. The line waits for its answer."),
        "line_ruled": mark("Decided and written down."),
    }
)


@bp.get("/objections", endpoint="objections")
@allow("office.read")
def objections() -> Response:
    """What waits, oldest first; or what is over."""
    return _page()


@bp.get("/objections/<int:dispute_id>/pack")
@allow("office.read")
def objection_pack(dispute_id: int) -> Response:
    """Everything held about one line, as a ZIP with hashes."""
    with service().db.read() as tx:
        body = evidence_pack(tx, actor().community_id, dispute_id)
    name = f"objection-{dispute_id}.zip"
    return Response(
        body,
        mimetype="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@bp.get("/objections/<int:dispute_id>/steps/<int:step_no>.pdf")
@allow("office.read")
def objection_notice(dispute_id: int, step_no: int) -> Response:
    """One step of the office as a notice for the shop."""
    with service().db.read() as tx:
        body = dispute_notice(tx, terms(), dispute_id, step_no, shop=None)
    return as_pdf(body, f"notice-{dispute_id}-{step_no}")


@bp.post("/objections/<int:dispute_id>/ask")
@allow("discrepancy.decide")
def objection_ask(dispute_id: int) -> AnyResponse:
    """Ask the shop for its receipt."""
    return _do(dispute_id, lambda act: disputes.ask_evidence(service().db, act), "line_asked")


@bp.post("/objections/<int:dispute_id>/rule")
@allow("discrepancy.decide")
def objection_rule(dispute_id: int) -> AnyResponse:
    """Rule: the shop is right, is not, or in part."""

    def work(act: Act) -> Dispute:
        outcome = _outcome()
        part = hundredths("part") if outcome is Outcome.SPLIT else None
        with service().db.read() as tx:
            seen = get_dispute(tx, act.community_id, act.dispute_id)
        if part is not None and seen.asked_fen is not None and seen.asked_fen < seen.booked_fen:
            part = -part  # the shop gives back: the amount is typed without a sign
        return disputes.rule_dispute(service().db, act, outcome, part_fen=part)

    return _do(dispute_id, work, "line_ruled")


@bp.post("/objections/<int:dispute_id>/approve")
@allow("discrepancy.decide")
def objection_approve(dispute_id: int) -> AnyResponse:
    """Agree, as the second person, to a ruling that pays more."""

    def work(act: Act) -> Dispute:
        return disputes.approve_ruling(service().db, act, fen=number("fen"))

    return _do(dispute_id, work, "approved", why=say(mark("agreed by a second person")))


@bp.post("/objections/<int:dispute_id>/deny")
@allow("discrepancy.decide")
def objection_deny(dispute_id: int) -> AnyResponse:
    """Send a proposed ruling back."""

    def work(act: Act) -> Dispute:
        return disputes.turn_ruling_down(service().db, act)

    return _do(dispute_id, work, "denied", why=say(mark("not agreed by a second person")))


def _outcome() -> Outcome:
    try:
        return Outcome(needed("outcome"))
    except ValueError as error:
        raise Refusal("form_gap") from error


def _do(
    dispute_id: int, work: Callable[[Act], Dispute], said: str, *, why: str = ""
) -> AnyResponse:
    try:
        work(
            Act(
                actor().community_id,
                dispute_id,
                me(),
                why or text("why"),
                request_id(),
                service().now(),
            )
        )
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.objections", said)


def _page(*, refusal: Refusal | None = None) -> Response:
    community_id = terms().community.id
    over = request.args.get("view") == "over"
    with service().db.read() as tx:
        rows = ended_disputes(tx, community_id) if over else waiting_disputes(tx, community_id)
        cards = [_card(tx, community_id, row) for row in rows]
    tabs: Final = ((False, mark("To decide")), (True, mark("Over")))
    return office_page(
        "office/objections.html",
        refusal=refusal,
        cards=cards,
        tabs=[
            {
                "href": url_for("office.objections", view="over" if there else None),
                "name": say(name),
                "here": there == over,
            }
            for there, name in tabs
        ],
        held_fen=sum(row.held_fen for row in rows),
    )


def _card(tx: Tx, community_id: int, row: Dispute) -> dict[str, Any]:
    shop = terms().merchant(row.claimant_id)
    statement = get_statement(tx, community_id, row.statement_id)
    steps = steps_of(tx, community_id, row.dispute_id)
    may = can("discrepancy.decide")
    return {
        **dispute_view(row, steps, number=statement_number(shop.code, statement.statement_no)),
        "shop": f"{shop.code} {shop.name}",
        "may_rule": may and State(row.state) in FOR_OFFICE,
        "second": may and row.state == State.PROPOSED and row.ruled_by != me().id,
        "is_own": row.state == State.PROPOSED and row.ruled_by == me().id,
    }
