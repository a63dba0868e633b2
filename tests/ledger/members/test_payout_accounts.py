"""A shop's bank account: two people, and a pause before money goes somewhere new."""

import pytest

from ledger.audit import By
from ledger.clock import SECOND_US
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import payout_accounts
from ledger.members.payout_accounts import PayoutAccount
from ledger.sql import Sql
from tests.support.members import MORNING, OFFICE, Town, open_town

OLD = PayoutAccount("老李粮油店", "义马农商行", "6228480000000001")
NEW = PayoutAccount("老李粮油店", "义马农商行", "6228480000000002")
TWO_DAYS = 48 * 3_600 * SECOND_US
COLLEAGUE = By("staff", 2)
RECORD = Sql("SELECT * FROM audit WHERE community_id = :community_id")


def account_at(db: Database, town: Town, at: int) -> PayoutAccount | None:
    with db.read() as tx:
        return payout_accounts.find_at(tx, town.community_id, town.merchant_id, at=at)


def propose(db: Database, town: Town, account: PayoutAccount) -> int:
    return db.write(
        lambda tx: payout_accounts.propose(
            tx, town.community_id, town.merchant_id, account, by=OFFICE, at=MORNING
        )
    )


def approve(db: Database, town: Town, number: int, by: By = COLLEAGUE) -> int:
    return db.write(
        lambda tx: payout_accounts.approve(tx, town.community_id, number, by=by, at=MORNING)
    )


def test_a_changed_account_counts_after_two_people_and_two_days(db: Database) -> None:
    town = open_town(db)
    approve(db, town, propose(db, town, OLD))

    number = propose(db, town, NEW)
    with pytest.raises(Refusal, match="approval_same_person"):
        approve(db, town, number, OFFICE)
    approve(db, town, number)

    assert account_at(db, town, MORNING + TWO_DAYS - 1) == OLD
    assert account_at(db, town, MORNING + TWO_DAYS) == NEW


def test_a_shops_first_account_needs_two_people_but_no_pause(db: Database) -> None:
    town = open_town(db)
    number = propose(db, town, OLD)
    assert account_at(db, town, MORNING) is None

    approve(db, town, number)

    assert account_at(db, town, MORNING) == OLD


@pytest.mark.parametrize(
    "number", ["", "1234567", "62284800abc", "６２２８４８００００００", "1" * 31]
)
def test_an_account_number_is_eight_to_thirty_digits(db: Database, number: str) -> None:
    town = open_town(db)

    with pytest.raises(Refusal, match="payout_account_bad"):
        propose(db, town, PayoutAccount("老李粮油店", "义马农商行", number))


def test_no_account_number_stands_in_the_record_of_acts(db: Database) -> None:
    town = open_town(db)
    approve(db, town, propose(db, town, OLD))

    with db.read() as tx:
        said = str(tx.all(RECORD, community_id=town.community_id))
    assert OLD.account_no not in said
    assert "payout_account.approved" in said
