"""Service orders and their calendar: asked, accepted, done, confirmed and rated; given up in time; nobody came."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ledger.audit import SYSTEM
from ledger.database import Database
from ledger.errors import Refusal
from ledger.services import orders, slots
from ledger.sql import Sql, Tx
from settlement.auditor.run import audit
from settlement.export.write import write_export
from tests.support.invariants import check_invariants
from tests.support.town import HERE, Town, moment
from tests.support.vouchers import BARBER, OTHER, buy, offer, redeem, returned, row_of, voucher_town

TEN = moment("2026-03-04 10:00")
_SLOT = Sql("SELECT slot_id, taken FROM slot WHERE community_id = :community_id ORDER BY starts_at")


@pytest.fixture
def town(db: Database) -> Town:
    return voucher_town(db, people=3)


def write(town: Town, work: Callable[[Tx], Any]) -> Any:
    return town.db.write(work)


def opened(town: Town, service: int, *, capacity: int = 1, times: int = 1) -> list[int]:
    starts = [TEN + n * 30 * slots.MINUTE_US for n in range(times)]
    write(
        town,
        lambda tx: slots.open_slots(
            tx, HERE, service, starts, minutes=30, capacity=capacity, by=SYSTEM, at=town.at
        ),
    )
    with town.db.read() as tx:
        return [int(row.slot_id) for row in tx.all(_SLOT, community_id=HERE)]


def taken(town: Town) -> list[int]:
    with town.db.read() as tx:
        return [int(row.taken) for row in tx.all(_SLOT, community_id=HERE)]


def asked(town: Town, number: str, slot_id: int | None) -> int:
    voucher_id = int(row_of(town, number).voucher_id)
    answer = write(
        town,
        lambda tx: orders.ask(tx, HERE, voucher_id, slot_id, today=town.day, at=town.at),
    )
    return int(answer["order_id"])


def accepted(town: Town, order_id: int, provider: int = BARBER) -> Any:
    return write(
        town,
        lambda tx: orders.answer(
            tx, HERE, order_id, {provider}, accepted=True, by=SYSTEM, at=town.at
        ),
    )


def state(town: Town, order_id: int) -> str:
    with town.db.read() as tx:
        return str(orders.get_order(tx, HERE, order_id).state)


def confirmed(town: Town, order_id: int, person: int | None, rating: int = 5) -> Any:
    return write(
        town,
        lambda tx: orders.confirm(
            tx, HERE, order_id, person_id=person, rating=rating, by=SYSTEM, at=town.at
        ),
    )


def test_asked_accepted_done_confirmed_and_rated(town: Town, tmp_path) -> None:
    service = offer(town, needs_booking=True)
    [slot] = opened(town, service)
    number = buy(town, service)["number"]
    with pytest.raises(Refusal, match="voucher_not_booked"):
        redeem(town, number)

    order = asked(town, number, slot)
    assert (state(town, order), taken(town)) == ("asked", [1])
    with pytest.raises(Refusal, match="order_not_found"):
        accepted(town, order, OTHER)
    accepted(town, order)
    with pytest.raises(Refusal, match="order_moved_on"):
        confirmed(town, order, 1)
    town.at = TEN
    redeem(town, number)

    assert state(town, order) == "done"
    with pytest.raises(Refusal, match="order_not_found"):
        confirmed(town, order, 2)
    with pytest.raises(Refusal, match="rating_bad"):
        confirmed(town, order, 1, rating=6)
    assert confirmed(town, order, 1, rating=4)["rating"] == 4
    with pytest.raises(Refusal, match="order_confirmed"):
        confirmed(town, order, 1)
    check_invariants(town.db.engine)
    write_export(town.db, HERE, tmp_path / "out", at=town.at)
    assert [one.check for one in audit(tmp_path / "out").findings] == []


def test_whoever_came_without_an_appointment_confirms_on_paper(town: Town) -> None:
    number = buy(town, offer(town))["number"]
    redeem(town, number)

    with town.db.read() as tx:
        [order] = orders.orders_of(tx, HERE, 1)
    confirmed(town, int(order.order_id), None, rating=3)

    with town.db.read() as tx:
        row = orders.get_order(tx, HERE, int(order.order_id))
    assert (row.state, row.confirmed_by, row.rating) == ("done", "paper", 3)


def test_a_full_time_is_full_until_somebody_gives_up_in_time(town: Town) -> None:
    service = offer(town, cancel_hours=24)
    [slot] = opened(town, service)
    first, second = (buy(town, service, person)["number"] for person in (1, 2))
    order = asked(town, first, slot)

    with pytest.raises(Refusal, match="slot_full"):
        asked(town, second, slot)
    with pytest.raises(Refusal, match="voucher_booked"):
        asked(town, first, None)
    write(town, lambda tx: orders.cancel(tx, HERE, order, 1, at=town.at))
    assert taken(town) == [0]
    other = asked(town, second, slot)

    town.at = TEN - 23 * orders.HOUR_US
    with pytest.raises(Refusal, match="booking_too_late"):
        write(town, lambda tx: orders.cancel(tx, HERE, other, 2, at=town.at))
    assert state(town, other) == "asked"


def test_nobody_came(town: Town) -> None:
    service = offer(town)
    [slot] = opened(town, service)
    number = buy(town, service)["number"]
    order = asked(town, number, slot)

    def miss(tx: Tx) -> dict[str, Any]:
        return orders.miss(tx, HERE, order, {BARBER}, by=SYSTEM, at=town.at)

    with pytest.raises(Refusal, match="order_too_early"):
        write(town, miss)
    town.at = TEN + 1
    write(town, miss)

    assert state(town, order) == "no_show"
    # The place was kept free for nothing, and the voucher is still good.
    assert taken(town) == [1]
    redeem(town, number)


def test_times_that_cannot_be_booked(town: Town) -> None:
    service, short = offer(town), offer(town, "SHORT", valid_days=1)
    [slot] = opened(town, service)
    number, brief = buy(town, service)["number"], buy(town, short)["number"]

    with pytest.raises(Refusal, match="slot_not_found"):
        asked(town, brief, slot)
    with pytest.raises(Refusal, match="slot_not_found"):
        asked(town, number, 1)
    town.at = TEN
    with pytest.raises(Refusal, match="slot_past"):
        asked(town, number, slot)
    with pytest.raises(Refusal, match="voucher_expired"):
        asked(town, brief, None)


def test_a_voucher_given_back_frees_its_time(town: Town) -> None:
    service = offer(town)
    [slot] = opened(town, service)
    number = buy(town, service)["number"]
    order = asked(town, number, slot)

    returned(town, number)

    assert (state(town, order), taken(town)) == ("cancelled", [0])
    check_invariants(town.db.engine)
