"""Refunds of sales paid through our own gateway: the channel gives the money back first, then the points follow."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from ledger.book import requests
from ledger.book.steps import apply
from ledger.earning.rates import RefundSplit
from ledger.errors import GuardMissedError, Refusal
from ledger.sql import Sql, Tx
from pos import channel as pay
from pos.decide import open_shop_accounts
from pos.desk import Desk
from pos.refund_lines import BUYER
from pos.refunds import (
    KIND,
    RefundRequest,
    book_refund,
    count_step,
    day_of_refund,
    find_sale,
    refund_step,
    split_of,
)
from pos.taking import Taking

_FIND: Final = Sql(
    "SELECT r.refund_id, r.state, r.ref, r.terminal_id, r.occurred_at, r.goods_fen, r.cash_fen, r.offset_fen,"
    " r.units_back, r.earned_back_units, r.undo, s.ref AS original_ref, s.payment_ref, s.sale_id FROM refund r"
    " JOIN sale s ON s.community_id = r.community_id AND s.sale_id = r.sale_id"
    " WHERE r.community_id = :community_id AND r.refund_id = :refund_id"
)
_DROP: Final = Sql(
    "DELETE FROM refund WHERE community_id = :community_id AND refund_id = :refund_id AND state = 'open'"
)
_COUNT_LESS: Final = Sql(
    "UPDATE sale SET refunded_fen = refunded_fen - :fen WHERE community_id = :community_id AND sale_id = :sale_id"
    " AND refunded_fen >= :fen"
)
_SALE: Final = Sql(
    f"SELECT sale_id, ref, state, merchant_id, terminal_id, {BUYER}, business_date, total_fen,"
    " offset_fen, offset_units, paid_fen, earned_units, refunded_fen - :fen AS refunded_fen, route, payment_ref,"
    " txn_id, plan FROM sale WHERE community_id = :community_id AND sale_id = :sale_id"
)
_WAITING: Final = Sql(
    "SELECT refund_id FROM refund WHERE community_id = :community_id AND sale_id = :sale_id"
    " AND state = 'open' LIMIT 1"
)


class Begun(NamedTuple):
    """A refund whose share of the sale is taken: what the channel is asked and what the book will say."""

    split: RefundSplit
    sale_id: str
    intent_id: str


def refund_by_gateway(desk: Desk, request: RefundRequest, *, at: int) -> dict[str, Any]:
    """Give money and points back for a sale paid through the gateway.

    Refuses what `pos.refunds.refund` refuses (busy_try_again also while another refund of the sale waits for the
    channel), and refund_declined, payment_unknown (stays open; ask again with the same
    id, or `jifen recover` finishes it), payment_channel_missing.
    """
    if desk.channel is None:
        raise Refusal("payment_channel_missing")
    body_hash = requests.hash_of(request.body())
    begun = _begin(desk, request, body_hash, at=at)
    if isinstance(begun, dict):
        return begun
    outcome: pay.FoundRefund = (
        desk.channel.refund(channel_request(request, begun))
        if begun.split.cash_fen
        else pay.Refunded("", 0)
    )
    return finish_refund(desk, request, begun, outcome, at=at)


def channel_request(request: RefundRequest, begun: Begun) -> pay.RefundRequest:
    """What the channel is asked; its key is this refund's alone."""
    return pay.RefundRequest(
        refund_id=request.request_id,
        sale_id=begun.sale_id,
        community_id=request.community_id,
        intent_id=begun.intent_id,
        amount_fen=begun.split.cash_fen,
    )


def find_begun(tx: Tx, community_id: int, refund_id: str) -> tuple[RefundRequest, Begun] | None:
    """A refund that waits for the channel, as it was asked for; None otherwise."""
    row = tx.find(_FIND, community_id=community_id, refund_id=refund_id)
    if row is None or row.state != "open":
        return None
    split = RefundSplit(row.offset_fen, row.units_back, row.cash_fen, row.earned_back_units)
    asked = RefundRequest(
        community_id=community_id,
        terminal_id=row.terminal_id,
        clerk_id=None,
        request_id=refund_id,
        counter=int(row.ref.split("-")[2]),
        ref=row.ref,
        original_ref=row.original_ref,
        refund_fen=row.goods_fen,
        occurred_at=row.occurred_at,
        undo=row.undo,
    )
    return asked, Begun(split, row.sale_id, row.payment_ref or "")


