"""Order now, collect later: goods and points wait until the order's last moment, and both come back when it passes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Final, NamedTuple

from ledger.book import requests
from ledger.book.accounts import find_account
from ledger.book.balances import wallet_of
from ledger.book.chart import Account
from ledger.book.holds import end_hold, open_hold
from ledger.book.repay import repay_from_wallet
from ledger.database import Database
from ledger.errors import GuardMissedError, Refusal
from ledger.ids import derived_request_id
from ledger.members.residents import get_resident
from ledger.members.terms import Terms
from ledger.sql import Row, Sql, Tx
from ledger.stock.booking import today
from ledger.stock.goods import goods_of
from ledger.stock.holds import ORDER, Wanted, apply_release, expire, hold_within
from ledger.stock.slots import coming_slots, give_back_slot, take_slot
from pos.desk import TRIES, Desk, day_of
from pos.notices import LAPSED, tell_step
from pos.opening import hours_at
from pos.slip_rows import MOST_LINES, MOST_PIECES, Piece

KIND: Final = "goods_order"
_CANCEL_KIND: Final = "goods_order_cancel"
_MINUTE_US: Final = 60_000_000
_DAY_US: Final = 86_400_000_000
_MOST_AT_ONCE: Final = 200

_NEXT: Final = Sql(
    "SELECT coalesce(max(number), 0) + 1 AS number FROM goods_order WHERE community_id = :community_id"
    " AND merchant_id = :merchant_id"
)
_KEEP: Final = Sql(
    "INSERT INTO goods_order (community_id, order_id, merchant_id, number, person_id, wallet_owner_id, commodity,"
    " units, hold_id, source, state, ordered_at, expires_at, redemption_id, slot_id, slot_from_at)"
    " VALUES (:community_id, :order_id, :merchant_id, :number, :person_id, :wallet_owner_id, :commodity, :units,"
    " :hold_id, :source, 'open', :at, :expires_at, '', :slot_id, :slot_from_at)"
    " ON CONFLICT (community_id, merchant_id, number) DO NOTHING"
)
_KEEP_LINE: Final = Sql(
    "INSERT INTO goods_order_line (community_id, order_id, line_no, good_id, quantity, price_units, price_fen)"
    " VALUES (:community_id, :order_id, :line_no, :good_id, :quantity, :price_units, :price_fen)"
)
_COLUMNS: Final = (
    "order_id, merchant_id, number, person_id, wallet_owner_id, commodity, units, hold_id, state,"
    " ordered_at, expires_at, slot_id, slot_from_at"
)
_ONE: Final = Sql(
    f"SELECT {_COLUMNS} FROM goods_order WHERE community_id = :community_id AND order_id = :order_id"
)
_OPEN_OF: Final = Sql(
    f"SELECT {_COLUMNS} FROM goods_order WHERE community_id = :community_id AND person_id = :person_id"
    " AND state = 'open' ORDER BY number"
)
_LINES: Final = Sql(
    "SELECT l.line_no, l.good_id, l.quantity, l.price_units, l.price_fen, g.name, g.cost_fen, g.price_version"
    " FROM goods_order_line l"
    " JOIN good g ON g.community_id = l.community_id AND g.good_id = l.good_id"
    " WHERE l.community_id = :community_id AND l.order_id = :order_id ORDER BY l.line_no"
)
_HAS_SLOT: Final = Sql(
    "SELECT o.order_id FROM goods_order o JOIN goods_order_line l ON l.community_id = o.community_id"
    " AND l.order_id = o.order_id WHERE o.community_id = :community_id AND o.person_id = :person_id"
    " AND l.good_id = :good_id AND o.state = 'open' AND o.slot_id IS NOT NULL"
)
_DUE: Final = Sql(
    f"SELECT {_COLUMNS} FROM goods_order WHERE community_id = :community_id AND state = 'open' AND expires_at <= :at"
    " ORDER BY order_id LIMIT :n"
)
_END: Final = Sql(
    "UPDATE goods_order SET state = :state, ended_at = :at, redemption_id = :redemption_id"
    " WHERE community_id = :community_id AND order_id = :order_id AND state = 'open'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """What a resident wants kept; `source` is page or counter."""

    community_id: int
    request_id: str
    merchant_id: int
    person_id: int
    lines: tuple[Piece, ...]
    source: str
    slot_id: int | None = None
    """The slot of a good that goes fast; None: the next free one."""

    def body(self) -> dict[str, Any]:
        """What 'the same content' means."""
        return {k: v for k, v in asdict(self).items() if k != "slot_id" or v is not None}


class _Price(NamedTuple):
    price_units: int
    price_fen: int


class _Priced(NamedTuple):
    owner_id: int
    commodity: int
    units: int
    prices: dict[int, _Price]
    goods: dict[int, Row]


class _Kept(NamedTuple):
    """What an order is kept as beside what was asked for."""

    number: int
    hold_id: int
    expires_at: int
    slot: Row | None


def place_order(desk: Desk, request: OrderRequest, *, at: int) -> dict[str, Any]:
    """Set goods and points aside; the same request again is answered from the first time.

    Never below what the shelf has free (README ruling 14). Refuses: basket_wrong, good_not_found, good_off,
    good_paused, stock_short and stock_short_until, good_slot_full, slots_full, slot_gone, slot_alone, slot_had,
    insufficient_points, points_owed, merchant_not_redeeming, request_id_reused, busy_try_again.
    """
    # What a basket set aside too long ago is free, whoever forgot to say so.
    expire(desk.db, request.community_id, at=at)
    for _ in range(TRIES):
        terms = desk.refresh(request.community_id)
        try:
            return requests.once(
                desk.db,
                request.community_id,
                request.request_id,
                kind=KIND,
                body=request.body(),
                at=at,
                work=partial(_place, terms=terms, request=request, at=at),
            )
        except GuardMissedError:
            # Another order took the number, or the points moved: the next figures decide.
            continue
    raise Refusal("busy_try_again")


def cancel_order(
    db: Database, community_id: int, request_id: str, order_id: str, person_id: int, *, at: int
) -> dict[str, Any]:
    """Give an order's goods and points back before it was collected.

    Refuses: goods_order_not_found, goods_order_ended, request_id_reused, busy_try_again.
    """

    def work(tx: Tx) -> dict[str, Any]:
        order = get_open_order(tx, community_id, order_id)
        if order.person_id != person_id:
            raise Refusal("goods_order_not_found")
        _let_go(tx, community_id, order, "cancelled", by=request_id, at=at)
        if order.slot_id is not None:
            pieces = sum(int(line.quantity) for line in lines_of_order(tx, community_id, order_id))
            give_back_slot(tx, community_id, int(order.slot_id), pieces)
        return {"order_id": order_id, "units_back": int(order.units)}

    body = {"order_id": order_id, "person_id": person_id}
    try:
        return requests.once(
            db, community_id, request_id, kind=_CANCEL_KIND, body=body, at=at, work=work
        )
    except GuardMissedError as missed:
        raise Refusal("busy_try_again") from missed


def lapse_orders(db: Database, community_id: int, *, at: int) -> list[str]:
    """End every order nobody collected in time: goods and points go back, the resident is told.

    Returns the orders' ids. Safe to run again and beside itself.
    """
    with db.read() as tx:
        due = tx.all(_DUE, community_id=community_id, at=at, n=_MOST_AT_ONCE)
    ended = []
    for order in due:

        def work(tx: Tx, order: Row = order) -> None:
            by = derived_request_id("order_lapse", order.order_id)
            _let_go(tx, community_id, order, "lapsed", by=by, at=at)
            facts = {"units": int(order.units), "number": int(order.number)}
            told = tell_step(
                community_id, int(order.person_id), LAPSED, str(order.number), at=at, **facts
            )
            tx.run(told.sql, **told.params)

        try:
            db.write(work)
        except GuardMissedError:
            # Collected or cancelled while this looked at it.
            continue
        ended.append(str(order.order_id))
    return ended


def get_open_order(tx: Tx, community_id: int, order_id: str) -> Row:
    """An order that waits to be collected. Refuses: goods_order_not_found, goods_order_ended."""
    order = tx.find(_ONE, community_id=community_id, order_id=order_id)
    if order is None:
        raise Refusal("goods_order_not_found")
    if order.state != "open":
        raise Refusal("goods_order_ended")
    return order


def open_orders_of(tx: Tx, community_id: int, person_id: int) -> list[Row]:
    """A resident's orders that wait: order_id, number, units, expires_at and more."""
    return tx.all(_OPEN_OF, community_id=community_id, person_id=person_id)


