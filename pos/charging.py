"""A sale paid through our own gateway: points held, money asked for outside any transaction, then booked or let go."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from ledger.book import requests
from ledger.book.day import last_locked
from ledger.book.holds import end_hold, open_hold, open_holds_of
from ledger.book.repay import repay_from_wallet
from ledger.book.steps import apply
from ledger.clock import SECOND_US
from ledger.earning.calendar import day_from_key, day_key
from ledger.errors import GuardMissedError, Refusal
from ledger.ids import derived_request_id, new_id
from ledger.members.terms import Terms
from ledger.sql import Sql, Tx
from pos import routes
from pos.channel import Charged, ChargeOutcome, ChargeRequest, Declined, RefundRequest
from pos.decide import KIND, SaleRequest, prepare
from pos.desk import Desk, day_of
from pos.sale_plan import (
    Plan,
    answer_for,
    booking_steps,
    limit_steps,
    limits_back_steps,
    posting_of,
    sale_step,
)
from pos.scan import Scan
from pos.scanning import run_scanned

HOLD_US: Final = 3_600 * SECOND_US
"""After an hour a hold is overdue and `jifen recover` must have asked the channel."""

_FIND: Final = Sql(
    "SELECT state, plan FROM sale WHERE community_id = :community_id AND sale_id = :sale_id"
)
_CLOSE: Final = Sql(
    "UPDATE sale SET state = :state, txn_id = :txn_id, payment_ref = :payment_ref, business_date = :business_date,"
    " plan = :counted_on WHERE community_id = :community_id AND sale_id = :sale_id AND state = 'open'"
)
_ASK_AGAIN: Final = Sql(
    "UPDATE sale SET plan = :plan WHERE community_id = :community_id AND sale_id = :sale_id AND state = 'open'"
    " AND plan = :seen"
)
_OWED: Final = Sql(
    "SELECT posted FROM balance WHERE community_id = :community_id AND account_id = :account_id"
)


class _LetGoError(Exception):
    """The money of a sale arrived after the sale was let go; `refusal` is its outcome."""

    def __init__(self, refusal: Refusal) -> None:
        """Keep what the till was told."""
        super().__init__(refusal.code)
        self.refusal = refusal


def check_out_by_gateway(desk: Desk, request: SaleRequest, *, at: int) -> dict[str, Any]:
    """Sell through our own payment channel; points earned are spendable at once.

    The same request again asks the channel again under the same key, so nobody is charged twice. Refuses what
    `pos.checkout.check_out` refuses, and payment_declined, payment_unknown (the sale stays open: ask again with the
    same id, or `jifen recover` finishes it), payment_channel_missing.
    """
    if request.channel != "gateway":
        raise ValueError("a sale the shop's own device was paid for is booked by pos.checkout")
    body_hash = requests.hash_of(request.body())
    if desk.channel is None:
        raise Refusal("payment_channel_missing")

    def begin(tx: Tx, terms: Terms, scan: Scan, *, pin_ok: bool) -> dict[str, Any]:
        open_sale = find_open(tx, request.community_id, request.request_id)
        if open_sale is not None:
            if open_sale.body_hash != body_hash.hex():
                raise Refusal("request_id_reused")
            return {"open": _ask_again(tx, open_sale, at=at)}
        prepared = prepare(desk, tx, terms, request, scan, body_hash, at=at, pin_ok=pin_ok)
        if isinstance(prepared, dict):
            return prepared
        plan = prepared.plan
        begun = requests.open_step(plan.community_id, plan.sale_id, KIND, body_hash, at=at)
        row = sale_step(plan, state="open", business_date=plan.business_date, txn_id=None)
        apply(tx, [*prepared.guards, begun, row])
        # The wallet before the limits and the shop's cover: every sale locks them in this order.
        _hold_points(tx, plan)
        apply(tx, limit_steps(plan))
        return {"open": plan}

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


def _ask_again(tx: Tx, seen: Plan, *, at: int) -> Plan:
    """Note that the channel is about to be asked once more; recovery lets go only what nobody asks for."""
    plan = replace(seen, asked_at=max(at, seen.asked_at))
    noted = tx.run(
        _ASK_AGAIN,
        community_id=plan.community_id,
        sale_id=plan.sale_id,
        plan=plan.to_json(),
        seen=seen.to_json(),
    )
    if noted != 1:
        raise GuardMissedError("sale")
    return plan


def finish(desk: Desk, plan: Plan, outcome: ChargeOutcome, *, at: int) -> dict[str, Any]:
    """Book a charged sale, let a declined one go; refuses payment_declined and payment_unknown."""
    match outcome:
        case Charged(intent_id=intent_id):
            return book_charged(desk, plan, intent_id, at=at)
        case Declined(code=code):
            declined = Refusal("payment_declined", channel_code=code)
            void(desk, plan, declined, at=at)
            # Somebody else may have ended the sale first, and otherwise: what is kept is what is said.
            body_hash = bytes.fromhex(plan.body_hash)
            with desk.db.read() as tx:
                known = requests.find_answer(tx, plan.community_id, plan.sale_id, KIND, body_hash)
            if known is not None:
                return known
            raise declined
        case _:
            raise Refusal("payment_unknown", sale_id=plan.sale_id)


def book_charged(desk: Desk, plan: Plan, intent_id: str, *, at: int) -> dict[str, Any]:
    """Write a sale whose money has arrived; done before, it gives the stored answer.

    Money that arrives for a sale let go long ago is sent straight back, and its refusal is raised again. Any other
    refusal (the database is away) leaves the sale open for `jifen recover`: its money is not sent back.
    """
    reserved = routes.reserve(
        desk.db,
        payment_ref=f"gateway:{intent_id or plan.sale_id}",
        community_id=plan.community_id,
        sale_id=plan.sale_id,
        at=at,
    )
    day = day_of(desk.terms_of(plan.community_id), at)

    def work(tx: Tx) -> dict[str, Any]:
        try:
            known = requests.find_answer(
                tx, plan.community_id, plan.sale_id, KIND, bytes.fromhex(plan.body_hash)
            )
        except Refusal as refusal:
            raise _LetGoError(refusal) from refusal
        if known is not None:
            return known
        if not routes.mark_posted(tx, reserved, at=at):
            raise GuardMissedError("payment_route")
        return book_open(tx, plan, intent_id, at=at, day=_open_day(tx, plan.community_id, day))

    try:
        answer = desk.db.write(work)
    except _LetGoError as gone:
        # Where no answer comes to this, `jifen recover` looks again (`pos.recovery`).
        if desk.channel is not None and plan.paid_fen:
            desk.channel.refund(
                sent_back(plan.community_id, plan.sale_id, intent_id, plan.paid_fen)
            )
        routes.release(desk.db, reserved, at=at)
        raise gone.refusal from gone
    routes.confirm(desk.db, reserved)
    return answer


def book_open(
    tx: Tx, plan: Plan, intent_id: str, *, at: int, day: int, told_balance: int | None = None
) -> dict[str, Any]:
    """Write a sale that waited for its money, on business date `day`.

    `told_balance` (units): the till was told the outcome long ago, and with it this balance.
    """
    # Debts may have been made or repaid while the channel was asked: what is repaid is decided now.
    owed = tx.get(_OWED, community_id=plan.community_id, account_id=plan.accounts.owed).posted
    plan = replace(
        plan, repay_units=min(int(owed), plan.earned_units), payment_ref=intent_id or None
    )
    txn_id = new_id(at)
    captured = _captured(tx, plan, txn_id=txn_id, at=at)
    posting = posting_of(plan, txn_id=txn_id, at=at, business_date=day, captured=captured)
    answer = answer_for(plan, business_date=day)
    kept = requests.keep_step(
        plan.community_id,
        plan.sale_id,
        KIND,
        bytes.fromhex(plan.body_hash),
        at=at,
        response=answer,
        was_open=True,
    )
    if told_balance is None:
        kept = requests.keep_with_balance_step(kept, plan.accounts.wallet, txn_id=posting.txn_id)
    else:
        kept = requests.keep_told_step(kept, told_balance, txn_id=posting.txn_id)
    returned = apply(tx, [*booking_steps(plan, posting), kept])
    _close(tx, plan, state="done", txn_id=posting.txn_id, payment_ref=intent_id, day=day)
    balance = told_balance if told_balance is not None else returned["request"].balance_after
    return {**answer, "balance_units": int(balance)}


def sent_back(community_id: int, sale_id: str, intent_id: str, fen: int) -> RefundRequest:
    """What the channel is asked when money arrived for a sale that was let go; its key is the sale's alone."""
    return RefundRequest(
        refund_id=sale_id,
        sale_id=sale_id,
        community_id=community_id,
        intent_id=intent_id,
        amount_fen=fen,
        reason="requested_by_customer",
    )


