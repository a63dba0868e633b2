"""A sale paid through our own gateway: points held, money asked for outside any transaction, then booked or let go."""

from __future__ import annotations

from typing import Any, Final

from ledger.book import requests
from ledger.book.cover import release_step
from ledger.book.facts import cap_back_step
from ledger.book.holds import end_hold, open_hold, open_holds_of
from ledger.book.steps import apply
from ledger.clock import SECOND_US
from ledger.errors import GuardMissedError, Refusal
from ledger.ids import new_id
from ledger.members.terms import Terms
from ledger.sql import Sql, Tx
from pos import routes
from pos.channel import Charged, ChargeOutcome, ChargeRequest, Declined
from pos.decide import KIND, SaleRequest, Scan, prepare
from pos.desk import Desk, day_of
from pos.sale_plan import Plan, answer_for, booking_steps, limit_steps, posting_of, sale_step
from pos.scanning import run_scanned

HOLD_US: Final = 3_600 * SECOND_US
"""After an hour a hold is overdue and `jifen recover` must have asked the channel."""

_FIND: Final = Sql(
    "SELECT state, plan FROM sale WHERE community_id = :community_id AND sale_id = :sale_id"
)
_CLOSE: Final = Sql(
    "UPDATE sale SET state = :state, txn_id = :txn_id, payment_ref = :payment_ref, business_date = :business_date,"
    " plan = '{}' WHERE community_id = :community_id AND sale_id = :sale_id AND state = 'open'"
)


def check_out_by_gateway(desk: Desk, request: SaleRequest, *, at: int) -> dict[str, Any]:
    """Sell through our own payment channel; points earned are spendable at once.

    The same request again asks the channel again under the same key, so nobody is charged twice. Refuses what
    `pos.checkout.check_out` refuses, and payment_declined, payment_unknown (the sale stays open: ask again with the
    same id, or `jifen recover` finishes it), payment_channel_missing.
    """
    body_hash = requests.hash_of(request.body())
    if desk.channel is None:
        raise Refusal("payment_channel_missing")

    def begin(tx: Tx, terms: Terms, scan: Scan, *, pin_ok: bool) -> dict[str, Any]:
        open_sale = find_open(tx, request.community_id, request.request_id)
        if open_sale is not None:
            if open_sale.body_hash != body_hash.hex():
                raise Refusal("request_id_reused")
            return {"open": open_sale}
        prepared = prepare(desk, tx, terms, request, scan, body_hash, at=at, pin_ok=pin_ok)
        if isinstance(prepared, dict):
            return prepared
        apply(tx, [*prepared.guards, sale_step(prepared.plan, state="open", business_date=prepared.plan.business_date,
                                               txn_id=None), *limit_steps(prepared.plan)])  # fmt: skip
        _hold_points(tx, prepared.plan)
        return {"open": prepared.plan}

    begun = run_scanned(desk, request, KIND, body_hash, begin, at=at)
    if "open" not in begun:
        return begun
    plan: Plan = begun["open"]
    charged = desk.channel.charge(charge_request(desk, plan)) if plan.paid_fen else Charged("", 0)
    return finish(desk, plan, charged, at=at)


def charge_request(desk: Desk, plan: Plan) -> ChargeRequest:
    """What the channel is asked; its key is the sale's alone."""
    return ChargeRequest(
        sale_id=plan.sale_id,
        community_id=plan.community_id,
        amount_fen=plan.paid_fen,
        method=desk.charge_method,
    )


def find_open(tx: Tx, community_id: int, sale_id: str) -> Plan | None:
    """The plan of a sale whose money was asked for and whose end is not known; None otherwise."""
    row = tx.find(_FIND, community_id=community_id, sale_id=sale_id)
    return Plan.from_json(row.plan) if row is not None and row.state == "open" else None


def finish(desk: Desk, plan: Plan, outcome: ChargeOutcome, *, at: int) -> dict[str, Any]:
    """Book a charged sale, let a declined one go; refuses payment_declined and payment_unknown."""
    match outcome:
        case Charged(intent_id=intent_id):
            return book_charged(desk, plan, intent_id, at=at)
        case Declined(code=code):
            void(desk, plan, Refusal("payment_declined", channel_code=code), at=at)
            raise Refusal("payment_declined", channel_code=code)
        case _:
            raise Refusal("payment_unknown", sale_id=plan.sale_id)


