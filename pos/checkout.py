"""One sale, from a scanned code to a booked receipt: decided on one look, written behind guards, in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ledger.book import requests
from ledger.book.facts import burn_step
from ledger.book.steps import apply
from ledger.errors import Refusal
from ledger.ids import new_id
from ledger.members.terms import Terms
from ledger.sql import Tx
from pos.cover import CoverLowError, fill_cover
from pos.decide import (
    KIND,
    NoAccountsError,
    Prepared,
    SaleRequest,
    Scan,
    open_shop_accounts,
    prepare,
    rules_now,
    scan_code,
)
from pos.desk import TRIES, Desk, StaleTermsError, open_member_accounts
from pos.pin_check import PinAsked, check_pin
from pos.sale_plan import answer_for, booking_steps, limit_steps, posting_of, sale_step


def check_out(desk: Desk, request: SaleRequest, *, at: int) -> dict[str, Any]:
    """Book a sale the shop's own device was paid for, and answer what the receipt says.

    The same request again is answered from the first time. Refuses: the token's refusals (`ledger.tokens`),
    token_used, card_not_active, card_replaced, card_too_soon, the price's refusals (`pos.pricing`), pin_needed and the
    PIN's refusals, cover_empty, amount_wrong, ref_wrong, terminal_revoked, period_locked, payment_already_used,
    request_id_reused. A refusal after the code was believed burns the code too.
    """
    body_hash = requests.hash_of(request.body())

    def attempt(tx: Tx, terms: Terms, scan: Scan, *, pin_ok: bool) -> dict[str, Any]:
        prepared = prepare(desk, tx, terms, request, scan, body_hash, at=at, pin_ok=pin_ok)
        return (
            prepared
            if isinstance(prepared, dict)
            else _book(tx, prepared, request, scan, body_hash)
        )

    return run_sale(desk, request, body_hash, attempt, at=at)


def run_sale(
    desk: Desk,
    request: SaleRequest,
    body_hash: bytes,
    attempt: Callable[..., dict[str, Any]],
    *,
    at: int,
) -> dict[str, Any]:
    """Run `attempt` in a transaction, on fresh terms and with cover filled where needed; keep a refusal as outcome."""
    terms = desk.terms_of(request.community_id)
    scan: Scan | None = None
    try:
        for left in range(TRIES - 1, -1, -1):
            scan = scan_code(terms, request.token, at=at)
            open_shop_accounts(desk, terms, request.terminal_id, at=at)
            try:
                pin_ok = _is_pin_right(desk, terms, request, scan, at=at)
                return desk.db.write(partial(attempt, terms=terms, scan=scan, pin_ok=pin_ok))
            except StaleTermsError:
                terms = desk.refresh(request.community_id)
            except NoAccountsError as missing:
                open_member_accounts(
                    desk.db,
                    request.community_id,
                    int(str(missing)),
                    rules_now(terms, at).commodity,
                    at=at,
                )
            except CoverLowError as low:
                fill_cover(desk, terms, low, at=at)
            if left == 0:
                raise Refusal("busy_try_again")
    except Refusal as refusal:
        return keep_refused(desk, request, body_hash, scan, refusal, at=at)
    raise AssertionError("unreachable: the loop returns or raises")


def _is_pin_right(desk: Desk, terms: Terms, request: SaleRequest, scan: Scan, *, at: int) -> bool:
    # Only a believed code may try a PIN: otherwise anybody could lock anybody's.
    if request.pin is None or scan.token is None:
        return False
    asked = PinAsked(request.community_id, scan.use.serial, request.pin, request.terminal_id)
    return check_pin(desk, terms, asked, at=at)


def _book(
    tx: Tx, prepared: Prepared, request: SaleRequest, scan: Scan, body_hash: bytes
) -> dict[str, Any]:
    """Write everything of the sale at once; any guard that misses undoes all of it."""
    plan = prepared.plan
    posting = posting_of(
        plan, txn_id=new_id(plan.at), at=plan.at, business_date=plan.business_date, captured={}
    )
    answer = answer_for(plan, business_date=plan.business_date)
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
        ],
    )
    return {**answer, "balance_units": int(returned["request"].balance_after)}


def keep_refused(
    desk: Desk,
    request: SaleRequest,
    body_hash: bytes,
    scan: Scan | None,
    refusal: Refusal,
    *,
    at: int,
) -> dict[str, Any]:
    """Keep a refusal as the request's outcome and burn the code that was shown; raise it again.

    Where the request was answered meanwhile, that answer is given instead.
    """
    if refusal.code in {"request_id_reused", "busy_try_again"}:
        raise refusal

    def work(tx: Tx) -> dict[str, Any] | None:
        known = requests.find_answer(tx, request.community_id, request.request_id, KIND, body_hash)
        if known is not None:
            return known
        requests.keep_refusal(
            tx, request.community_id, request.request_id, KIND, body_hash, refusal, at=at
        )
        if scan is not None and scan.token is not None and scan.token.is_single_use:
            burn = burn_step(
                request.community_id,
                scan.use,
                at=at,
                terminal_id=request.terminal_id,
                request_id=request.request_id,
                outcome="refused",
            )
            tx.run(burn.sql, **burn.params)
        return None

    known = desk.db.write(work)
    if known is not None:
        return known
    raise refusal
