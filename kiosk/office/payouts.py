"""Payouts: proposed by one, approved by another, sent, and followed up until their end is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask import Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import alone, me, needed, number, text
from kiosk.office.bank_words import said_words
from kiosk.office.frame import bp, can, office_page, to
from kiosk.office.payout_words import held_words
from kiosk.page_words import PAYOUT_STATES, word
from kiosk.pages import month_text, say
from kiosk.statement_files import payment_month_file, payment_request_file
from kiosk.texts import mark
from ledger.errors import Refusal
from ledger.members import staff
from ledger.members.terms import Terms
from ledger.sql import Row, Tx
from settlement import payouts
from settlement.bank_findings import said_of
from settlement.payout_lists import statements_to_pay, unpaid_statements
from settlement.payout_store import (
    Payout,
    ended_payouts,
    events_of,
    open_payouts,
    payouts_in,
)
from settlement.shop_money import Unpaid
from settlement.statements import get_statement

_GOING: Final = ("sending", "sent", "unknown")
_STILL: Final = ("proposed", "approved", "failed", "returned")


@bp.get("/payouts", endpoint="payouts")
@allow("office.read")
def payouts_page() -> Response:
    """What can be paid, what is on its way, what is over."""
    return _page()


@bp.post("/payouts")
@allow("payout.propose")
def propose_payout() -> AnyResponse:
    """Propose to pay an accepted statement."""
    community_id = actor().community_id

    def work() -> None:
        payouts.propose_payout(
            service().db, community_id, number("statement_id"), by=me(), at=service().now()
        )

    return _done("propose", {"statement": text("statement_id")}, work, "proposed")


@bp.post("/payouts/all")
@allow("payout.propose")
def propose_all() -> AnyResponse:
    """Propose every payout that can be proposed; what a rule stops is passed over and stays in the list."""
    community_id = actor().community_id

    def work() -> None:
        with service().db.read() as tx:
            found = statements_to_pay(tx, community_id, at=service().now())
            due = [one.statement_id for one in found]
        _each(
            due,
            lambda one, at: payouts.propose_payout(service().db, community_id, one, by=me(), at=at),
        )

    return _done("propose_all", {}, work, "proposed")


@bp.get("/payouts/approve-all", endpoint="approve_all_page")
@allow("payout.approve")
def approve_all_page() -> Response:
    """Which shops get how much, before all of it is approved at once."""
    return _approve_all_page()


@bp.post("/payouts/approve-all")
@allow("payout.approve")
def approve_all() -> AnyResponse:
    """Approve every payout on the page that somebody else proposed."""
    community_id = actor().community_id
    ids = [int(one) for one in request.form.getlist("payout") if one.isascii() and one.isdigit()]

    def work() -> None:
        _each(
            ids,
            lambda one, at: payouts.approve_payout(service().db, community_id, one, by=me(), at=at),
        )

    return _done("approve_all", {"payouts": [str(one) for one in ids]}, work, "approved")


def _each(ids: list[int], work: Callable[[int, int], object]) -> None:
    """Do it for each; one that a rule stops does not stop the others, and the first such rule is told at the end."""
    first: Refusal | None = None
    for one in ids:
        try:
            work(one, service().now())
        except Refusal as refusal:
            first = first or refusal
    if first is not None:
        raise first


@bp.get("/payouts/<int:payout_id>/request/<kind>")
@allow("office.read")
def payment_request_download(payout_id: int, kind: str) -> Response:
    """The request to pay it, with the amount in capitals and boxes to sign, as a file."""
    return payment_request_file(actor().community_id, payout_id, kind)


@bp.get("/payouts/months/<int:month>/<kind>")
@allow("office.read")
def payment_month_download(month: int, kind: str) -> Response:
    """All payments of a month on one sheet, as a file."""
    return payment_month_file(actor().community_id, month, kind)


@bp.post("/payouts/<int:payout_id>/approve")
@allow("payout.approve")
def approve_payout(payout_id: int) -> AnyResponse:
    """Approve what somebody else proposed."""
    community_id = actor().community_id

    def work() -> None:
        payouts.approve_payout(service().db, community_id, payout_id, by=me(), at=service().now())

    return _done("approve", {"payout": str(payout_id)}, work, "approved")


@bp.post("/payouts/<int:payout_id>/again")
@allow("payout.propose")
def propose_again(payout_id: int) -> AnyResponse:
    """Propose one anew that failed or came back."""
    community_id = actor().community_id

    def work() -> None:
        payouts.propose_again(service().db, community_id, payout_id, by=me(), at=service().now())

    return _done("again", {"payout": str(payout_id)}, work, "proposed")


@bp.post("/payouts/<int:payout_id>/cancel")
@allow("payout.propose", "payout.approve")
def cancel_payout(payout_id: int) -> AnyResponse:
    """Give one up that is not on its way, with the reason; the shop stays owed the money."""
    community_id = actor().community_id

    def work() -> None:
        payouts.cancel_payout(
            service().db, community_id, payout_id, by=me(), why=text("why"), at=service().now()
        )

    return _done("cancel", {"payout": str(payout_id)}, work, "cancelled")


@bp.post("/payouts/<int:payout_id>/send")
@allow("payout.send")
def send_payout(payout_id: int) -> AnyResponse:
    """Send it, or hand it to the bank by hand where no channel is connected."""
    community_id = actor().community_id

    def work() -> None:
        payouts.send_payout(
            service().db, service().channel, community_id, payout_id, by=me(), at=service().now()
        )

    return _done("send", {"payout": str(payout_id)}, work, "sent")


@bp.post("/payouts/<int:payout_id>/ask")
@allow("payout.send")
def ask_payout(payout_id: int) -> AnyResponse:
    """Ask the channel what became of it; nothing is sent."""
    community_id, channel = actor().community_id, service().channel

    def work() -> None:
        if channel is None:
            raise Refusal("payout_no_channel")
        payouts.resolve_payout(
            service().db, channel, community_id, payout_id, by=me(), at=service().now()
        )

    return _done("ask", {"payout": str(payout_id)}, work, "done")


@bp.post("/payouts/<int:payout_id>/end")
@allow("payout.send")
def end_payout(payout_id: int) -> AnyResponse:
    """Say what the bank's own statement says: paid, or refused or sent back with the reason."""
    community_id = actor().community_id

    def work() -> None:
        if needed("end") == "paid":
            payouts.confirm_payout(
                service().db, community_id, payout_id, by=me(), at=service().now()
            )
        else:
            payouts.fail_payout(
                service().db, community_id, payout_id, by=me(), why=text("why"), at=service().now()
            )

    return _done("end", {"payout": str(payout_id), "end": text("end")}, work, "done")


