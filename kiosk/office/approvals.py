"""What colleagues proposed and a second person has to agree to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Response, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import act, me
from kiosk.import_words import import_words
from kiosk.office import recovery
from kiosk.office.bank_words import settling_details
from kiosk.office.debts import forgiving_details
from kiosk.office.deductions import agree_and_post, deduction_details
from kiosk.office.frame import bp, can, office_page, to
from kiosk.office.households import act_details, agree_to_act
from kiosk.office.moving import move_details
from kiosk.office.not_ours import rebook_details
from kiosk.office.scheme import subject_text
from kiosk.office.stock_words import write_off_details
from kiosk.office.unproven import unproven_details
from kiosk.pages import day_text, say, yuan
from kiosk.texts import mark
from ledger.awards import deductions
from ledger.errors import Refusal
from ledger.households import acts
from ledger.members import approvals, files, fund_spending, imports, payout_accounts, staff, votes
from ledger.members.approvals import Approval
from ledger.members.imports import Upload
from ledger.members.votes import Ballot
from ledger.sql import Tx
from ledger.stock import leaving
from pos import unproven as pending
from pos.desk import day_of
from pos.offline import forgiving
from pos.proof import let_be
from settlement import bank_returns, moving, rebooking
from settlement.discrepancy_lists import PROPOSED, counts_by_state
from settlement.payout_lists import counts_by_state as payout_counts

_NAMES: Final = {
    imports.APPROVAL: mark("Opening balances of households"),
    payout_accounts.APPROVAL: mark("Account of a shop"),
    moving.APPROVAL: mark("Claim of another shop's sale"),
    rebooking.APPROVAL: mark("Purchase of another household"),
    bank_returns.APPROVAL: mark("How a payment ended that the bank made otherwise"),
    deductions.APPROVAL: mark("Points to be taken by decision"),
    pending.APPROVAL: mark("Pending points to be taken back"),
    acts.APPROVAL: mark("Points that go with a household"),
    fund_spending.APPROVAL: mark("Spending from a work's fund"),
    votes.APPROVAL: mark("Vote of the committee"),
    recovery.LOST: mark("Go on without a till"),
    leaving.APPROVAL: mark("Goods to be written off"),
    forgiving.APPROVAL: mark("Debt without network to be let go"),
}
_MAY: Final = {
    imports.APPROVAL: "grant.approve",
    payout_accounts.APPROVAL: "payout.approve",
    bank_returns.APPROVAL: "payout.approve",
    moving.APPROVAL: "payout.approve",
    rebooking.APPROVAL: "grant.approve",
    deductions.APPROVAL: "grant.approve",
    pending.APPROVAL: "grant.approve",
    acts.APPROVAL: "grant.approve",
    fund_spending.APPROVAL: "payout.approve",
    votes.APPROVAL: "vote.approve",
    recovery.LOST: "recovery.write",
    leaving.APPROVAL: "payout.approve",
    forgiving.APPROVAL: "grant.approve",
}
_OWN: Final = {
    payout_accounts.APPROVAL: payout_accounts.approve,
    bank_returns.APPROVAL: bank_returns.approve_settling,
    moving.APPROVAL: moving.approve_move,
    rebooking.APPROVAL: rebooking.approve_end,
    fund_spending.APPROVAL: fund_spending.approve,
    votes.APPROVAL: votes.approve,
    leaving.APPROVAL: leaving.approve_write_off,
}
"""Kinds whose own room agrees and carries out at once."""


@bp.get("/approvals", endpoint="approvals")
@allow("office.read")
def approvals_page() -> Response:
    """Every proposal nobody has decided, and where others wait."""
    return _page()


@bp.post("/approvals/<int:approval_id>/agree")
@allow("grant.approve", "payout.approve", "vote.approve", "recovery.write")
def agree(approval_id: int) -> AnyResponse:
    """Agree to a proposal and carry it out in the same transaction."""
    here, by = actor().community_id, me()

    def work(tx: Tx, at: int) -> None:
        kind = _checked_kind(tx, approval_id)
        if kind in _OWN:
            _OWN[kind](tx, here, approval_id, by=by, at=at)
            return
        if kind == deductions.APPROVAL:
            proposal = approvals.get_approval(tx, here, approval_id)
            agree_and_post(tx, terms(), proposal, at=at)
            return
        if kind == acts.APPROVAL:
            agree_to_act(tx, terms(), approvals.get_approval(tx, here, approval_id), at=at)
            return
        if kind == forgiving.APPROVAL:
            today = day_of(terms(), at)
            forgiving.agree_to_forgiving(tx, terms(), approval_id, today=today, by=by, at=at)
            return
        if kind == pending.APPROVAL:
            today = day_of(terms(), at)
            pending.take_pending_back(tx, here, approval_id, today=today, by=by, at=at)
            return
        approved = approvals.approve(tx, here, approval_id, by=by, at=at)
        if kind == recovery.LOST:
            recovery.carry_out(tx, here, approved, at=at)
        if kind == imports.APPROVAL:
            digest = approved.subject.removeprefix("file:")
            kept = files.get_file(tx, here, digest)
            upload = Upload(kept.body, kept.name, "balances", import_words())
            imports.take(tx, here, upload, by=by, at=at, seen_sha256=digest)

    return _decide("agree", approval_id, work, "approved")


@bp.post("/approvals/<int:approval_id>/refuse")
@allow("grant.approve", "payout.approve", "vote.approve", "recovery.write")
def refuse(approval_id: int) -> AnyResponse:
    """Turn a proposal down."""
    here, by = actor().community_id, me()

    def work(tx: Tx, at: int) -> None:
        if _checked_kind(tx, approval_id) == pending.APPROVAL:
            let_be(tx, here, approval_id, today=day_of(terms(), at), by=by, at=at)
            return
        approvals.deny(tx, here, approval_id, by=by, at=at)

    return _decide("refuse", approval_id, work, "denied")


def _checked_kind(tx: Tx, approval_id: int) -> str:
    """The proposal's kind, where the signed-in person may decide on that kind.

    Refusals: approval_not_found, not_allowed.
    """
    kind = approvals.get_approval(tx, actor().community_id, approval_id).kind
    if not can(_MAY.get(kind, "grant.approve")):
        raise Refusal("not_allowed")
    return kind


def _decide(kind: str, approval_id: int, work: Any, said: str) -> AnyResponse:  # noqa: ANN401 - see `act`
    try:
        act(f"approval.{kind}", {"approval": str(approval_id)}, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.approvals", said)


def _page(*, refusal: Refusal | None = None) -> Response:
    community_id = terms().community.id
    with service().db.read() as tx:
        waiting = approvals.waiting(tx, community_id)
        names = {
            int(row.staff_id): row.name or row.login for row in staff.all_staff(tx, community_id)
        }
        others = _elsewhere(tx, community_id)
        lines = [_line(tx, row, names) for row in waiting]
    return office_page(
        "office/approvals.html",
        refusal=refusal,
        waiting=lines,
        others=others,
    )


def _elsewhere(tx: Tx, community_id: int) -> list[dict[str, Any]]:
    """Differences and payouts wait on their own pages."""
    rows = (
        (
            counts_by_state(tx, community_id).get(PROPOSED, 0),
            mark("Decisions on differences"),
            url_for("office.discrepancies", view=PROPOSED),
        ),
        (
            payout_counts(tx, community_id).get("proposed", 0),
            mark("Payouts to approve"),
            url_for("office.payouts"),
        ),
    )
    return [
        {"count": count, "text": say(name), "href": href} for count, name, href in rows if count
    ]


def _line(tx: Tx, row: Approval, names: dict[int, str]) -> dict[str, Any]:
    return {
        "name": say(_NAMES.get(row.kind, row.kind)),
        "who": names.get(row.proposed_by, ""),
        "proposed_at": row.proposed_at,
        "is_own": row.proposed_by == actor().id,
        "may_decide": can(_MAY.get(row.kind, "grant.approve")),
        "details": _details(tx, row),
        "photo": url_for("office.write_off_photo", approval_id=row.approval_id)
        if row.kind == leaving.APPROVAL and row.body.get("photo")
        else "",
        "approve": url_for("office.agree", approval_id=row.approval_id),
        "deny": url_for("office.refuse", approval_id=row.approval_id),
    }


def _details(tx: Tx, row: Approval) -> str:
    """What the second person has to see to agree."""
    if row.kind in _TOLD:
        return _TOLD[row.kind](tx, row)
    if row.kind == pending.APPROVAL:
        return unproven_details(terms(), row)
    if row.kind == payout_accounts.APPROVAL:
        shop = terms().merchant(int(row.body["merchant_id"]))
        parts = (shop.name, row.body["holder"], row.body["bank"], row.body["account_no"])
        return " · ".join(str(part) for part in parts)
    if row.kind == fund_spending.APPROVAL:
        parts = (row.body["fund"], yuan(row.body["fen"]), row.body["to"], row.body["reason"])
        return " · ".join(str(part) for part in parts if part)
    if row.kind == votes.APPROVAL:
        return _vote_text(Ballot(**row.body))
    return recovery.lost_details(row) if row.kind == recovery.LOST else row.subject


_TOLD: Final[Mapping[str, Callable[[Tx, Approval], str]]] = {
    acts.APPROVAL: lambda tx, row: act_details(tx, terms(), row),
    deductions.APPROVAL: lambda tx, row: deduction_details(tx, terms(), row),
    leaving.APPROVAL: write_off_details,
    forgiving.APPROVAL: lambda tx, row: forgiving_details(tx, terms(), row),
    bank_returns.APPROVAL: settling_details,
    moving.APPROVAL: move_details,
    rebooking.APPROVAL: rebook_details,
}
"""Kinds whose own room words them."""


def _vote_text(ballot: Ballot) -> str:
    """A vote as the one who confirms it compares it with the minutes."""
    said = say(
        mark(
            "{subject}. Held on {day}: {present} of {members} members came; {ayes} for, {noes} against, "
            "{abstentions} abstained. Minutes {minutes}."
        )
    )
    return said.format(
        subject=subject_text(ballot.subject),
        day=day_text(ballot.held_on),
        minutes=ballot.minutes_sha256[:12],
        **{
            name: getattr(ballot, name)
            for name in ("present", "members", "ayes", "noes", "abstentions")
        },
    )