def book_charged(desk: Desk, plan: Plan, intent_id: str, *, at: int) -> dict[str, Any]:
    """Write a sale whose money has arrived; done before, it gives the stored answer."""
    reserved = routes.reserve(
        desk.db,
        payment_ref=f"gateway:{intent_id or plan.sale_id}",
        community_id=plan.community_id,
        sale_id=plan.sale_id,
        at=at,
    )
    terms = desk.terms_of(plan.community_id)
    body_hash = bytes.fromhex(plan.body_hash)

    def work(tx: Tx) -> dict[str, Any]:
        known = requests.find_answer(tx, plan.community_id, plan.sale_id, KIND, body_hash)
        if known is not None:
            return known
        day = day_of(terms, at)
        if not routes.mark_posted(tx, reserved, at=at):
            raise GuardMissedError("payment_route")
        posting = posting_of(
            plan, txn_id=new_id(at), at=at, business_date=day, captured=_captured(tx, plan, at=at)
        )
        answer = answer_for(plan, business_date=day)
        kept = requests.keep_step(
            plan.community_id, plan.sale_id, KIND, body_hash, at=at, response=answer
        )
        returned = apply(
            tx,
            [
                *booking_steps(plan, posting),
                requests.keep_with_balance_step(kept, plan.accounts.wallet, txn_id=posting.txn_id),
            ],
        )
        _close(tx, plan, state="done", txn_id=posting.txn_id, payment_ref=intent_id, day=day)
        return {**answer, "balance_units": int(returned["request"].balance_after)}

    answer = desk.db.write(work)
    routes.confirm(desk.db, reserved)
    return answer


def void(desk: Desk, plan: Plan, refusal: Refusal, *, at: int) -> None:
    """Let a sale go whose money never moved: points, cover and limits return, the refusal is its outcome."""
    body_hash = bytes.fromhex(plan.body_hash)

    def work(tx: Tx) -> None:
        if find_open(tx, plan.community_id, plan.sale_id) is None:
            return
        for held in open_holds_of(tx, plan.community_id, plan.sale_id):
            end_hold(tx, plan.community_id, held.hold_id, account_id=held.account_id, amount=held.amount,
                     captured=False, txn_id=None, at=at)  # fmt: skip
        backs = [
            cap_back_step(plan.community_id, plan.person_id, code, key, units)
            for code, key, units, _ in plan.caps
        ]
        if plan.offset_fen:
            backs.append(release_step(plan.community_id, plan.accounts.cover, plan.offset_fen))
        apply(tx, backs)
        _close(tx, plan, state="void", txn_id=None, payment_ref=None, day=plan.business_date)
        requests.keep_refusal(tx, plan.community_id, plan.sale_id, KIND, body_hash, refusal, at=at)

    desk.db.write(work)


def _close(
    tx: Tx, plan: Plan, *, state: str, txn_id: int | None, payment_ref: str | None, day: int
) -> None:
    closed = tx.run(
        _CLOSE,
        community_id=plan.community_id,
        sale_id=plan.sale_id,
        state=state,
        txn_id=txn_id,
        payment_ref=payment_ref,
        business_date=day,
    )
    if closed != 1:
        raise GuardMissedError("sale")


def _hold_points(tx: Tx, plan: Plan) -> None:
    if plan.offset_units:
        open_hold(
            tx,
            plan.community_id,
            plan.accounts.wallet,
            commodity=plan.commodity,
            amount=plan.offset_units,
            purpose="sale",
            request_id=plan.sale_id,
            at=plan.at,
            expires_at=plan.at + HOLD_US,
        )


def _captured(tx: Tx, plan: Plan, *, at: int) -> dict[int, int]:
    """End the sale's hold as used; the posting takes the same units out of `held`."""
    captured: dict[int, int] = {}
    for held in open_holds_of(tx, plan.community_id, plan.sale_id):
        end_hold(tx, plan.community_id, held.hold_id, account_id=held.account_id, amount=held.amount,
                 captured=True, txn_id=None, at=at)  # fmt: skip
        captured[int(held.account_id)] = int(held.amount)
    return captured
