"""An order whose answer never came and whose basket changed: one thing is kept for the holder, never two."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.book.balances import wallet_of
from ledger.database import Database
from ledger.errors import Refusal
from ledger.ids import new_request_id
from ledger.sql import Sql
from pos.order_retries import give_up_tries
from pos.orders import OrderRequest, open_orders_of, place_order
from pos.redemption import Piece
from tests.support.goods_counter import GoodsCounter, counter_of
from tests.support.invariants import check_invariants
from tests.support.town import CIVIC, HERE

_HELD = Sql("SELECT code, held FROM good WHERE community_id = :community_id AND held > 0")


@pytest.fixture
def counter(db: Database) -> GoodsCounter:
    """Eggs for 5 points and slippers for 10; persons with 500 points each."""
    made = counter_of(db, "changan", "2026-03-03 09:30", grant_units=50_000)
    made.put("R02", "鸡蛋(袋)", 500, 20, cost_fen=800)
    made.put("R01", "拖鞋", 1_000, 3, cost_fen=1_500)
    return made


def asked(counter: GoodsCounter, good: str, pieces: int, *, person: int = 1) -> OrderRequest:
    return OrderRequest(
        community_id=HERE,
        request_id=new_request_id(counter.town.later(1)),
        merchant_id=1,
        person_id=person,
        lines=(Piece(counter.goods[good], pieces),),
        source="kiosk",
    )


def standing(counter: GoodsCounter, person: int = 1) -> tuple[dict[str, int], int, int]:
    """Pieces set aside by good, units set aside, and how many orders wait."""
    with counter.town.db.read() as tx:
        held = {row.code: int(row.held) for row in tx.all(_HELD, community_id=HERE)}
        orders = len(open_orders_of(tx, HERE, person))
        return held, wallet_of(tx, HERE, person, CIVIC).held, orders


def instead(counter: GoodsCounter, request: OrderRequest, *tries: OrderRequest) -> None:
    numbers = [one.request_id for one in tries]
    give_up_tries(counter.town.desk, request, numbers, at=counter.town.at)
    place_order(counter.town.desk, request, at=counter.town.at)


def test_one_that_had_arrived_is_let_go_and_the_new_one_alone_is_kept(
    counter: GoodsCounter,
) -> None:
    first, second = asked(counter, "R02", 2), asked(counter, "R01", 1)
    place_order(counter.town.desk, first, at=counter.town.at)

    instead(counter, second, first)
    instead(counter, second, first)

    assert standing(counter) == ({"R01": 1}, 1_000, 1)
    check_invariants(counter.town.db.engine)


def test_one_that_comes_late_finds_its_number_used_up(counter: GoodsCounter) -> None:
    first, second = asked(counter, "R02", 2), asked(counter, "R01", 1)

    instead(counter, second, first)
    with pytest.raises(Refusal, match="request_id_reused"):
        place_order(counter.town.desk, first, at=counter.town.at)

    assert standing(counter) == ({"R01": 1}, 1_000, 1)


def test_the_control_without_it_both_are_kept(counter: GoodsCounter) -> None:
    first, second = asked(counter, "R02", 2), asked(counter, "R01", 1)
    place_order(counter.town.desk, first, at=counter.town.at)

    instead(counter, second)

    assert standing(counter) == ({"R01": 1, "R02": 2}, 2_000, 2)


def test_the_same_number_with_other_goods_is_refused_and_sets_nothing_aside(
    counter: GoodsCounter,
) -> None:
    first = asked(counter, "R02", 2)
    place_order(counter.town.desk, first, at=counter.town.at)
    other = replace(first, lines=(Piece(counter.goods["R01"], 1),))
    with pytest.raises(Refusal, match="request_id_reused"):
        place_order(counter.town.desk, other, at=counter.town.at)

    assert standing(counter) == ({"R02": 2}, 1_000, 1)


def test_somebody_elses_order_stays(counter: GoodsCounter) -> None:
    theirs, mine = asked(counter, "R02", 2, person=2), asked(counter, "R01", 1)
    place_order(counter.town.desk, theirs, at=counter.town.at)

    instead(counter, mine, theirs)

    assert standing(counter) == ({"R01": 1, "R02": 2}, 1_000, 1)
    assert standing(counter, 2)[1:] == (1_000, 1)
