"""A second card for a carer: the same points, a lower limit of its own with PIN or without, said on the slip."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kiosk.fee_desk import FeeRequest, ask
from ledger.audit import By
from ledger.bills.facts import bills_of_household
from ledger.book.balances import wallet_of
from ledger.database import Database
from ledger.errors import Refusal
from ledger.ids import new_request_id
from ledger.members import cards, pins
from ledger.members.carers import open_carer_card
from ledger.members.codes import issue_card_code
from ledger.members.hashing import Cost
from ledger.members.residents import record_consent
from ledger.sql import Tx
from pos.checkout import check_out
from pos.quotes import QuoteRequest, quote_for
from tests.support.fees import build_fee_town, take_list
from tests.support.invariants import check_invariants
from tests.support.offline_shops import OfflineShops
from tests.support.town import CIVIC, HERE, Town, build_town

DESK = By("staff", 7)
PIN = "582917"


@pytest.fixture
def town(db: Database) -> Town:
    return build_town(db, grant_units=70_000, card_pause_s=0)


def carers_code(town: Town, points: int = 60) -> str:
    def work(tx: Tx) -> str:
        record_consent(tx, HERE, 1, by=DESK, at=town.at)
        said: dict[str, Any] = {"pepper": town.desk.pepper, "by": DESK, "at": town.at}
        pins.set_pin(tx, HERE, 1, PIN, cost=Cost(memory_kib=64, passes=1), **said)
        card = open_carer_card(tx, HERE, 1, points * 100, most=200_000, by=DESK, at=town.at)
        return issue_card_code(tx, town.vault, HERE, card.serial, card.issue, at=town.at)

    return town.db.write(work)


def sell(town: Town, code: str, points: int, **more: Any) -> dict[str, Any]:
    return check_out(town.desk, town.sale(1, 20_000, points * 100, token=code, **more), at=town.at)


def test_it_spends_the_same_points_within_its_own_day(town: Town) -> None:
    code = carers_code(town)
    town.desk.refresh(HERE)

    first = sell(town, code, 40)
    with pytest.raises(Refusal, match="carer_day_cap"):
        sell(town, code, 40)
    # A PIN lifts the limit of a card without one, never the carer's.
    with pytest.raises(Refusal, match="carer_day_cap"):
        sell(town, code, 40, pin=PIN)
    sell(town, code, 20)

    assert first["by_carer"] == 1
    with town.db.read() as tx:
        assert wallet_of(tx, HERE, 1, CIVIC).posted == 64_000
    town.later(86_400)
    assert sell(town, code, 60)["offset_units"] == 6_000
    check_invariants(town.db.engine)


def test_the_residents_own_code_is_not_held_to_it(town: Town) -> None:
    code = carers_code(town)
    sell(town, code, 60)

    own = sell(town, town.code(1), 200)

    assert "by_carer" not in own


def test_the_till_offers_no_more_than_is_left(town: Town) -> None:
    code = carers_code(town)
    sell(town, code, 20)

    said = quote_for(
        town.desk, QuoteRequest(HERE, town.tills[0].terminal_id, code, 20_000), at=town.at
    )

    assert said.proposal.units == 4_000


def test_lost_it_is_dead_and_the_residents_own_goes_on(town: Town) -> None:
    code = carers_code(town)
    with town.db.read() as tx:
        serial = cards.cards_of(tx, HERE, 1)[-1].serial

    town.db.write(lambda tx: cards.set_state(tx, HERE, serial, "lost", by=DESK, at=town.at))

    with pytest.raises(Refusal, match="card_not_active"):
        sell(town, code, 20)
    assert sell(town, town.code(1), 20)["offset_units"] == 2_000


def test_a_carer_is_given_less_than_the_resident(town: Town) -> None:
    with pytest.raises(Refusal, match="carer_limit"):
        carers_code(town, 2_000)


def test_what_it_spent_without_network_counts_against_its_day(db: Database) -> None:
    shop = OfflineShops(db, grant_units=70_000, card_pause_s=0)
    shop.allow()
    code = carers_code(shop.town)
    made = replace(shop.made(shop.policy(), 1, 4_000), token=code)
    shop.town.later(60)

    assert shop.send(made)["offline"]["state"] == "booked"

    with pytest.raises(Refusal, match="carer_day_cap"):
        sell(shop.town, code, 40)
    sell(shop.town, code, 20)
    check_invariants(db.engine)


def test_at_the_desk_for_fees_it_is_held_to_the_same_day(db: Database) -> None:
    town = build_fee_town(db, card_pause_s=0)
    take_list(town, ("B1", 1, "300.00"))
    code = carers_code(town)
    with db.read() as tx:
        [bill] = bills_of_household(tx, HERE, 1)

    def scanned(points: int) -> dict[str, Any]:
        asked = FeeRequest(
            community_id=HERE,
            request_id=new_request_id(town.at),
            bill_id=bill.bill_id,
            units=points * 100,
            at_office=7,
            token=code,
            pin=PIN,
        )
        return ask(town.desk, asked, at=town.at)

    assert scanned(40)["units"] == 4_000
    town.later(60)
    with pytest.raises(Refusal, match="carer_day_cap"):
        scanned(40)
    assert scanned(20)["units"] == 2_000
    check_invariants(db.engine)
