"""Vouchers sold at a counter: paid by the code shown, within the day's limits, with the PIN above them."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.book.balances import wallet_of
from ledger.database import Database
from ledger.errors import Refusal
from ledger.ids import new_request_id
from ledger.token_keys import KeyClass
from pos.voucher_sale import CounterSale, sell_at_counter
from tests.support.invariants import check_invariants
from tests.support.town import CIVIC, HERE, Town
from tests.support.vouchers import PIN, offer, redeem, voucher_town


@pytest.fixture
def town(db: Database) -> Town:
    return voucher_town(db)


def asked(town: Town, service: int, **changes: Any) -> CounterSale:
    where = town.tills[1]
    ref = where.next_ref(town.day)
    fields: dict[str, Any] = {
        "community_id": HERE,
        "terminal_id": where.terminal_id,
        "clerk_id": None,
        "request_id": new_request_id(town.at),
        "counter": where.counter,
        "ref": ref,
        "token": town.code(1),
        "service_id": service,
        "pin": None,
        "occurred_at": town.at,
        **changes,
    }
    return CounterSale(**fields)


def test_sold_at_a_counter_and_used_at_its_provider(town: Town) -> None:
    request = asked(town, offer(town))

    sold = sell_at_counter(town.desk, request, at=town.at)

    assert sell_at_counter(town.desk, request, at=town.at) == sold
    assert (sold["units"], sold["balance_units"]) == (3_000, 67_000)
    town.later(1)
    assert redeem(town, sold["number"])["fen"] == 1_550
    check_invariants(town.db.engine)


def test_the_pin_is_asked_for_above_the_days_sum_without_one(town: Town) -> None:
    service = offer(town, price_units=30_000)
    card = town.code(1, KeyClass.CARD)

    with pytest.raises(Refusal, match="pin_needed"):
        sell_at_counter(town.desk, asked(town, service, token=card), at=town.at)
    town.later(60)
    sold = sell_at_counter(town.desk, asked(town, service, token=card, pin=PIN), at=town.at)

    assert sold["balance_units"] == 40_000


def test_a_code_works_once_and_an_earning_code_never(town: Town) -> None:
    service, code = offer(town), town.code(1)
    sell_at_counter(town.desk, asked(town, service, token=code), at=town.at)

    with pytest.raises(Refusal, match="token_used"):
        sell_at_counter(town.desk, asked(town, service, token=code), at=town.at)
    earn = town.code(1, KeyClass.EARN)
    with pytest.raises(Refusal, match="token_earn_only"):
        sell_at_counter(town.desk, asked(town, service, token=earn), at=town.at)
    with town.db.read() as tx:
        assert wallet_of(tx, HERE, 1, CIVIC).available == 67_000


def test_a_voucher_above_the_balance_burns_nothing_but_the_code(town: Town) -> None:
    service = offer(town, price_units=70_001)

    with pytest.raises(Refusal, match="insufficient_points"):
        sell_at_counter(town.desk, asked(town, service, pin=PIN), at=town.at)

    with town.db.read() as tx:
        assert wallet_of(tx, HERE, 1, CIVIC).available == 70_000
    check_invariants(town.db.engine)
