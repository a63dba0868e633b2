"""An offline sale written again after a loss of the book: its row, and its place in the till's escrow, as told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ledger.book.chart import Account
from ledger.book.facts import caps_told_step
from ledger.book.steps import Step
from ledger.errors import Refusal
from ledger.offline.policy import Policy, read_policy
from ledger.tokens import Token
from pos.decide import SaleRequest
from pos.desk import Desk
from pos.offline.deciding import BORNE, Decided, Late
from pos.offline.intake import escrow_of, lend_steps, seen_of
from pos.offline.store import keep_step
from pos.pricing import Earned, Quote
from pos.sale_plan import Plan


def told_steps(
    desk: Desk, request: SaleRequest, token: Token, plan: Plan, told: Mapping[str, Any], *, at: int
) -> list[Step]:
    """What stands beside the sale's own rows; nothing for a sale with network."""
    said = told.get("offline")
    if request.offline_policy is None or not isinstance(said, Mapping):
        return []
    policy = _policy_of(desk, request)
    price = Quote(plan.offset_units, plan.offset_fen, plan.paid_fen, Earned(plan.earned_units, ""))
    decided = Decided(str(said["state"]), price, int(said["lacked_units"]))
    late = Late(request, policy, min(request.occurred_at, at))
    row = keep_step(
        late,
        plan.merchant_id,
        seen_of(plan, token),
        decided,
        person_id=plan.person_id,
        business_date=plan.business_date,
        code="",
        at=at,
    )
    if policy is None or not plan.offset_units:
        return [row]
    uses = escrow_of(policy, token, plan.offset_units)
    return [row, *(caps_told_step(plan.community_id, plan.terminal_id, use) for use in uses)]


def borne_steps(desk: Desk, plan: Plan, told: Mapping[str, Any], *, at: int) -> list[Step]:
    """What the community bore of a sale without network comes out of its loss again; nothing for any other sale.

    The loss account is there already (`pos.offline.intake.open_loss_account`).
    """
    said = told.get("offline")
    if not isinstance(said, Mapping) or said["state"] not in BORNE:
        return []
    price = Quote(plan.offset_units, plan.offset_fen, plan.paid_fen, Earned(0, ""))
    loss = desk.side(plan.community_id, Account.LOSS, plan.commodity, at=at)
    decided = Decided(str(said["state"]), price, int(said["lacked_units"]))
    return lend_steps(replace(plan, at=at), decided, loss.account_id)


def _policy_of(desk: Desk, request: SaleRequest) -> Policy | None:
    """The limits the till had been told; None where the key that marked them is lost with the book."""
    try:
        return read_policy(
            request.offline_policy or "",
            desk.offline_key,
            community_id=request.community_id,
            terminal_id=request.terminal_id,
        )
    except Refusal:
        return None
