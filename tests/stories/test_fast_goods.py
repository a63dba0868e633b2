"""Forty trays of eggs and a hundred and fifty people: slots, ordered ahead, and nobody queues for nothing."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.audit import SYSTEM
from ledger.clock import SECOND_US
from ledger.database import Database
from ledger.errors import Refusal
from ledger.ids import new_request_id
from ledger.stock import slots
from ledger.stock.slots import NewSlots, coming_slots, drop_slot, open_slots
from pos.orders import OrderRequest, cancel_order, place_order
from pos.redemption import Piece
from tests.support.counter_tablet import RefusedError, counter_tablet
from tests.support.goods_counter import GoodsCounter, counter_of
from tests.support.http import VAULT
from tests.support.invariants import check_invariants
from tests.support.races import desk_in_process, run_processes, told, without
from tests.support.town import HERE, Town, moment

HALF_HOUR = 30 * 60 * SECOND_US
FIRST = moment("2026-03-03 14:30")
PEOPLE = 8


def counter_for_eggs(db: Database, people: int = 3) -> GoodsCounter:
    """Eggs for 5 points that go fast: twenty bags, three slots with two bags each; slippers beside them."""
    made = counter_of(
        db,
        "changan",
        "2026-03-03 10:00",
        people=people,
        grant_units=50_000,
        vault=VAULT,
        any_hour=True,
    )
    made.put("R02", "鸡蛋(袋)", 500, 20, cost_fen=800, is_fast=1)
    made.put("R01", "拖鞋", 1_000, 3, cost_fen=1_500)
    new = NewSlots(made.goods["R02"], FIRST, FIRST + 3 * HALF_HOUR, 30, 2)
    assert made.town.db.write(lambda tx: open_slots(tx, HERE, new, by=SYSTEM, at=made.town.at)) == 3
    return made


@pytest.fixture
def counter(db: Database) -> GoodsCounter:
    return counter_for_eggs(db)


def wanted(town: Town, good_id: int, person: int, pieces: int = 1, **more: Any) -> OrderRequest:
    return OrderRequest(
        community_id=HERE,
        request_id=more.pop("request_id", None) or new_request_id(town.at),
        merchant_id=1,
        person_id=person,
        lines=(Piece(good_id, pieces),),
        source="page",
        **more,
    )


def taken(counter: GoodsCounter) -> list[int]:
    with counter.town.db.read() as tx:
        rows = coming_slots(tx, HERE, counter.goods["R02"], at=counter.town.at)
    return [int(row.taken) for row in rows]


def refused(work: Any) -> Refusal:
    with pytest.raises(Refusal) as said:
        work()
    return said.value


def test_a_full_slot_names_the_next_one_and_none_promises_too_much(counter: GoodsCounter) -> None:
    town, eggs = counter.town, counter.goods["R02"]
    with town.db.read() as tx:
        first, second, _ = coming_slots(tx, HERE, eggs, at=town.at)

    said = place_order(town.desk, wanted(town, eggs, 1, 2, slot_id=int(first.slot_id)), at=town.at)

    assert said["slot_from_at"] == FIRST
    full = wanted(town, eggs, 2, slot_id=int(first.slot_id))
    refusal = refused(lambda: place_order(town.desk, full, at=town.at))
    assert (refusal.code, refusal.facts["next_at"]) == ("good_slot_full", second.from_at)
    # Whoever names none gets the next free one.
    assert (
        place_order(town.desk, wanted(town, eggs, 2, 2), at=town.at)["slot_from_at"]
        == second.from_at
    )
    assert (
        refused(lambda: place_order(town.desk, wanted(town, eggs, 3, 3), at=town.at)).code
        == "slots_full"
    )
    assert (
        refused(lambda: place_order(town.desk, wanted(town, eggs, 1), at=town.at)).code
        == "slot_had"
    )
    assert taken(counter) == [2, 2, 0]
    check_invariants(town.db.engine)


def test_given_up_it_is_free_again(counter: GoodsCounter) -> None:
    town, eggs = counter.town, counter.goods["R02"]
    order = place_order(town.desk, wanted(town, eggs, 1, 2), at=town.at)
    cancel_order(town.db, HERE, new_request_id(town.at), order["order_id"], 1, at=town.at)
    assert taken(counter) == [0, 0, 0]
    assert counter.points_of(1) == 50_000


def test_it_is_handed_out_in_its_slot_and_to_nobody_else_that_day(counter: GoodsCounter) -> None:
    """Who stands there without one is told the next free slot; who comes too early, when it begins."""
    town, eggs = counter.town, counter.goods["R02"]
    order = place_order(town.desk, wanted(town, eggs, 1), at=town.at)
    refusal = refused(lambda: counter.redeem(2, {"R02": 1}))
    assert (refusal.code, refusal.facts["next_at"]) == ("slot_needed", FIRST)
    counter.redeem(2, {"R01": 1})
    early = refused(lambda: counter.redeem(1, {"R02": 1}, order_id=order["order_id"]))
    assert (early.code, early.facts["slot_at"]) == ("slot_not_yet", FIRST)

    town.at = FIRST + SECOND_US
    assert counter.redeem(1, {"R02": 1}, order_id=order["order_id"])["units"] == 500

    # The slots of the day are over: what is left goes to whoever stands there.
    town.at = FIRST + 3 * HALF_HOUR
    assert counter.redeem(3, {"R02": 1})["units"] == 500
    check_invariants(town.db.engine)


def test_at_the_counter_the_next_slot_is_drawn_by_scanning_the_card(counter: GoodsCounter) -> None:
    tablet, eggs = counter_tablet(counter.town), str(counter.goods["R02"])
    ask = {"request_id": tablet.request_id(), "token": counter.town.code(1)}
    placed = tablet.post("/counter/orders", {**ask, "lines": [{"good_id": eggs, "quantity": 1}]})
    assert placed["slot_from"].startswith("2026-03-03T14:30")
    (order,) = tablet.post("/counter/holder", {"token": counter.town.code(1)})["orders"]
    assert order["slot_from"] == placed["slot_from"]
    both = [{"good_id": eggs, "quantity": 1}, {"good_id": str(counter.goods["R01"]), "quantity": 1}]
    ask = {"request_id": tablet.request_id(), "token": counter.town.code(2)}
    with pytest.raises(RefusedError, match="slot_alone"):
        tablet.post("/counter/orders", {**ask, "lines": both})


def test_slots_are_opened_for_fast_goods_without_meeting_and_dropped_while_empty(
    counter: GoodsCounter,
) -> None:
    town = counter.town

    def open_(good: str, start: int, end: int, minutes: int = 30, pieces: int = 2) -> Any:
        new = NewSlots(counter.goods[good], start, end, minutes, pieces)
        return lambda: town.db.write(lambda tx: open_slots(tx, HERE, new, by=SYSTEM, at=town.at))

    assert refused(open_("R01", FIRST, FIRST + HALF_HOUR)).code == "slots_not_fast"
    assert refused(open_("R02", FIRST + HALF_HOUR, FIRST + 4 * HALF_HOUR)).code == "slots_meet"
    assert refused(open_("R02", FIRST - HALF_HOUR, FIRST, 31)).code == "slots_wrong"
    assert refused(open_("R02", FIRST - HALF_HOUR, FIRST, 30, 0)).code == "slots_wrong"
    assert open_("R02", FIRST - HALF_HOUR, FIRST)() == 1
    place_order(town.desk, wanted(town, counter.goods["R02"], 1), at=town.at)
    with town.db.read() as tx:
        first, second, *_ = coming_slots(tx, HERE, counter.goods["R02"], at=town.at)

    def drop(slot: Any) -> Any:
        return lambda: town.db.write(
            lambda tx: drop_slot(tx, HERE, int(slot.slot_id), by=SYSTEM, at=town.at)
        )

    assert refused(drop(first)).code == "slot_gone"
    drop(second)()
    assert taken(counter) == [1, 0, 0]


# --- everybody at once


def everybody(url: str) -> tuple[list[str], list[int]]:
    """Eight people name the first slot, with two bags, at the same moment: what each was told, and what was taken."""
    db = Database(url)
    counter = counter_for_eggs(db, PEOPLE)
    town, eggs = counter.town, counter.goods["R02"]
    with db.read() as tx:
        first = int(coming_slots(tx, HERE, eggs, at=town.at)[0].slot_id)
    db.close()

    def one(number: int) -> str:
        request = wanted(town, eggs, number + 1, slot_id=first, request_id=f"slot-{number}")
        with desk_in_process(town, url) as desk:
            return told(lambda: place_order(desk, request, at=town.at))

    answers = run_processes(PEOPLE, one)
    db = Database(url)
    counter.town.db = db
    found = taken(counter)
    db.close()
    return sorted(answers), found


@pytest.mark.slow
def test_two_of_eight_have_the_slot(engine_url: str) -> None:
    answers, found = everybody(engine_url)
    assert answers == ["done"] * 2 + ["good_slot_full"] * (PEOPLE - 2)
    assert found == [2, 0, 0]


@pytest.mark.slow
def test_without_the_guard_the_database_itself_stops_the_third(
    engine_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: nobody is told that the slot is full, the table's own check breaks the act instead."""
    monkeypatch.setattr(slots, "_TAKE", without(slots._TAKE, " AND taken + :pieces <= capacity"))
    with pytest.raises(BaseException):  # noqa: B017, PT011 - the engines name it each in their own way
        everybody(engine_url)