def finish_refund(
    desk: Desk, request: RefundRequest, begun: Begun, outcome: pay.FoundRefund, *, at: int
) -> dict[str, Any]:
    """Book what the channel gave back, or let a declined refund go; refuses refund_declined, payment_unknown."""
    match outcome:
        case pay.Refunded():
            return book_begun(desk, request, begun, at=at)
        case pay.Declined(code=code):
            declined = Refusal("refund_declined", channel_code=code)
            known = _let_go(desk, request, begun, declined, at=at)
            if known is not None:
                return known
            raise declined
        case _:
            raise Refusal("payment_unknown", sale_id=begun.sale_id)


def _begin(
    desk: Desk, request: RefundRequest, body_hash: bytes, *, at: int
) -> Begun | dict[str, Any]:
    terms = desk.terms_with(request.community_id, request.terminal_id)
    open_shop_accounts(desk, terms, request.terminal_id, at=at)
    here = request.community_id

    def work(tx: Tx) -> Begun | dict[str, Any]:
        known = requests.find_answer(tx, request.community_id, request.request_id, KIND, body_hash)
        if known is not None:
            return known
        waiting = find_begun(tx, request.community_id, request.request_id)
        if waiting is not None:
            return waiting[1]
        sale = find_sale(tx, terms, request)
        if sale.route != "gateway":
            raise ValueError("a sale the shop was paid for itself is taken back by pos.refunds")
        if tx.find(_WAITING, community_id=here, sale_id=sale.sale_id) is not None:
            # One after the other, so that the shares add up also when the channel declines one.
            raise Refusal("busy_try_again")
        split = split_of(sale, request.refund_fen)
        day = day_of_refund(terms, sale, at)
        apply(
            tx,
            [
                requests.open_step(here, request.request_id, KIND, body_hash, at=at),
                count_step(request, sale),
                refund_step(
                    request, sale, split, Taking(0, 0, 0, 0), txn_id=None, day=day, state="open"
                ),
            ],
        )
        return Begun(split, sale.sale_id, sale.payment_ref or "")

    try:
        return desk.db.write(work)
    except GuardMissedError as missed:
        raise Refusal("busy_try_again") from missed
    except Refusal as refusal:
        if refusal.code not in requests.PASSING:
            known = _keep_refused(desk, request, body_hash, refusal, at=at)
            if known is not None:
                return known
        raise


def _keep_refused(
    desk: Desk, request: RefundRequest, body_hash: bytes, refusal: Refusal, *, at: int
) -> dict[str, Any] | None:
    """Keep the refusal; where the request was answered meanwhile, give (or raise) that answer instead.

    Refuses busy_try_again where another copy of the request is under way.
    """
    here, request_id = request.community_id, request.request_id
    return desk.db.write(
        lambda tx: requests.refuse(tx, here, request_id, KIND, body_hash, refusal, at=at)
    )


def book_begun(
    desk: Desk, request: RefundRequest, begun: Begun, *, at: int, day: int | None = None
) -> dict[str, Any]:
    """Write a refund whose money went back; `day`: the business date it was told to have, long ago."""
    terms = desk.terms_of(request.community_id)
    body_hash = requests.hash_of(request.body())

    def work(tx: Tx) -> dict[str, Any]:
        known = requests.find_answer(tx, request.community_id, request.request_id, KIND, body_hash)
        if known is not None:
            return known
        _drop(tx, request)
        sale = tx.get(
            _SALE, community_id=request.community_id, sale_id=begun.sale_id, fen=request.refund_fen
        )
        answer = book_refund(
            desk, tx, terms, request, sale, at=at, counted=True, split=begun.split, day=day
        )
        step = requests.keep_step(
            request.community_id,
            request.request_id,
            KIND,
            body_hash,
            at=at,
            response=answer,
            was_open=True,
        )
        apply(tx, [step])
        return answer

    return desk.db.write(work)


def _let_go(
    desk: Desk, request: RefundRequest, begun: Begun, refusal: Refusal, *, at: int
) -> dict[str, Any] | None:
    """Take the refund's share of the sale back; where somebody else ended the refund, its answer."""
    body_hash = requests.hash_of(request.body())

    def work(tx: Tx) -> dict[str, Any] | None:
        known = requests.find_answer(tx, request.community_id, request.request_id, KIND, body_hash)
        if known is not None:
            return known
        _drop(tx, request)
        tx.run(
            _COUNT_LESS,
            community_id=request.community_id,
            sale_id=begun.sale_id,
            fen=request.refund_fen,
        )
        requests.keep_refusal(
            tx,
            request.community_id,
            request.request_id,
            KIND,
            body_hash,
            refusal,
            at=at,
            was_open=True,
        )
        return None

    return desk.db.write(work)


def _drop(tx: Tx, request: RefundRequest) -> None:
    """Take the waiting row away; the final one (or none) takes its place in the same transaction."""
    if tx.run(_DROP, community_id=request.community_id, refund_id=request.request_id) != 1:
        raise GuardMissedError("refund")