def _done(kind: str, body: dict[str, Any], work: Callable[[], None], said: str) -> AnyResponse:
    try:
        alone(f"payout.{kind}", body, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.payouts", said)


def _page(*, refusal: Refusal | None = None) -> Response:
    here = terms()
    community_id = here.community.id
    with service().db.read() as tx:
        names = {
            int(row.staff_id): row.name or row.login for row in staff.all_staff(tx, community_id)
        }
        still, over = open_payouts(tx, community_id), ended_payouts(tx, community_id)
        waiting = [_payout(tx, here, row, names) for row in still]
        ended = [_payout(tx, here, row, names) for row in over]
        anew = [
            _anew(tx, here, row) for row in reversed(still) if row.state in {"failed", "returned"}
        ]
        unpaid = unpaid_statements(tx, community_id, at=service().now())
    due = [one for one in unpaid if one.is_open] if can("payout.propose") else []
    return office_page(
        "office/payouts.html",
        refusal=refusal,
        waiting=waiting,
        ended=ended,
        due=[_unpaid(here, one) for one in due],
        due_together_fen=sum(one.payable_fen for one in due),
        anew=anew if can("payout.propose") else [],
        held=[_unpaid(here, one) for one in unpaid if not one.is_open],
        to_approve=_to_approve(still),
        months=[
            {
                "name": month_text(month),
                "href": url_for("office.payment_month_download", month=month, kind="pdf"),
            }
            for month in sorted(
                {one["month"] for one in (*waiting, *ended) if one["request"]}, reverse=True
            )
        ],
    )


def _approve_all_page(*, refusal: Refusal | None = None) -> Response:
    here = terms()
    with service().db.read() as tx:
        found = _to_approve(payouts_in(tx, here.community.id, "proposed"))
        rows = [
            {
                "payout_id": row.payout_id,
                "shop": _shop(here, row.claimant_id),
                "month": get_statement(tx, here.community.id, row.statement_id).month,
                "amount_fen": row.amount_fen,
                "account_tail": row.account_tail,
            }
            for row in found
        ]
    return office_page(
        "office/payouts_approve.html",
        refusal=refusal,
        payouts=rows,
        together_fen=sum(row.amount_fen for row in found),
    )


def _to_approve(rows: list[Payout]) -> list[Payout]:
    """What this person may approve: proposed by somebody else."""
    if not can("payout.approve"):
        return []
    return [row for row in rows if row.state == "proposed" and row.proposed_by != actor().id]


def _unpaid(here: Terms, one: Unpaid) -> dict[str, Any]:
    return {
        "shop": _shop(here, one.claimant_id),
        "statement_id": one.statement_id,
        "month": one.month,
        "payable_fen": one.payable_fen,
        "rest_fen": one.rest_fen,
        "held": held_words(one),
    }


def _anew(tx: Tx, here: Terms, row: Payout) -> dict[str, Any]:
    return {
        "payout_id": row.payout_id,
        "shop": _shop(here, row.claimant_id),
        "statement_id": row.statement_id,
        "month": get_statement(tx, here.community.id, row.statement_id).month,
        "amount_fen": row.amount_fen,
        "state": say(word(PAYOUT_STATES, row.state).text),
        "why": said_words(said_of(tx, here.community.id, row.payout_id)),
    }


def _payout(tx: Tx, here: Terms, row: Payout, names: dict[int, str]) -> dict[str, Any]:
    state = word(PAYOUT_STATES, row.state)
    events = events_of(tx, here.community.id, row.payout_id)
    month = get_statement(tx, here.community.id, row.statement_id).month
    return {
        "payout_id": row.payout_id,
        "shop": _shop(here, row.claimant_id),
        "month": month,
        "amount_fen": row.amount_fen,
        "account_tail": row.account_tail,
        "state": say(state.text),
        "tone": state.tone,
        "events": [_event(event, names) for event in events],
        "acts": _acts(row),
        "request": row.state != "cancelled"
        and url_for("office.payment_request_download", payout_id=row.payout_id, kind="pdf"),
        "in_file": row.route == "bank_file",
        "may_end": can("payout.send")
        and (row.state == "confirmed" or (row.state in _GOING and row.route != "bank_file")),
        "can_confirm": row.state in _GOING,
        "may_cancel": row.state in _STILL and (can("payout.propose") or can("payout.approve")),
    }


def _event(event: Row, names: dict[int, str]) -> dict[str, Any]:
    said = say(word(PAYOUT_STATES, event.state).text)
    who = names.get(int(event.by_id)) or say(mark("the server"))
    note = f"{say(mark(' ('))}{said_words(event.note)}{say(mark(')'))}" if event.note else ""
    return {"at": int(event.at), "text": f"{said}{note} · {who}"}


def _acts(row: Payout) -> list[dict[str, str]]:
    """The buttons this person has for it now."""
    acts = []
    if row.state == "proposed" and can("payout.approve") and row.proposed_by != actor().id:
        acts.append(_act("approve_payout", row, mark("Approve this payout")))
    if row.state == "approved" and can("payout.send"):
        acts.append(_act("send_payout", row, mark("Send to the bank")))
    if row.state in {"failed", "returned"} and can("payout.propose"):
        acts.append(_act("propose_again", row, mark("Propose anew")))
    asks = row.route != "bank_file" and service().channel is not None
    if row.state in _GOING and can("payout.send") and asks:
        acts.append(_act("ask_payout", row, mark("Ask the bank what became of it")))
    return acts


def _act(endpoint: str, row: Payout, name: str) -> dict[str, str]:
    return {
        "href": url_for(f"office.{endpoint}", payout_id=row.payout_id),
        "name": say(name),
        "look": "",
    }


def _shop(here: Terms, merchant_id: int) -> str:
    shop = here.merchant(merchant_id)
    return f"{shop.code} {shop.name}"
