"""Pending points in doubt: taken back by two persons, let be by two persons, and never taken twice by a refund."""

from __future__ import annotations

import pytest

from ledger.audit import By
from ledger.book.balances import account_sum, wallet_of
from ledger.book.chart import Account
from ledger.database import Database
from ledger.earning.working_days import working_days_cn
from ledger.errors import Refusal
from pos.checkout import check_out
from pos.proof import BillLine, let_be, prove_by_bill, vest_overdue
from pos.refunds import refund
from pos.unproven import flag_sale, mark_missing, missing_sales, take_pending_back
from tests.support.awards import owe
from tests.support.fake_channel import FakeChannel
from tests.support.invariants import check_invariants
from tests.support.town import CIVIC, HERE, Town, build_town, moment

ACCOUNTANT, COMMITTEE = By("staff", 31), By("staff", 32)


@pytest.fixture
def town(db: Database) -> Town:
    """Three people with nothing, one shop."""
    return build_town(db, channel=FakeChannel())


def buy(town: Town, person: int, fen: int = 5_000) -> str:
    """A purchase paid on the shop's own device: its points are pending."""
    town.later(600)
    return str(check_out(town.desk, town.sale(person, fen), at=town.at)["ref"])


def wallet(town: Town, person: int) -> tuple[int, int, int]:
    with town.db.read() as tx:
        found = wallet_of(tx, HERE, person, CIVIC)
    return found.available, found.pending, found.owed


def flag(town: Town, ref: str, by: By = ACCOUNTANT, reason: str = "店里没有这笔收款") -> int:
    return town.db.write(lambda tx: flag_sale(tx, HERE, ref, reason, by=by, at=town.at))


def agree(town: Town, approval_id: int, by: By = COMMITTEE) -> int:
    return town.db.write(
        lambda tx: take_pending_back(tx, HERE, approval_id, today=town.day, by=by, at=town.at)
    )


def refuse(town: Town, approval_id: int, by: By = COMMITTEE) -> int | None:
    return town.db.write(
        lambda tx: let_be(tx, HERE, approval_id, today=town.day, by=by, at=town.at)
    )


def refused(act, *args) -> str:
    with pytest.raises(Refusal) as said:
        act(*args)
    return said.value.code


def days_later(town: Town, day: str) -> int:
    """The night's own work a while later: what waited long enough becomes spendable."""
    town.at = moment(f"{day} 02:00")
    return vest_overdue(town.desk, HERE, working_days_cn(), at=town.at)


def bill(town: Town, *fen: int, complete: int = 0) -> int:
    """A bill of the shop with these payments, made now; gives how many sales it proves."""
    lines = [BillLine(f"wx{n}-{town.at}", amount, town.at) for n, amount in enumerate(fen)]
    proved = prove_by_bill(town.desk, HERE, 1, lines, until=town.day, by="bill", at=town.at)
    if complete:
        town.db.write(lambda tx: mark_missing(tx, HERE, 1, until=complete, by="bill", at=town.at))
    return proved.sales


def test_two_persons_take_pending_points_back(town: Town) -> None:
    ref = buy(town, 1)
    assert wallet(town, 1) == (0, 5_000, 0)

    approval_id = flag(town, ref)
    assert refused(agree, town, approval_id, ACCOUNTANT) == "approval_same_person"
    assert agree(town, approval_id) == 5_000

    assert wallet(town, 1) == (0, 0, 0)
    with town.db.read() as tx:
        assert account_sum(tx, HERE, Account.ISSUED_CONSUMPTION, CIVIC) == 0
    assert days_later(town, "2026-03-20") == 0
    check_invariants(town.db.engine)


def test_flagged_points_wait_for_the_answer_whatever_time_or_bill_say(town: Town) -> None:
    approval_id = flag(town, buy(town, 1))

    assert days_later(town, "2026-03-20") == 0
    town.at = moment("2026-03-02 09:10")
    assert bill(town, 5_000) == 0
    assert wallet(town, 1) == (0, 5_000, 0)

    assert refuse(town, approval_id) is None
    assert bill(town, 5_000) == 1
    assert wallet(town, 1) == (5_000, 0, 0)
    check_invariants(town.db.engine)


