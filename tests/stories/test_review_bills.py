"""Fee bills beside debts and members' limits: what comes free repays first, and counts no longer."""

from __future__ import annotations

import pytest

from kiosk.fee_desk import FeeRequest, ask
from ledger.audit import SYSTEM
from ledger.bills.facts import bills_of_household, offsets_of_bill
from ledger.bills.offsets import release
from ledger.book.balances import Wallet, wallet_of
from ledger.database import Database
from ledger.errors import Refusal
from ledger.households import limits
from ledger.ids import new_request_id
from ledger.sql import Tx
from tests.support.awards import owe
from tests.support.fees import build_fee_town, take_answer, take_list
from tests.support.invariants import check_invariants
from tests.support.town import CIVIC, HERE, Town, moment


def wallet(town: Town) -> Wallet:
    with town.db.read() as tx:
        return wallet_of(tx, HERE, 1, CIVIC)


def set_aside(town: Town, units: int) -> None:
    with town.db.read() as tx:
        bill_id = bills_of_household(tx, HERE, 1)[0].bill_id
    request = FeeRequest(
        community_id=HERE,
        request_id=new_request_id(town.at),
        bill_id=bill_id,
        units=units,
        person_id=1,
        household_id=1,
    )
    ask(town.desk, request, at=town.at)


def let_go(town: Town) -> None:
    def work(tx: Tx) -> None:
        [bill] = bills_of_household(tx, HERE, 1)
        newest = int(offsets_of_bill(tx, HERE, bill.bill_id)[0].offset_id)
        release(tx, HERE, newest, why="given_up", day=town.day, at=town.at)

    town.db.write(work)


def test_what_a_lowered_bill_frees_of_a_hold_repays_what_is_owed(db: Database) -> None:
    town = build_fee_town(db, grant_units=200_000)
    take_list(town, ("B1", 1, "300.00"))
    set_aside(town, 200_000)
    owe(town, 1, 5_000, CIVIC)

    assert take_list(town, ("B1", 1, "100.00"))["back_fen"] == 5_000

    assert wallet(town) == (195_000, 100_000, 95_000, 0, 0)
    check_invariants(db.engine)


def test_a_members_limit_counts_back_what_a_bill_gave_back(db: Database) -> None:
    town = build_fee_town(db)
    month = town.day // 100
    town.db.write(
        lambda tx: limits.set_limit(tx, HERE, 1, 1, 100_000, month=month, by=SYSTEM, at=town.at)
    )
    town.at = moment("2026-04-02 09:00")
    take_list(town, ("B1", 1, "200.00"))
    set_aside(town, 100_000)
    with pytest.raises(Refusal, match="member_limit"):
        set_aside(town, 2_000)

    let_go(town)
    set_aside(town, 100_000)
    take_answer(town, ("B1-2", "50.00"))
    assert take_list(town, ("B1", 1, "60.00"))["back_fen"] == 2_000
    take_list(town, ("B1", 1, "201.00"))

    set_aside(town, 40_000)
    with pytest.raises(Refusal, match="member_limit"):
        set_aside(town, 2_000)
    check_invariants(db.engine)
