"""Finish what a crash or a lost answer left open: ask the channel under the same id, then book or let go."""

from __future__ import annotations

from collections import Counter
from typing import Final

from ledger.clock import SECOND_US
from ledger.errors import Refusal
from ledger.recovery.epochs import check_whole
from ledger.sql import Row, Sql
from pos import channel as pay
from pos import routes
from pos.channel_refunds import Begun, channel_request, find_begun, finish_refund
from pos.charging import book_charged, find_open, sent_back, void
from pos.desk import Desk, day_of
from pos.refunds import RefundRequest
from pos.sale_plan import Plan

SETTLE_US: Final = 120 * SECOND_US
"""A request still on the wire may reach the channel this late; only then does 'not found' mean 'never'."""

_SKEW_US: Final = 3_600 * SECOND_US
_DAY_US: Final = 86_400 * SECOND_US
_OPEN_SALES: Final = Sql(
    "SELECT sale_id FROM sale WHERE community_id = :community_id AND state = 'open' ORDER BY occurred_at, sale_id"
)
_LET_GO: Final = Sql(
    "SELECT s.sale_id, s.paid_fen, r.received_at FROM sale s JOIN request r ON r.community_id = s.community_id"
    " AND r.request_id = s.sale_id WHERE s.community_id = :community_id AND s.state = 'void' AND s.paid_fen > 0"
    " AND s.business_date >= :since_date AND r.response LIKE :mark ORDER BY s.sale_id"
)
_MARK: Final = "recovered"
"""The channel's code in the refusal of a sale that nobody but recovery let go."""
_OPEN_REFUNDS: Final = Sql(
    "SELECT refund_id FROM refund WHERE community_id = :community_id AND state = 'open' ORDER BY occurred_at, refund_id"
)


def recover(desk: Desk, community_id: int, *, at: int) -> Counter[str]:
    """Bring every open sale and refund to its end; counts by what became of them (`open` ones stay for later).

    Refuses payment_channel_missing, recovery_open. Safe to run at any time and any number of times.
    """
    if desk.channel is None:
        raise Refusal("payment_channel_missing")
    with desk.db.read() as tx:
        check_whole(tx, community_id)
        sales = [row.sale_id for row in tx.all(_OPEN_SALES, community_id=community_id)]
        refunds = [row.refund_id for row in tx.all(_OPEN_REFUNDS, community_id=community_id)]
        since_date = day_of(desk.terms_of(community_id), at - _DAY_US)
        let_go = tx.all(
            _LET_GO, community_id=community_id, since_date=since_date, mark=f"%{_MARK}%"
        )
    ends = Counter(_finish_sale(desk, community_id, sale_id, at=at) for sale_id in sales)
    ends.update(_finish_refund(desk, community_id, refund_id, at=at) for refund_id in refunds)
    ends.update(end for row in let_go if (end := _send_back_late(desk, community_id, row)))
    routes.sweep(desk.db, at=at)
    return ends


def _finish_sale(desk: Desk, community_id: int, sale_id: str, *, at: int) -> str:
    with desk.db.read() as tx:
        plan = find_open(tx, community_id, sale_id)
    if plan is None:
        return "sale_ended_meanwhile"
    found = _ask(desk, plan, at=at)
    match found:
        case pay.Charged(intent_id=intent_id):
            try:
                book_charged(desk, plan, intent_id, at=at)
            except Refusal:
                # Let go or asked for by somebody else meanwhile: one sale must not keep the others from their end.
                return "sale_open"
            return "sale_booked"
        case pay.Declined() | pay.Cancelled() | pay.NotFound():
            never = Refusal("payment_declined", channel_code=_MARK)
            gone = void(
                desk, plan, never, at=at, unless_asked_again=isinstance(found, pay.NotFound)
            )
            return "sale_voided" if gone else "sale_open"
        case _:
            return "sale_open"


def _ask(desk: Desk, plan: Plan, *, at: int) -> Row:
    """What became of the charge; an unpaid one is ended, so that nobody pays for a sale nobody remembers."""
    channel = _channel(desk)
    if not plan.paid_fen:
        return pay.Charged("", 0)
    found = channel.find_charge(plan.sale_id, plan.community_id, _around(plan.at))
    if isinstance(found, pay.NotFound) and at - plan.asked_at < SETTLE_US:
        return pay.Unknown("too_early")
    if isinstance(found, pay.Pending) and at - plan.asked_at >= SETTLE_US:
        return channel.cancel(found.intent_id)
    return found


def _send_back_late(desk: Desk, community_id: int, row: Row) -> str:
    """Give back money that arrived although the channel knew nothing of it when the sale was let go."""
    channel = _channel(desk)
    found = channel.find_charge(row.sale_id, community_id, _around(row.received_at))
    if not isinstance(found, pay.Charged):
        return ""
    asked = sent_back(community_id, row.sale_id, found.intent_id, row.paid_fen)
    if not isinstance(channel.find_refund(asked), pay.NotFound):
        return ""
    back = channel.refund(asked)
    return "sale_sent_back" if isinstance(back, pay.Refunded) else "sale_money_stray"


def _around(asked_at: int) -> pay.Window:
    """Where to look: the channel's clock may differ from ours by minutes."""
    return pay.Window(since_us=asked_at - _SKEW_US, until_us=asked_at + _DAY_US)


def _finish_refund(desk: Desk, community_id: int, refund_id: str, *, at: int) -> str:
    with desk.db.read() as tx:
        waiting = find_begun(tx, community_id, refund_id)
    if waiting is None:
        return "refund_ended_meanwhile"
    request, begun = waiting
    outcome = _ask_refund(desk, request, begun)
    try:
        finish_refund(desk, request, begun, outcome, at=at)
    except Refusal as refusal:
        # Let go, or still open: one refund must not keep the others from their end.
        return "refund_let_go" if refusal.code == "refund_declined" else "refund_open"
    return "refund_booked"


def _ask_refund(desk: Desk, request: RefundRequest, begun: Begun) -> pay.FoundRefund:
    channel = _channel(desk)
    if not begun.split.cash_fen:
        return pay.Refunded("", 0)
    found = channel.find_refund(channel_request(request, begun))
    # Never arrived: ask for it now, under the same key, so that the resident is not left without the money.
    return (
        channel.refund(channel_request(request, begun))
        if isinstance(found, pay.NotFound)
        else found
    )


def _channel(desk: Desk) -> pay.PaymentChannel:
    if desk.channel is None:
        raise Refusal("payment_channel_missing")
    return desk.channel