def lines_of_order(tx: Tx, community_id: int, order_id: str) -> list[Row]:
    """An order's goods as they were ordered: line_no, good_id, name, quantity, price_units, price_fen, cost_fen."""
    return tx.all(_LINES, community_id=community_id, order_id=order_id)


def _place(tx: Tx, *, terms: Terms, request: OrderRequest, at: int) -> dict[str, Any]:
    here, commodity = request.community_id, terms.shown.commodity
    priced = _priced(tx, terms, request, at=at)
    wallet_id = find_account(tx, here, Account.WALLET, commodity, priced.owner_id)
    _check_points(tx, terms, priced)
    slot = _slot(tx, request, priced, at=at)
    expires_at = _last_moment(tx, terms, request.merchant_id, at)
    if slot is not None:
        grace_us = terms.settings.counter_grace_minutes * _MINUTE_US
        expires_at = int(slot.to_at) + grace_us
    hold_id = open_hold(
        tx,
        here,
        wallet_id or 0,
        commodity=commodity,
        amount=priced.units,
        purpose="order",
        request_id=request.request_id,
        at=at,
        expires_at=expires_at,
    )
    hold_within(
        tx,
        here,
        request.request_id,
        [Wanted(*piece) for piece in request.lines],
        purpose=ORDER,
        person_id=request.person_id,
        at=at,
        expires_at=expires_at,
    )
    number = int(tx.get(_NEXT, community_id=here, merchant_id=request.merchant_id).number)
    kept = _Kept(number, hold_id, expires_at, slot)
    _keep(tx, request, priced, kept, at=at)
    return {
        "order_id": request.request_id,
        "number": number,
        "units": priced.units,
        "expires_at": expires_at,
        **({} if slot is None else {"slot_from_at": int(slot.from_at)}),
    }


