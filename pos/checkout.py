"""One sale, from a scanned code to a booked receipt.

Decided on one look, written behind guards, in one transaction.
"""

from __future__ import annotations

from typing import Any

from ledger.book import requests
from ledger.book.steps import apply
from ledger.errors import Refusal
from ledger.ids import new_id
from ledger.members.terms import Terms
from ledger.sql import Tx
from pos import routes
from pos.certificates import take
from pos.decide import KIND, Prepared, SaleRequest, prepare
from pos.desk import Desk
from pos.sale_plan import answer_for, booking_steps, limit_steps, posting_of, sale_step
from pos.scan import Scan, scan_for_sale
from pos.scanning import run_scanned


def check_out(desk: Desk, request: SaleRequest, *, at: int) -> dict[str, Any]:
    """Book a sale the shop's own device was paid for, and answer what the receipt says.

    The same request again is answered from the first time. Refuses: the token's refusals
    (`ledger.tokens`), token_used, card_not_active, card_replaced, card_too_soon, the price's
    refusals (`pos.pricing`), pin_needed and the PIN's refusals, spent_day_cap, cover_empty,
    amount_wrong, ref_bad, terminal_revoked, period_locked, payment_already_used, the refusals of a
    certificate (`pos.certificates`), request_id_reused. A refusal after the code was believed burns the code too.
    """
    if request.channel == "gateway":
        raise ValueError("a sale through our own gateway is charged by pos.charging")
    body_hash = requests.hash_of(request.body())
    reserved: routes.Reservation | None = None

    def reserve() -> None:
        nonlocal reserved
        reserved = _reserve(desk, request, at=at)

    def attempt(tx: Tx, terms: Terms, scan: Scan, *, pin_ok: bool) -> dict[str, Any]:
        prepared = prepare(desk, tx, terms, request, scan, body_hash, at=at, pin_ok=pin_ok)
        if isinstance(prepared, dict):
            return prepared
        if reserved is not None:
            routes.mark_posted(tx, reserved, at=at)
        return _book(tx, prepared, request, body_hash)

    try:
        answer = run_scanned(
            desk,
            request,
            KIND,
            body_hash,
            attempt,
            at=at,
            first=reserve,
            scan_with=scan_for_sale,
        )
    except Refusal:
        if reserved is not None:
            routes.release(desk.db, reserved, at=at)
        raise
    if reserved is not None:
        routes.confirm(desk.db, reserved)
    return answer


def _reserve(desk: Desk, request: SaleRequest, *, at: int) -> routes.Reservation | None:
    # A payment earns once over all communities, so it is taken before anything is posted.
    if request.payment_ref is None:
        return None
    return routes.reserve(
        desk.db,
        payment_ref=f"scan:{request.payment_ref}",
        community_id=request.community_id,
        sale_id=request.request_id,
        at=at,
    )


def _book(tx: Tx, prepared: Prepared, request: SaleRequest, body_hash: bytes) -> dict[str, Any]:
    """Write everything of the sale at once; any guard that misses undoes all of it."""
    plan = prepared.plan
    txn_id = new_id(plan.at)
    taken = take(tx, plan, prepared.certificate, txn_id=txn_id)
    posting = posting_of(
        plan,
        txn_id=txn_id,
        at=plan.at,
        business_date=plan.business_date,
        captured=taken.captured,
    )
    answer = {**answer_for(plan, business_date=plan.business_date), **taken.said}
    if prepared.by_carer:
        answer["by_carer"] = 1
    kept = requests.keep_step(
        plan.community_id, request.request_id, KIND, body_hash, at=plan.at, response=answer
    )
    returned = apply(
        tx,
        [
            *prepared.guards,
            *booking_steps(plan, posting),
            sale_step(plan, state="done", business_date=plan.business_date, txn_id=posting.txn_id),
            requests.keep_with_balance_step(kept, plan.accounts.wallet, txn_id=posting.txn_id),
            *limit_steps(plan),
            *taken.steps,
        ],
    )
    return {**answer, "balance_units": int(returned["request"].balance_after)}
