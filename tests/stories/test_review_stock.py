"""Goods and points that come free while something is owed or limited, and holds that belong to somebody else."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.audit import SYSTEM
from ledger.book.balances import Wallet, wallet_of
from ledger.database import Database
from ledger.errors import Refusal
from ledger.households import limits
from ledger.ids import new_request_id
from ledger.stock import holds
from ledger.token_keys import KeyClass
from pos.goods_return import BackLine, ReturnRequest, take_back_goods
from pos.holder import Shown, holder_of
from pos.orders import OrderRequest, cancel_order, lapse_orders, place_order
from pos.redemption import Piece
from tests.support.awards import owe
from tests.support.goods_counter import GoodsCounter, counter_of
from tests.support.homes import home
from tests.support.invariants import check_invariants
from tests.support.town import CIVIC, HERE, moment


@pytest.fixture
def counter(db: Database) -> GoodsCounter:
    """Slippers for 10 points on a Tuesday morning; persons with 500 points each."""
    made = counter_of(db, "changan", "2026-03-03 09:30", grant_units=50_000)
    made.put("R01", "拖鞋", 1_000, 60, cost_fen=1_500)
    return made


def wallet(counter: GoodsCounter, owner: int = 1) -> Wallet:
    with counter.town.db.read() as tx:
        return wallet_of(tx, HERE, owner, CIVIC)


def bring_back(counter: GoodsCounter, ref: str, pieces: int) -> None:
    town, till = counter.town, counter.town.tills[0]
    number = till.next_ref(town.day)
    request = ReturnRequest(
        community_id=HERE,
        terminal_id=till.terminal_id,
        clerk_id=None,
        request_id=new_request_id(town.at),
        counter=till.counter,
        ref=number,
        original_ref=ref,
        lines=(BackLine(1, pieces),),
        occurred_at=town.at,
    )
    take_back_goods(town.desk, request, at=town.at)


def order(counter: GoodsCounter, pieces: int) -> dict[str, Any]:
    town = counter.town
    request = OrderRequest(
        community_id=HERE,
        request_id=new_request_id(town.at),
        merchant_id=1,
        person_id=1,
        lines=(Piece(counter.goods["R01"], pieces),),
        source="page",
    )
    return place_order(town.desk, request, at=town.at)


def test_points_of_goods_brought_back_repay_what_is_owed(counter: GoodsCounter) -> None:
    slip = counter.redeem(1, {"R01": 2})
    owe(counter.town, 1, 500, CIVIC)

    bring_back(counter, slip["ref"], 2)

    assert (wallet(counter).available, wallet(counter).owed) == (49_500, 0)
    check_invariants(counter.town.db.engine)


@pytest.mark.parametrize("how", ["cancelled", "lapsed"])
def test_points_of_an_order_given_up_repay_what_is_owed(counter: GoodsCounter, how: str) -> None:
    town, placed = counter.town, order(counter, 50)
    owe(town, 1, 500, CIVIC)

    if how == "cancelled":
        cancel_order(town.db, HERE, "cancel-1", placed["order_id"], 1, at=town.at)
    else:
        lapse_orders(town.db, HERE, at=placed["expires_at"])

    assert (wallet(counter).available, wallet(counter).owed) == (49_500, 0)
    check_invariants(town.db.engine)


def test_a_members_limit_counts_back_what_was_brought_back(counter: GoodsCounter) -> None:
    town = counter.town
    pool = home(town, "5-1-1", 1, 2)
    counter.give(pool, 50_000)
    month = town.day // 100
    town.db.write(
        lambda tx: limits.set_limit(tx, HERE, pool, 2, 1_000, month=month, by=SYSTEM, at=town.at)
    )
    town.at = moment("2026-04-07 09:30")
    counter.by_card = True
    # The screen says before the basket what the refusal would say after it.
    shown = Shown(HERE, town.tills[0].terminal_id, town.code(2, KeyClass.CARD))
    assert holder_of(town.desk, shown, at=town.at).available_units == 1_000
    slip = counter.redeem(2, {"R01": 1})
    town.later(600)
    with pytest.raises(Refusal, match="member_limit"):
        counter.redeem(2, {"R01": 1})

    bring_back(counter, slip["ref"], 1)

    counter.redeem(2, {"R01": 1})
    check_invariants(town.db.engine)


def test_an_orders_goods_are_no_basket(counter: GoodsCounter) -> None:
    town, placed = counter.town, order(counter, 2)

    with pytest.raises(Refusal, match="hold_ended"):
        counter.redeem(2, {"R01": 2}, hold=placed["order_id"])
    with pytest.raises(Refusal, match="hold_ended"):
        holds.release(town.db, HERE, "release-1", placed["order_id"], at=town.at)

    assert counter.redeem(1, {"R01": 2}, order_id=placed["order_id"])["units"] == 2_000
    check_invariants(town.db.engine)


def test_a_basket_nobody_ended_keeps_nothing_from_an_order_after_its_time(
    counter: GoodsCounter,
) -> None:
    town = counter.town
    wanted = [holds.Wanted(counter.goods["R01"], 60)]
    holds.hold(
        town.db,
        HERE,
        "basket-1",
        wanted,
        purpose=holds.BASKET,
        person_id=None,
        at=town.at,
        expires_at=town.at + 600_000_000,
    )
    with pytest.raises(Refusal, match="stock_short"):
        order(counter, 2)

    town.later(600)

    assert order(counter, 2)["units"] == 2_000
    check_invariants(town.db.engine)