def _priced(tx: Tx, terms: Terms, request: OrderRequest, *, at: int) -> _Priced:
    here, day = request.community_id, day_of(terms, at)
    agreement = terms.agreement_on(request.merchant_id, day)
    if agreement is None or "redeem" not in agreement.roles:
        raise Refusal("merchant_not_redeeming")
    if not 0 < len(request.lines) <= MOST_LINES or any(
        not 0 < piece.quantity <= MOST_PIECES for piece in request.lines
    ):
        raise Refusal("basket_wrong", most_lines=MOST_LINES, most_pieces=MOST_PIECES)
    listed = goods_of(tx, here, request.merchant_id, commodity=terms.shown.commodity, day=day)
    # Yuan beside points are paid at the counter, when the order is collected.
    prices = {
        int(good.good_id): _Price(int(good.price_units), int(good.price_fen)) for good in listed
    }
    missing = [piece.good_id for piece in request.lines if piece.good_id not in prices]
    if missing:
        raise Refusal("good_not_found", good_id=str(missing[0]))
    who = get_resident(tx, here, request.person_id)
    owner = who.household_id if terms.shown.has_pool else who.person_id
    units = sum(prices[piece.good_id].price_units * piece.quantity for piece in request.lines)
    return _Priced(owner, terms.shown.commodity, units, prices, {int(g.good_id): g for g in listed})


