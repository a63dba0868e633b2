"""Spending from a work's fund: proposed by one, agreed to by another, booked with the agreement."""

from __future__ import annotations

from typing import Final

from ledger.audit import By
from ledger.book.fund import spend_from_fund
from ledger.book.funds import POINTS, fund_balance, fund_id_of
from ledger.earning.calendar import business_date, day_key
from ledger.errors import Refusal
from ledger.ids import derived_request_id
from ledger.members import approvals
from ledger.members.communities import get_community
from ledger.sql import Tx

APPROVAL: Final = "fund.spend"
"""The kind of proposal under which it waits for its second person."""


def propose(
    tx: Tx,
    community_id: int,
    code: str,
    fen: int,
    *,
    to_code: str,
    reason: str,
    by: By,
    at: int,
) -> int:
    """Propose to pay `fen` for a work from its fund, or to give it to another (`to_code`); the proposal's number.

    Refusals: fund_not_found, fund_of_points, fund_empty, amount_wrong, reason_missing.
    """
    fund_id = fund_id_of(tx, community_id, code)
    if fund_id == POINTS or (to_code and fund_id_of(tx, community_id, to_code) == fund_id):
        raise Refusal("fund_of_points")
    if fen <= 0:
        raise Refusal("amount_wrong")
    if not reason.strip():
        raise Refusal("reason_missing")
    if fen > fund_balance(tx, community_id, fund_id):
        raise Refusal("fund_empty")
    body = {"fund": code, "to": to_code, "fen": fen, "reason": reason.strip()}
    return approvals.propose(tx, community_id, APPROVAL, f"fund:{code}", body, by=by, at=at)


def approve(tx: Tx, community_id: int, approval_id: int, *, by: By, at: int) -> int:
    """Agree and book it; the entry's number.

    Refusals: approval_not_found, approval_decided, approval_same_person, fund_empty, period_locked.
    """
    agreed = approvals.approve(tx, community_id, approval_id, by=by, at=at)
    body = agreed.body
    return spend_from_fund(
        tx,
        community_id,
        fund_id_of(tx, community_id, body["fund"]),
        int(body["fen"]),
        to_fund=fund_id_of(tx, community_id, body["to"]) if body["to"] else None,
        request_id=derived_request_id(APPROVAL, community_id, approval_id),
        by=by.id,
        at=at,
        business_date=day_key(business_date(at, get_community(tx, community_id).timezone)),
        reason=body["reason"],
    )