def test_a_refund_takes_no_points_that_were_taken_back_before(town: Town) -> None:
    ref = buy(town, 1)
    town.grant(1, 1_000)
    agree(town, flag(town, ref))

    given = refund(town.desk, town.refund(ref, 2_000), at=town.later(60))
    rest = refund(town.desk, town.refund(ref, 3_000), at=town.later(60))

    assert (given["earned_reversed_units"], rest["earned_reversed_units"]) == (0, 0)
    assert (given["cash_back_fen"], rest["cash_back_fen"]) == (2_000, 3_000)
    assert wallet(town, 1) == (1_000, 0, 0)
    check_invariants(town.db.engine)


def test_a_refund_before_the_answer_leaves_less_to_take_back(town: Town) -> None:
    ref = buy(town, 1)
    approval_id = flag(town, ref)
    refund(town.desk, town.refund(ref, 2_000), at=town.later(60))

    assert agree(town, approval_id) == 3_000
    assert wallet(town, 1) == (0, 0, 0)
    check_invariants(town.db.engine)


def test_what_can_be_spent_already_is_not_touched(town: Town) -> None:
    ref = buy(town, 1)
    approval_id = flag(town, ref)
    refuse(town, approval_id)
    bill(town, 5_000)

    assert refused(flag, town, ref) == "pending_not_found"
    assert wallet(town, 1) == (5_000, 0, 0)


def test_what_a_complete_bill_does_not_show_waits_for_a_decision_not_for_time(town: Town) -> None:
    shown, hidden = buy(town, 1), buy(town, 2, 3_000)

    assert bill(town, 5_000, complete=20260302) == 1
    with town.db.read() as tx:
        rows = missing_sales(tx, HERE)
    assert [row.ref for row in rows] == [hidden]
    assert shown not in {row.ref for row in rows}
    assert days_later(town, "2026-03-20") == 0
    assert wallet(town, 2) == (0, 3_000, 0)

    agree(town, flag(town, hidden))
    assert wallet(town, 2) == (0, 0, 0)
    check_invariants(town.db.engine)


def test_two_persons_may_let_points_be_that_no_bill_shows(town: Town) -> None:
    hidden = buy(town, 2, 3_000)
    bill(town, complete=20260302)

    assert refuse(town, flag(town, hidden)) == 3_000

    assert wallet(town, 2) == (3_000, 0, 0)
    check_invariants(town.db.engine)


def test_a_bill_that_comes_after_all_proves_what_was_missing(town: Town) -> None:
    buy(town, 2, 3_000)
    bill(town, complete=20260302)

    assert bill(town, 3_000) == 1
    assert wallet(town, 2) == (3_000, 0, 0)


def test_without_a_bill_points_become_spendable_by_time_as_before(town: Town) -> None:
    buy(town, 1)

    assert days_later(town, "2026-03-20") == 5_000
    assert wallet(town, 1) == (5_000, 0, 0)


def test_points_proven_late_repay_a_debt_and_count_from_the_day_of_the_sale(town: Town) -> None:
    buy(town, 1)
    owe(town, 1, 2_000, CIVIC)

    days_later(town, "2026-03-20")

    assert wallet(town, 1) == (3_000, 0, 0)
    check_invariants(town.db.engine)


@pytest.mark.parametrize(
    ("ref", "reason", "code"),
    [
        ("M01T1-260302-00099-A", "x", "pending_not_found"),
        ("", "x", "pending_not_found"),
        (None, "  ", "reason_missing"),
    ],
)
def test_a_flag_names_a_receipt_and_a_reason(
    town: Town, ref: str | None, reason: str, code: str
) -> None:
    sold = buy(town, 1)

    assert refused(flag, town, sold if ref is None else ref, ACCOUNTANT, reason) == code


def test_a_receipt_is_flagged_once_at_a_time(town: Town) -> None:
    ref = buy(town, 1)
    first = flag(town, ref)

    assert refused(flag, town, ref) == "pending_flagged"
    refuse(town, first)
    assert agree(town, flag(town, ref)) == 5_000
