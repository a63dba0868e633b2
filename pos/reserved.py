"""What was set aside before a hand-out: the goods of an open basket, or an order's goods and points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from ledger.book.steps import Step
from ledger.errors import Refusal
from ledger.sql import Row, Sql, Tx
from ledger.stock.holds import BASKET, apply_release, holds_of, take_steps

_ORDER: Final = Sql(
    "SELECT order_id, merchant_id, person_id, wallet_owner_id, commodity, units, hold_id, state, slot_from_at"
    " FROM goods_order"
    " WHERE community_id = :community_id AND order_id = :order_id"
)
_ORDERED: Final = Sql(
    "SELECT l.good_id, l.quantity, l.price_units, l.price_fen, g.code, g.name, g.cost_fen, g.price_version,"
    " g.limit_person, g.limit_household, g.limit_period FROM goods_order_line l"
    " JOIN good g ON g.community_id = l.community_id AND g.good_id = l.good_id"
    " WHERE l.community_id = :community_id AND l.order_id = :order_id ORDER BY l.line_no"
)
_POINTS_USED: Final = Sql(
    "INSERT INTO hold_end (community_id, hold_id, how, captured, txn_id, ended_at) VALUES (:community_id, :hold_id,"
    " 'captured', :units, :txn_id, :at) ON CONFLICT (community_id, hold_id) DO NOTHING"
)
_COLLECTED: Final = Sql(
    "UPDATE goods_order SET state = 'collected', ended_at = :at, redemption_id = :redemption_id"
    " WHERE community_id = :community_id AND order_id = :order_id AND state = 'open'"
)


class Reserved(NamedTuple):
    """An order about to be collected: its goods at the prices they were ordered for, and its points in units."""

    order: Row
    goods: list[Any]

    @property
    def units(self) -> int:
        """The points that wait for it."""
        return int(self.order.units)

    @property
    def held(self) -> Mapping[int, int]:
        """Pieces set aside, by good."""
        return {int(good.good_id): int(good.quantity) for good in self.goods}


def order_for(
    tx: Tx, community_id: int, order_id: str, *, merchant_id: int, owner_id: int, at: int
) -> Reserved:
    """The order a resident collects. Refuses: goods_order_not_found, goods_order_ended, slot_not_yet."""
    order = tx.find(_ORDER, community_id=community_id, order_id=order_id)
    if order is None or (order.merchant_id, order.wallet_owner_id) != (merchant_id, owner_id):
        raise Refusal("goods_order_not_found")
    if order.state != "open":
        raise Refusal("goods_order_ended")
    if order.slot_from_at is not None and at < order.slot_from_at:
        raise Refusal("slot_not_yet", slot_at=int(order.slot_from_at))
    return Reserved(order, tx.all(_ORDERED, community_id=community_id, order_id=order_id))


def collect_steps(
    tx: Tx, community_id: int, reserved: Reserved, *, redemption_id: str, txn_id: int, at: int
) -> list[Step]:
    """The steps that end an order with the hand-out: goods taken, points used, the order collected.

    Refuses: hold_ended. The guards miss where the order ended at this moment.
    """
    here = {"community_id": community_id, "at": at}
    order = reserved.order
    points = {"hold_id": int(order.hold_id), "units": reserved.units, "txn_id": txn_id}
    ended = {"order_id": order.order_id, "redemption_id": redemption_id}
    return [
        Step(_COLLECTED, {**here, **ended}, guard="goods_order"),
        *take_steps(tx, community_id, order.order_id, by=redemption_id, at=at),
        Step(_POINTS_USED, {**here, **points}, guard="hold_end"),
    ]


def end_basket(tx: Tx, community_id: int, hold: str, *, by: str, at: int) -> None:
    """The basket is about to be handed out: what was set aside for it is free for exactly that.

    Refuses: hold_ended where it names anything but a basket: an order's goods are its own.
    """
    if any(row.purpose != BASKET for row in holds_of(tx, community_id, hold)):
        raise Refusal("hold_ended")
    apply_release(tx, community_id, hold, by=by, state="taken", at=at)
