"""The points supermarket on a resident's page: keeping goods, giving them up, and what the counter told."""

from __future__ import annotations

import re
import uuid

import pytest

from ledger.audit import SYSTEM
from ledger.clock import SECOND_US
from ledger.database import Database
from ledger.stock.slots import NewSlots, open_slots
from tests.support.counter_tablet import counter_tablet
from tests.support.goods_counter import GoodsCounter, counter_of
from tests.support.http import VAULT, Server, Visitor
from tests.support.town import HERE


@pytest.fixture
def counter(db: Database) -> GoodsCounter:
    """Eggs for 5 points, two bags of them, and persons with 500 points each."""
    made = counter_of(db, "changan", "2026-03-03 09:30", grant_units=50_000, vault=VAULT)
    made.put("R02", "鸡蛋(袋)", 500, 2)
    return made


def send(visitor: Visitor, path: str, **form: object) -> str:
    body = {"request_id": str(uuid.uuid4()), **{name: str(value) for name, value in form.items()}}
    said = visitor.call("POST", f"/me/goods/{path}", body)
    assert said.status_code in {200, 303, 404, 409}, said.text
    return said.text


def test_eggs_are_kept_given_up_and_kept_again(counter: GoodsCounter) -> None:
    server = Server(counter.town.db, at=counter.town.at)
    me = Visitor(server, "resident", HERE, 1)
    eggs = {"merchant_id": 1, "good_id": counter.goods["R02"]}
    assert "可预订 2 件" in me.call("GET", "/me/goods").text
    send(me, "order", **eggs, quantity=2)
    page = me.call("GET", "/me/goods").text
    assert "预订 1 号：鸡蛋(袋) x 2" in page
    assert "暂无可预订" in page
    assert counter.points_of(1) == 49_000
    neighbour = Visitor(server, "resident", HERE, 2)
    assert "R02" in send(neighbour, "order", **eggs, quantity=1)
    assert counter.points_of(2) == 50_000

    found = re.search(r'name="order_id" value="([^"]+)"', page)
    assert found is not None
    send(neighbour, "give-up", order_id=found[1])
    assert counter.points_of(1) == 49_000
    send(me, "give-up", order_id=found[1])
    assert counter.points_of(1) == 50_000
    send(neighbour, "order", **eggs, quantity=1)
    assert counter.points_of(2) == 49_500


def test_the_page_tells_who_collected(counter: GoodsCounter) -> None:
    """By relation alone: the name stands on record at the counter, not on a page."""
    tablet = counter_tablet(counter.town)
    body = {
        **tablet.document(),
        "token": counter.town.code(1),
        "lines": [{"good_id": str(counter.goods["R02"]), "quantity": 1}],
        "proxy_relation": "child",
        "proxy_name": "刘芳",
    }
    tablet.post("/redemptions", body)
    page = Visitor(tablet.tablet.server, "resident", HERE, 1).call("GET", "/me").text
    assert "有人为您代领了物品：子女" in page
    assert "刘芳" not in page


def test_a_resident_chooses_a_slot_for_a_good_that_goes_fast(counter: GoodsCounter) -> None:
    town = counter.town
    eggs = counter.put("R05", "土鸡蛋", 600, 8, is_fast=1)
    hour = 3_600 * SECOND_US
    new = NewSlots(eggs, town.at + hour, town.at + 2 * hour, 30, 1)
    town.db.write(lambda tx: open_slots(tx, HERE, new, by=SYSTEM, at=town.at))
    me = Visitor(Server(town.db, at=town.at), "resident", HERE, 1)
    page = me.call("GET", "/me/goods").text
    slots = re.findall(r'<option value="(\d+)">', page)
    assert len(slots) == 2

    send(me, "order", merchant_id=1, good_id=eggs, quantity=1, slot_id=slots[1])

    page = me.call("GET", "/me/goods").text
    assert "按时段领取" in page
    assert re.findall(r'<option value="(\d+)">', page) == slots[:1]