def _slot(tx: Tx, request: OrderRequest, priced: _Priced, *, at: int) -> Row | None:
    """The slot an order of a fast good lies in; None where its goods have no slots ahead.

    Such a good is ordered alone, and once until it is collected. Refuses: slot_alone, slot_had and those of a slot.
    """
    here = request.community_id
    fast = [
        (priced.goods[piece.good_id], piece.quantity)
        for piece in request.lines
        if priced.goods[piece.good_id].is_fast and coming_slots(tx, here, piece.good_id, at=at)
    ]
    if not fast:
        if request.slot_id is not None:
            raise Refusal("slot_gone")
        return None
    if len(request.lines) > 1:
        raise Refusal("slot_alone", good=fast[0][0].code)
    good, pieces = fast[0]
    who = {"community_id": here, "person_id": request.person_id, "good_id": int(good.good_id)}
    if tx.find(_HAS_SLOT, **who) is not None:
        raise Refusal("slot_had", good=good.code)
    return take_slot(tx, here, good, pieces, slot_id=request.slot_id, at=at)


def _check_points(tx: Tx, terms: Terms, priced: _Priced) -> None:
    said = terms.said
    wallet = wallet_of(tx, terms.community.id, priced.owner_id, priced.commodity)
    if wallet.owed > 0:
        raise Refusal("points_owed", owed_units=said(wallet.owed))
    if wallet.available < priced.units:
        available, asked = said(wallet.available), said(priced.units)
        raise Refusal("insufficient_points", available_units=available, asked_units=asked)


def _last_moment(tx: Tx, terms: Terms, merchant_id: int, at: int) -> int:
    """So many days on (a setting), or the end of the next opening where that comes later: it must be collectable."""
    soonest = at + terms.settings.order_days * _DAY_US
    coming = hours_at(tx, terms, merchant_id, at).next
    return soonest if coming is None else max(soonest, coming.to_us)


def _keep(
    tx: Tx,
    request: OrderRequest,
    priced: _Priced,
    kept: _Kept,
    *,
    at: int,
) -> None:
    here = {"community_id": request.community_id, "order_id": request.request_id}
    is_new = tx.run(
        _KEEP,
        **here,
        merchant_id=request.merchant_id,
        number=kept.number,
        person_id=request.person_id,
        wallet_owner_id=priced.owner_id,
        commodity=priced.commodity,
        units=priced.units,
        hold_id=kept.hold_id,
        source=request.source,
        at=at,
        expires_at=kept.expires_at,
        slot_id=None if kept.slot is None else int(kept.slot.slot_id),
        slot_from_at=None if kept.slot is None else int(kept.slot.from_at),
    )
    if is_new != 1:
        raise GuardMissedError("goods_order")
    for line_no, piece in enumerate(request.lines, start=1):
        price = priced.prices[piece.good_id]._asdict()
        tx.run(_KEEP_LINE, **here, line_no=line_no, **piece._asdict(), **price)


def _let_go(tx: Tx, community_id: int, order: Row, state: str, *, by: str, at: int) -> None:
    end = {"state": state, "redemption_id": "", "at": at}
    if tx.run(_END, community_id=community_id, order_id=order.order_id, **end) != 1:
        raise GuardMissedError("goods_order")
    goods_state = "expired" if state == "lapsed" else "released"
    apply_release(tx, community_id, order.order_id, by=by, state=goods_state, at=at)
    wallet_id = find_account(
        tx, community_id, Account.WALLET, int(order.commodity), int(order.wallet_owner_id)
    )
    end_hold(
        tx,
        community_id,
        int(order.hold_id),
        account_id=wallet_id or 0,
        amount=int(order.units),
        captured=False,
        txn_id=None,
        at=at,
    )
    # What became a debt while the order stood is repaid first.
    repay_from_wallet(
        tx,
        community_id,
        int(order.wallet_owner_id),
        int(order.commodity),
        request_id=derived_request_id("order_repay", community_id, order.order_id),
        at=at,
        business_date=today(tx, community_id, at),
    )
