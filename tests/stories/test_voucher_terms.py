"""A voucher keeps the terms it was sold under; other terms hold from a day to come on."""

from __future__ import annotations

import pytest

from ledger.audit import SYSTEM
from ledger.book.balances import wallet_of
from ledger.database import Database
from ledger.errors import Refusal
from ledger.services import items, orders, slots
from tests.support.night_plant import next_day
from tests.support.town import CIVIC, HERE, Town
from tests.support.vouchers import (
    HAIRCUT_FEN,
    buy,
    dearer,
    offer,
    redeem,
    returned,
    row_of,
    voucher_town,
)

HOUR = 3_600_000_000
DAY_US = 24 * HOUR


@pytest.fixture
def town(db: Database) -> Town:
    return voucher_town(db)


def points(town: Town) -> int:
    with town.db.read() as tx:
        return wallet_of(tx, HERE, 1, CIVIC).available


@pytest.mark.usefixtures("audited")
def test_a_voucher_keeps_the_terms_it_was_sold_under(town: Town) -> None:
    service = offer(town, returnable=True, needs_booking=False, cancel_hours=24)
    kept, used_later = buy(town, service)["number"], buy(town, service)["number"]
    dearer(
        town, service, next_day(town.day), returnable=False, needs_booking=True, cancel_hours=48,
        unused="lapse", valid_days=10,
    )  # fmt: skip
    same_day = buy(town, service)["number"]
    town.at += DAY_US
    new = buy(town, service)["number"]

    assert points(town) == 70_000 - 3 * 3_000 - 4_000
    old, later = row_of(town, same_day), row_of(town, new)
    assert (old.returnable, old.needs_booking, old.cancel_hours, old.unused) == (1, 0, 24, "back")
    assert (later.returnable, later.needs_booking, later.cancel_hours) == (0, 1, 48)
    assert (later.unused, later.last_day) == ("lapse", 20260312)
    assert redeem(town, used_later)["fen"] == HAIRCUT_FEN
    returned(town, kept)
    with pytest.raises(Refusal, match="voucher_not_returnable"):
        returned(town, new)
    with pytest.raises(Refusal, match="voucher_not_booked"):
        redeem(town, new)


def test_an_appointment_is_given_up_by_the_hours_its_voucher_was_sold_with(town: Town) -> None:
    service = offer(town, cancel_hours=2)
    voucher = row_of(town, buy(town, service)["number"])
    dearer(town, service, next_day(town.day), cancel_hours=48)
    town.at += DAY_US
    starts = town.at + 10 * HOUR

    def work(tx) -> int:
        slots.open_slots(tx, HERE, service, [starts], minutes=30, capacity=1, by=SYSTEM, at=town.at)
        [slot] = slots.slots_between(tx, HERE, starts, starts + HOUR)
        asked = orders.ask(
            tx, HERE, int(voucher.voucher_id), int(slot.slot_id), today=town.day, at=town.at
        )
        return int(asked["order_id"])

    order_id = town.db.write(work)
    given_up = town.db.write(lambda tx: orders.cancel(tx, HERE, order_id, 1, at=town.at))

    assert given_up["state"] == "cancelled"


def test_terms_change_from_a_day_to_come_alone_and_the_last_word_counts(town: Town) -> None:
    service, tomorrow = offer(town), next_day(town.day)
    for late in (town.day, 20260201):
        with pytest.raises(Refusal, match="service_terms_late"):
            dearer(town, service, late)
    with pytest.raises(Refusal, match="service_terms"):
        dearer(town, service, tomorrow, contract_fen=0)
    dearer(town, service, tomorrow, price_units=9_000)
    dearer(town, service, tomorrow, price_units=5_000)
    dearer(town, service, next_day(tomorrow), price_units=6_000)

    def price(day: int) -> int:
        with town.db.read() as tx:
            return int(items.service_on(tx, HERE, service, day).price_units)

    assert price(town.day) == 3_000
    assert price(tomorrow) == 5_000
    assert price(20261231) == 6_000