def _open_day(tx: Tx, community_id: int, day: int) -> int:
    """The business date the money is booked on: where the channel took so long that the day was locked, the next."""
    last = last_locked(tx, community_id)
    return day if day > last else day_key(day_from_key(last) + timedelta(days=1))


def void(
    desk: Desk, plan: Plan, refusal: Refusal, *, at: int, unless_asked_again: bool = False
) -> bool:
    """Let a sale go whose money never moved: points, cover and limits return, the refusal is its outcome.

    `unless_asked_again`: leave it open where the channel was asked once more since `plan` was read, and say False.
    """
    body_hash = bytes.fromhex(plan.body_hash)
    day = day_of(desk.terms_of(plan.community_id), at)

    def work(tx: Tx) -> bool:
        current = find_open(tx, plan.community_id, plan.sale_id)
        if current is None:
            return True
        if unless_asked_again and _ask_again(tx, current, at=current.asked_at) != plan:
            return False
        for held in open_holds_of(tx, plan.community_id, plan.sale_id):
            end_hold(tx, plan.community_id, held.hold_id, account_id=held.account_id, amount=held.amount,
                     captured=False, txn_id=None, at=at)  # fmt: skip
        if plan.offset_units:
            # Goods may have come back meanwhile: points in hand make up for them first.
            repay_from_wallet(tx, plan.community_id, plan.wallet_owner_id, plan.commodity,
                              request_id=derived_request_id("repay", plan.sale_id), at=at,
                              business_date=_open_day(tx, plan.community_id, day))  # fmt: skip
        apply(tx, limits_back_steps(plan))
        _close(tx, plan, state="void", txn_id=None, payment_ref=None, day=plan.business_date)
        requests.keep_refusal(
            tx, plan.community_id, plan.sale_id, KIND, body_hash, refusal, at=at, was_open=True
        )
        return True

    return desk.db.write(work)


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
        # Booked after midnight, the sale still counts against the limits of the day it began on.
        counted_on=json.dumps({"counted_on": plan.business_date}),
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


def _captured(tx: Tx, plan: Plan, *, txn_id: int, at: int) -> dict[int, int]:
    """End the sale's hold as used by `txn_id`; the posting takes the same units out of `held`."""
    captured: dict[int, int] = {}
    for held in open_holds_of(tx, plan.community_id, plan.sale_id):
        end_hold(tx, plan.community_id, held.hold_id, account_id=held.account_id, amount=held.amount,
                 captured=True, txn_id=txn_id, at=at)  # fmt: skip
        captured[int(held.account_id)] = int(held.amount)
    return captured
