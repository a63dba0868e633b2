"""A visit's other turns: goods that come back the same day, who collects for another, orders, baskets, the queue."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from ledger.audit import SYSTEM
from ledger.book.balances import account_sum, wallet_of
from ledger.book.chart import Account
from ledger.database import Database
from ledger.errors import Refusal
from ledger.sql import Sql
from ledger.stock.holds import expire
from ledger.units import CNY
from pos import queue as queue_module
from pos.mandates import end_mandate
from pos.notices import told_to
from pos.orders import OrderRequest, cancel_order, lapse_orders, place_order
from pos.queue import Line, call_next, take_ticket
from pos.redemption import Piece, redeem
from tests.support.counter_tablet import CounterTablet, RefusedError, counter_tablet
from tests.support.goods_counter import GoodsCounter, counter_of
from tests.support.http import VAULT
from tests.support.invariants import check_invariants
from tests.support.races import desk_in_process, run_processes, told
from tests.support.town import CIVIC, HERE, Town, moment

_SHELF = Sql("SELECT code, stock, held FROM good WHERE community_id = :community_id ORDER BY code")
_LOT = Sql("SELECT sum(quantity) AS pieces FROM stock_move WHERE community_id = :community_id")


@pytest.fixture
def counter(db: Database) -> GoodsCounter:
    """Eggs for 5 points and slippers for 10 on a Tuesday morning; persons with 500 points each."""
    made = counter_of(db, "changan", "2026-03-03 09:30", grant_units=50_000, vault=VAULT)
    made.put("R02", "鸡蛋(袋)", 500, 20, cost_fen=800)
    made.put("R01", "拖鞋", 1_000, 3, cost_fen=1_500)
    return made


def shelf(town: Town) -> dict[str, tuple[int, int]]:
    with town.db.read() as tx:
        return {row.code: (row.stock, row.held) for row in tx.all(_SHELF, community_id=HERE)}


def cost(town: Town) -> int:
    with town.db.read() as tx:
        return account_sum(tx, HERE, Account.GOODS_COST, CNY)


def hand_out(tablet: CounterTablet, lines: dict[int, int], **more: Any) -> dict[str, Any]:
    body = {
        **tablet.document(),
        "token": tablet.town.code(more.pop("person", 1)),
        "lines": [{"good_id": str(g), "quantity": n} for g, n in lines.items()],
        **more,
    }
    return tablet.post("/redemptions", body)


# --- the wrong thing taken home


def give_back(tablet: CounterTablet, ref: str, lines: list[tuple[int, int]]) -> dict[str, Any]:
    body = {
        **tablet.document(),
        "original_ref": ref,
        "lines": [{"line_no": n, "quantity": q} for n, q in lines],
    }
    return tablet.post("/counter/returns", body)


def test_the_wrong_slippers_come_back_the_same_day(counter: GoodsCounter) -> None:
    """Points, pieces and what they had cost come back; the resident is told; no piece comes back twice."""
    tablet, goods, before = counter_tablet(counter.town), counter.goods, cost(counter.town)
    slip = hand_out(tablet, {goods["R02"]: 2, goods["R01"]: 2})
    assert cost(counter.town) == before + 2 * 800 + 2 * 1_500
    seen = tablet.get(f"/counter/slips/{slip['ref']}")["lines"]
    assert [(line["name"], line["left"]) for line in seen] == [("鸡蛋(袋)", 2), ("拖鞋", 2)]

    back = give_back(tablet, slip["ref"], [(2, 1)])
    assert back["units_back"] == 1_000
    assert {line["label"]: line["value"] for line in back["receipt"]["lines"]}["退回小票"] == slip[
        "ref"
    ]
    assert counter.points_of(1) == 50_000 - 2_000
    assert shelf(counter.town) == {"R01": (2, 0), "R02": (18, 0)}
    assert cost(counter.town) == before + 2 * 800 + 1_500
    with pytest.raises(RefusedError, match="return_wrong"):
        give_back(tablet, slip["ref"], [(2, 2)])
    give_back(tablet, slip["ref"], [(2, 1), (1, 2)])
    assert counter.points_of(1) == 50_000
    assert cost(counter.town) == before
    with counter.town.db.read() as tx:
        assert [one.kind for one in told_to(tx, HERE, 1)] == ["goods_returned", "goods_returned"]
    check_invariants(counter.town.db.engine)


def test_yesterdays_goods_do_not_come_back_at_the_counter(counter: GoodsCounter) -> None:
    tablet = counter_tablet(counter.town)
    slip = hand_out(tablet, {counter.goods["R02"]: 1})
    counter.town.at = moment("2026-03-04 09:30")
    tablet = counter_tablet(counter.town)
    with pytest.raises(RefusedError, match="return_too_late"):
        give_back(tablet, slip["ref"], [(1, 1)])
    with pytest.raises(RefusedError, match="redemption_not_found"):
        give_back(tablet, "M01T1-260303-00099-A", [(1, 1)])
    assert shelf(counter.town)["R02"] == (19, 0)


# --- collecting for another


def test_a_daughter_collects_and_the_mother_is_told(counter: GoodsCounter) -> None:
    """Relation on the slip, name on record, the holder told; two proxies at most, until one is taken off the list."""
    tablet, eggs = counter_tablet(counter.town), {counter.goods["R02"]: 1}
    daughter = {"proxy_relation": "child", "proxy_name": "刘芳"}
    slip = hand_out(tablet, eggs, **daughter)
    shown = {line["label"]: line["value"] for line in slip["receipt"]["lines"]}
    assert shown["代领人"] == "子女"
    assert "刘芳" not in str(slip)
    hand_out(tablet, eggs, **daughter)
    hand_out(tablet, eggs, proxy_relation="neighbour", proxy_name="王姨")
    with pytest.raises(RefusedError, match="proxy_too_many"):
        hand_out(tablet, eggs, proxy_relation="other", proxy_name="张三")
    with pytest.raises(RefusedError, match="proxy_wrong"):
        hand_out(tablet, eggs, proxy_relation="stranger", proxy_name="张三")
    holder = tablet.post("/counter/holder", {"token": counter.town.code(1)})
    assert holder["proxies"] == [
        {"relation": "child", "name": "刘芳"},
        {"relation": "neighbour", "name": "王姨"},
    ]
    town = counter.town
    with town.db.read() as tx:
        notices = told_to(tx, HERE, 1)
    assert [(one.kind, one.facts) for one in notices[::2]] == [
        ("collected_by_proxy", {"relation": "neighbour"}),
        ("collected_by_proxy", {"relation": "child"}),
    ]
    town.db.write(lambda tx: end_mandate(tx, HERE, 1, 2, by=SYSTEM, at=town.at))
    hand_out(tablet, eggs, proxy_relation="other", proxy_name="张三")
    assert counter.points_of(1) == 50_000 - 4 * 500


# --- order now, collect later


def order(
    counter: GoodsCounter, lines: dict[str, int], *, person: int = 1, name: str = ""
) -> dict[str, Any]:
    town = counter.town
    request = OrderRequest(
        community_id=HERE,
        request_id=name or f"order-{person}-{town.at}",
        merchant_id=1,
        person_id=person,
        lines=tuple(Piece(counter.goods[code], n) for code, n in lines.items()),
        source="page",
    )
    return place_order(town.desk, request, at=town.at)


def test_an_order_holds_goods_and_points_until_it_is_collected(counter: GoodsCounter) -> None:
    town = counter.town
    placed = order(counter, {"R01": 2}, name="a" * 8)
    assert order(counter, {"R01": 2}, name="a" * 8) == placed
    assert shelf(town)["R01"] == (3, 2)
    with town.db.read() as tx:
        wallet = wallet_of(tx, HERE, 1, CIVIC)
    assert (wallet.posted, wallet.available) == (50_000, 48_000)
    with pytest.raises(Refusal, match="stock_short") as caught:
        order(counter, {"R01": 2}, person=2)
    assert caught.value.facts["left"] == 1

    lines = {"R01": 2}
    with pytest.raises(Refusal, match="goods_order_not_found"):
        counter.redeem(2, lines, order_id=placed["order_id"])
    with pytest.raises(Refusal, match="basket_wrong"):
        counter.redeem(1, {"R01": 1}, order_id=placed["order_id"])
    slip = counter.redeem(1, lines, order_id=placed["order_id"])
    assert (slip["units"], slip["balance_units"]) == (2_000, 48_000)
    assert shelf(town)["R01"] == (1, 0)
    assert counter.points_of(1) == 48_000
    with pytest.raises(Refusal, match="goods_order_ended"):
        counter.redeem(1, lines, order_id=placed["order_id"])
    check_invariants(town.db.engine)


def test_an_order_keeps_its_price_and_can_spend_the_last_points(counter: GoodsCounter) -> None:
    """All of the wallet waits for the order; nothing else can spend it, and collecting needs nothing more."""
    placed = order(counter, {"R01": 3, "R02": 20})
    assert placed["units"] == 13_000
    counter.redeem(1, {"R02": 1})
    assert shelf(counter.town)["R02"] == (19, 20)
    slip = counter.redeem(1, {"R01": 3, "R02": 20}, order_id=placed["order_id"])
    assert slip["balance_units"] == 50_000 - 13_500
    # The counter served one bag that was promised: the shelf is one short, flagged for the count.
    assert shelf(counter.town)["R02"] == (-1, 0)


def test_what_nobody_collects_goes_back_and_the_resident_is_told(counter: GoodsCounter) -> None:
    town = counter.town
    placed = order(counter, {"R01": 2})
    assert placed["expires_at"] == town.at + 14 * 86_400_000_000
    assert lapse_orders(town.db, HERE, at=placed["expires_at"] - 1) == []
    # The shelf's own sweep may come first; the order ends whole all the same.
    expire(town.db, HERE, at=placed["expires_at"])
    assert lapse_orders(town.db, HERE, at=placed["expires_at"]) == [placed["order_id"]]
    assert lapse_orders(town.db, HERE, at=placed["expires_at"]) == []
    assert shelf(town)["R01"] == (3, 0)
    assert counter.points_of(1) == 50_000
    with town.db.read() as tx:
        [notice] = told_to(tx, HERE, 1)
    assert (notice.kind, notice.facts) == ("order_lapsed", {"number": 1, "units": 2_000})
    check_invariants(town.db.engine)


def test_an_order_of_a_village_waits_for_the_quarters_window(db: Database) -> None:
    store = counter_of(db, "hebei", "2026-03-02 10:00")
    store.put("R01", "大米一袋", 20, 30)
    store.give(1, 45)
    assert order(store, {"R01": 1})["expires_at"] == moment("2026-04-15 17:00")


def test_a_cancelled_order_gives_both_back_once(counter: GoodsCounter) -> None:
    town = counter.town
    placed = order(counter, {"R01": 2})

    def cancel(request_id: str, person: int = 1) -> dict[str, Any]:
        return cancel_order(town.db, HERE, request_id, placed["order_id"], person, at=town.at)

    with pytest.raises(Refusal, match="goods_order_not_found"):
        cancel("c0", person=2)
    assert cancel("c1") == cancel("c1")
    with pytest.raises(Refusal, match="goods_order_ended"):
        cancel("c2")
    assert (shelf(town)["R01"], counter.points_of(1)) == ((3, 0), 50_000)


def test_collecting_and_lapsing_at_once_end_an_order_once(counter: GoodsCounter) -> None:
    town = counter.town
    placed = order(counter, {"R01": 2})
    request = counter.basket(1, {"R01": 2}, order_id=placed["order_id"])
    town.db.close()
    made = run_processes(4, partial(_end_in_process, town, request, placed))
    assert sum(word in {"done", "lapsed"} for word in set(made)) == 1
    collected = "done" in made
    assert shelf(town)["R01"] == ((1, 0) if collected else (3, 0))
    assert counter.points_of(1) == (48_000 if collected else 50_000)


def _end_in_process(town: Town, request: Any, placed: dict[str, Any], number: int) -> str:
    with desk_in_process(town, town.db.url) as desk:
        if number % 2:
            ended = lapse_orders(desk.db, HERE, at=placed["expires_at"])
            return "lapsed" if ended else "nothing"
        return told(lambda: redeem(desk, request, at=town.at))


# --- an open basket, and the queue


def test_a_basket_keeps_goods_from_orders_and_is_handed_out(counter: GoodsCounter) -> None:
    tablet, town, slippers = counter_tablet(counter.town), counter.town, counter.goods["R01"]
    lines = [{"good_id": str(slippers), "quantity": 3}]
    opened = tablet.post("/counter/baskets", {"request_id": tablet.request_id(), "lines": lines})
    with pytest.raises(Refusal, match="stock_short"):
        order(counter, {"R01": 1}, person=2)
    hand_out(tablet, {slippers: 3}, hold=opened["hold"])
    assert shelf(town)["R01"] == (0, 0)
    given_up = tablet.post(
        "/counter/baskets",
        {
            "request_id": tablet.request_id(),
            "lines": [{"good_id": str(counter.goods["R02"]), "quantity": 5}],
        },
    )
    town.later(601)
    expire(town.db, HERE, at=town.at)
    assert shelf(town)["R02"] == (20, 0)
    # The person still stands there: an expired basket is handed out as any other.
    hand_out(tablet, {counter.goods["R02"]: 5}, hold=given_up["hold"])
    assert shelf(town)["R02"] == (15, 0)


LINE = Line(HERE, 1, 20260303)


def test_numbers_are_called_in_order_and_once(counter: GoodsCounter) -> None:
    town = counter.town
    tablet = counter_tablet(town)
    for wanted in (1, 2, 3):
        taken = tablet.post("/counter/queue/take", {"request_id": tablet.request_id()})
        assert taken["number"] == wanted
    called = tablet.post("/counter/queue/call", {"request_id": tablet.request_id()})
    assert called["number"] == 1
    state = tablet.get("/counter/queue")
    assert (state["waiting"], state["called"][0]["number"]) == (2, 1)


@pytest.mark.parametrize("guarded", [True, False])
def test_two_counters_never_call_the_same_number(
    counter: GoodsCounter, monkeypatch: pytest.MonkeyPatch, *, guarded: bool
) -> None:
    """The control calls whatever number was seen, whether or not somebody called it meanwhile."""
    town = counter.town
    for n in range(8):
        take_ticket(town.db, LINE, f"take-{n}", at=town.at)
    if not guarded:
        loose = str(queue_module._CALL.text).replace(" AND state = 'waiting'", "")
        monkeypatch.setattr(queue_module, "_CALL", Sql(loose))
    town.db.close()
    calls = run_processes(4, partial(_call_in_process, town))
    numbers = [number for call in calls for number in call]
    assert len(numbers) == 8
    if guarded:
        assert sorted(numbers) == list(range(1, 9))


def _call_in_process(town: Town, place: int) -> list[int]:
    with desk_in_process(town, town.db.url) as desk:
        return [
            call_next(desk.db, LINE, f"call-{place}-{n}", terminal_id=place, at=town.at)
            for n in range(2)
        ]
