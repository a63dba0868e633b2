"""A property fee of 300 yuan: half would be 3,000 points, the month allows 2,000, so 100 yuan come off."""

from typing import Any

import pytest

from kiosk.fee_desk import FeeRequest, ask, quote
from ledger.bills.confirmations import release_overdue
from ledger.bills.facts import bills_of_household, offsets_of_bill
from ledger.book.balances import account_sum, wallet_of
from ledger.database import Database
from ledger.errors import Refusal
from ledger.ids import new_request_id
from ledger.units import CNY
from tests.support.fees import BILLER, build_fee_town, take_answer, take_list
from tests.support.invariants import check_invariants
from tests.support.town import CIVIC, HERE, Town

FULL = 200_000
"""2,000 points in units."""


def request(town: Town, bill_id: int, units: int, *, person: int = 1, home: int = 1) -> FeeRequest:
    return FeeRequest(
        community_id=HERE,
        request_id=new_request_id(town.at),
        bill_id=bill_id,
        units=units,
        person_id=person,
        household_id=home,
    )


def bill_of(town: Town, home: int = 1, number: int = 0) -> Any:
    with town.db.read() as tx:
        return bills_of_household(tx, HERE, home)[number]


def wallet(town: Town, owner: int = 1) -> Any:
    with town.db.read() as tx:
        return wallet_of(tx, HERE, owner, CIVIC)


def is_sound(town: Town) -> None:
    check_invariants(town.db.engine)


def test_three_hundred_yuan_take_two_thousand_points_and_no_more(db: Database) -> None:
    town = build_fee_town(db)
    assert take_list(town, ("B1", 1, "300.00"))["new"] == 1
    bill = bill_of(town)
    terms = town.desk.terms_of(HERE)

    with db.read() as tx:
        told = quote(tx, terms, bill, person_id=1, day=town.day)
    assert bill.ceiling_fen == 15_000  # half of the bill: 3,000 points
    assert (told.room.units, told.room.fen, told.reason) == (FULL, 10_000, "month_cap")

    with pytest.raises(Refusal) as said:
        ask(town.desk, request(town, bill.bill_id, FULL + 2_000), at=town.at)
    assert said.value.code == "fee_over_month_cap"

    answer = ask(town.desk, request(town, bill.bill_id, FULL), at=town.later(60))
    assert (answer["units"], answer["fen"], answer["left_fen"]) == (FULL, 10_000, 20_000)
    assert wallet(town) == (400_000, FULL, 200_000, 0, 0)

    confirmed = take_answer(town, ("B1-1", "100.00"))
    assert (confirmed["confirmed"], confirmed["confirmed_fen"]) == (1, 10_000)
    assert wallet(town) == (200_000, 0, 200_000, 0, 0)
    with db.read() as tx:
        assert account_sum(tx, HERE, "offset", CIVIC, BILLER) == FULL
        left = quote(tx, terms, bill_of(town), person_id=1, day=town.day)
    assert (left.room.units, left.reason) == (0, "month_cap")
    is_sound(town)


@pytest.mark.parametrize(
    ("units", "code"),
    [
        (1_999, "offset_below_minimum"),
        (3_000, "offset_not_in_steps"),
        (32_000, "offset_over_bill_share"),
    ],
)
def test_only_whole_steps_within_the_bill(db: Database, units: int, code: str) -> None:
    town = build_fee_town(db)
    take_list(town, ("B1", 1, "30.00"))

    with pytest.raises(Refusal) as said:
        ask(town.desk, request(town, bill_of(town).bill_id, units), at=town.at)

    assert said.value.code == code
    assert wallet(town).held == 0


def test_another_household_cannot_pay(db: Database) -> None:
    town = build_fee_town(db)
    take_list(town, ("B1", 1, "300.00"))

    with pytest.raises(Refusal) as said:
        ask(town.desk, request(town, bill_of(town).bill_id, 2_000, person=2, home=2), at=town.at)

    assert said.value.code == "fee_bill_other_household"


def test_nobody_confirms_and_the_points_come_back(db: Database) -> None:
    town = build_fee_town(db)
    take_list(town, ("B1", 1, "300.00"))
    ask(town.desk, request(town, bill_of(town).bill_id, FULL), at=town.at)
    town.later(14 * 86_400)
    assert db.write(lambda tx: release_overdue(tx, HERE, day=town.day, at=town.at)) == 0
    town.later(86_400)

    assert db.write(lambda tx: release_overdue(tx, HERE, day=town.day, at=town.at)) == 1

    assert wallet(town) == (400_000, 0, 400_000, 0, 0)
    bill = bill_of(town)
    assert bill.offset_fen == 0
    with db.read() as tx:
        offset = offsets_of_bill(tx, HERE, bill.bill_id)[0]
        assert (offset.state, offset.why) == ("released", "expired")
        assert account_sum(tx, HERE, "offset", CIVIC, BILLER) == 0
    assert take_answer(town, ("B1-1", "100.00"))["lines"][0]["status"] == "released"
    ask(town.desk, request(town, bill.bill_id, FULL), at=town.later(60))  # the month was given back
    is_sound(town)


def test_a_bill_lowered_gives_back_exactly_what_lies_above(db: Database) -> None:
    town = build_fee_town(db)
    take_list(town, ("B1", 1, "300.00"))
    ask(town.desk, request(town, bill_of(town).bill_id, FULL), at=town.at)
    take_answer(town, ("B1-1", "100.00"))

    # Half of 171.00 is 85.50; in whole steps of 1 yuan 85.00 stay.
    answer = take_list(town, ("B1", 1, "171.00"))

    assert (answer["changed"], answer["back_fen"]) == (1, 1_500)
    assert wallet(town) == (230_000, 0, 230_000, 0, 0)
    assert (bill_of(town).offset_fen, bill_of(town).ceiling_fen) == (8_500, 8_550)
    with db.read() as tx:
        rows = tx.raw.execute(
            "SELECT ref, original_ref, units, fen FROM offset_booked ORDER BY txn_id"
        ).fetchall()
    assert [tuple(row) for row in rows] == [
        ("B1-1", None, FULL, 10_000),
        ("B1-1-R1", "B1-1", -30_000, -1_500),
    ]
    assert take_list(town, ("B1", 1, "600.00"))["back_fen"] == 0
    ask(town.desk, request(town, bill_of(town).bill_id, 30_000), at=town.later(60))
    assert take_list(town, ("B1", 1, "0.00"))["back_fen"] == 10_000
    assert wallet(town) == (400_000, 0, 400_000, 0, 0)
    is_sound(town)


def test_a_bill_lowered_while_held_holds_less(db: Database) -> None:
    town = build_fee_town(db)
    take_list(town, ("B1", 1, "300.00"))
    ask(town.desk, request(town, bill_of(town).bill_id, FULL), at=town.at)

    assert take_list(town, ("B1", 1, "100.00"))["back_fen"] == 5_000

    assert wallet(town) == (400_000, 100_000, 300_000, 0, 0)
    assert take_answer(town, ("B1-1", "100.00"))["lines"][0]["status"] == "other_amount"
    assert take_answer(town, ("B1-1", "50.00"))["lines"][0]["status"] == "confirmed"
    assert wallet(town) == (300_000, 0, 300_000, 0, 0)
    with db.read() as tx:
        assert account_sum(tx, HERE, "cover", CNY, BILLER) >= 5_000
    is_sound(town)
