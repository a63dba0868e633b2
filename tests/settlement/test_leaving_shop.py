"""A shop leaves in mid-month, its owner dies: the last statement, the money held, the heirs, and no claims for ever."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.book.balances import account_sum
from ledger.book.chart import Account
from ledger.database import Database
from ledger.errors import Refusal
from ledger.ids import derived_request_id
from ledger.members import payout_accounts
from ledger.members.leaving import Leave, leave, leaving_of
from ledger.members.payout_accounts import PayoutAccount
from ledger.units import CNY
from settlement import gate
from settlement.claims import file_daybook
from settlement.closing import accept_silent, accept_statement, objection_until, run_month
from settlement.dispute_life import Outcome
from settlement.disputes import Objection, approve_ruling, raise_objections, rule_dispute
from settlement.last_statement import issue_last_statement
from settlement.lives import month_life
from settlement.month_life import MonthState
from settlement.night import run_night
from settlement.payouts import (
    approve_payout,
    cancel_payout,
    confirm_payout,
    fail_payout,
    propose_again,
    propose_payout,
    send_payout,
)
from settlement.shop_money import set_rule
from settlement.statements import Statement, get_statement, rows_of
from tests.settlement.test_payouts import AT, approved
from tests.support.night_plant import (
    HOUR,
    Entry,
    Planter,
    book,
    daybook,
    midnight,
    next_day,
    reserve_cover,
)
from tests.support.objections import CHIEF, OWNER, ZHOU, act, row_of_day
from tests.support.staff_rows import add_staff
from tests.support.town import HERE, Town, moment

LAST = 20260320
DAYS = (20260318, LAST)
LEFT_AT = moment("2026-03-21 09:00")
HEIR = PayoutAccount(holder="继承人甲", bank="长安银行", account_no="6222020200087654321")


def lived(town: Town) -> list[Entry]:
    """Two days of three receipts; one of the last day is never claimed. The shop's money waits five days."""
    add_staff(town.db, {ZHOU: "accountant", CHIEF: "secretary"}, at=town.at)
    planter, till = Planter(town.tills, seed=320), town.tills[0]
    sold: list[Entry] = []
    for number, day in enumerate(DAYS, start=1):
        town.at = midnight(day) + 6 * HOUR
        reserve_cover(town, 100_000)
        today = [planter.entry(day, till, fen=fen) for fen in (1_000, 2_000, 700)]
        book(town, today)
        claimed = today[:2] if day == LAST else today
        file_daybook(town.db, HERE, till.terminal_id, daybook(day, number, claimed), at=town.at)
        run_night(town.db, HERE, day, at=midnight(next_day(day)) + 2 * HOUR)
        sold += today
    town.db.write(
        lambda tx: set_rule(
            tx, HERE, 1, risk_days=5, least_fen=10_000, why="new", by=ZHOU, at=town.at
        )
    )
    return sold


def go(town: Town, cause: str = "left", *, days: int = 10) -> None:
    said = Leave(cause, LAST, days, "closed")
    town.db.write(lambda tx: leave(tx, HERE, 1, said, by=ZHOU, at=LEFT_AT))


def last_statement(town: Town, at: int = LEFT_AT + HOUR) -> Statement:
    with town.db.read() as tx:
        until = objection_until(tx, HERE, at=at)
    made = issue_last_statement(town.db, HERE, 1, objection_until=until, at=at)
    assert made is not None
    return made


def owed(town: Town) -> int:
    with town.db.read() as tx:
        return account_sum(tx, HERE, Account.PAYABLE, CNY, 1)


def stands(town: Town, statement: Statement, at: int) -> MonthState:
    with town.db.read() as tx:
        found = get_statement(tx, HERE, statement.statement_id)
        return month_life(tx, HERE, found, at=at)


def pay(town: Town, statement: Statement, at: int) -> int:
    payout = propose_payout(town.db, HERE, statement.statement_id, by=ZHOU, at=at)
    approve_payout(town.db, HERE, payout.payout_id, by=CHIEF, at=at)
    send_payout(town.db, None, HERE, payout.payout_id, by=ZHOU, at=at)
    confirm_payout(town.db, HERE, payout.payout_id, by=ZHOU, at=at)
    return payout.amount_fen


def found_by_the_second_engine(town: Town, at: int) -> set[str]:
    return set(gate.audit_book(town.db, HERE, at=at).counts)


def test_a_shop_that_leaves_is_stated_to_its_day_paid_when_it_may_be_and_heard_to_the_end(
    town: Town,
) -> None:
    sold = lived(town)
    planted = found_by_the_second_engine(town, LEFT_AT)  # the planted sales have no rows of a till
    go(town)
    last = last_statement(town)

    assert (last.first_date, last.last_date, last.month) == (20260301, LAST, 202603)
    assert (last.payable_fen, last.carried_fen) == (6_700, 700)
    assert last_statement(town, LEFT_AT + 2 * HOUR) == last
    assert stands(town, last, LEFT_AT) is MonthState.STATEMENT_ISSUED

    # It objects to one line and accepts the rest, which claims what it forgot.
    row = row_of_day(town, last, DAYS[0])
    [line] = raise_objections(
        town.db, HERE, last.statement_id,
        [Objection(row, sold[1].ref, sold[1].fen + 300, "少三元")],
        by=OWNER, request_id=derived_request_id("object", last.statement_id), at=LEFT_AT + HOUR,
    )  # fmt: skip
    accept_statement(town.db, HERE, last.statement_id, by=OWNER, at=LEFT_AT + 2 * HOUR)
    assert owed(town) == 7_400

    # All of it is younger than its five days; then all is paid but the line in dispute, however little it is.
    with pytest.raises(Refusal, match="payout_held") as held:
        propose_payout(town.db, HERE, last.statement_id, by=ZHOU, at=LEFT_AT + 3 * HOUR)
    assert held.value.facts["recent_fen"]
    later = moment("2026-03-31 10:00")
    assert pay(town, last, later) == 4_700
    with pytest.raises(Refusal, match="payout_held"):
        propose_payout(town.db, HERE, last.statement_id, by=ZHOU, at=later)

    # The month closes: it has its statement. The dispute runs on into April, and is ruled on.
    run_night(town.db, HERE, 20260331, at=moment("2026-04-01 02:00"))
    [same] = run_month(town.db, HERE, 202603, at=moment("2026-04-05 09:00")).statements
    assert same.statement_id == last.statement_id
    later = moment("2026-04-06 10:00")
    rule_dispute(town.db, act(line, ZHOU, "uphold", at=later), Outcome.UPHELD)
    approve_ruling(town.db, act(line, CHIEF, "agree", at=later), fen=300)
    run_night(town.db, HERE, 20260430, at=moment("2026-05-01 02:00"))
    [april] = run_month(town.db, HERE, 202604, at=moment("2026-05-06 09:00")).statements

    assert (april.first_date, april.last_date) == (20260321, 20260430)
    with town.db.read() as tx:
        fixed = [r for r in rows_of(tx, HERE, april.statement_id) if r.section == "adjustment"]
    # What accepting claimed, and the ruling, each name the last statement's month.
    assert [(r.corrects_no, r.settled_fen) for r in fixed] == [
        (last.statement_no, 700), (last.statement_no, 300),
    ]  # fmt: skip
    accept_silent(town.db, HERE, at=moment("2026-05-20 00:30"))
    end = moment("2026-05-20 10:00")
    pay(town, april, end)
    assert owed(town) == 0
    assert {stands(town, last, end), stands(town, april, end)} == {MonthState.CLOSED}
    assert found_by_the_second_engine(town, end) <= planted


def test_claims_end_some_days_after_it_left_and_nothing_is_lost(town: Town) -> None:
    lived(town)
    go(town, days=2)
    till = town.tills[0]
    late = daybook(LAST, 3, [Planter(town.tills, seed=9).entry(LAST, till, fen=100)])

    with pytest.raises(Refusal, match="claims_over") as said:
        file_daybook(town.db, HERE, till.terminal_id, late, at=moment("2026-03-23 09:00"))
    assert said.value.facts == {"until_date": 20260322}
    assert file_daybook(town.db, HERE, till.terminal_id, late, at=moment("2026-03-22 09:00"))

    last = last_statement(town)
    accept_silent(town.db, HERE, at=moment("2026-03-31 00:30"))
    assert owed(town) == last.payable_fen + last.carried_fen


def test_an_owner_who_died_is_paid_to_the_account_two_people_agreed_to_since(town: Town) -> None:
    lived(town)
    go(town, "died")
    last = last_statement(town)
    at = moment("2026-04-06 10:00")
    accept_silent(town.db, HERE, at=at)

    with pytest.raises(Refusal, match="heirs_account_missing"):
        propose_payout(town.db, HERE, last.statement_id, by=ZHOU, at=at)
    number = town.db.write(lambda tx: payout_accounts.propose(tx, HERE, 1, HEIR, by=ZHOU, at=at))
    with pytest.raises(Refusal, match="approval_same_person"):
        town.db.write(lambda tx: payout_accounts.approve(tx, HERE, number, by=ZHOU, at=at))
    counts = town.db.write(lambda tx: payout_accounts.approve(tx, HERE, number, by=CHIEF, at=at))

    payout = propose_payout(
        town.db, HERE, last.statement_id, by=ZHOU, at=max(counts, at) + 6 * 24 * HOUR
    )
    assert payout.account_tail == HEIR.account_no[-4:]


def test_what_was_approved_before_its_owner_died_does_not_leave_for_their_account(
    town: Town,
) -> None:
    ready = approved(town)
    other = send_payout(town.db, None, HERE, ready.payout_id, by=CHIEF, at=AT)
    fail_payout(town.db, HERE, other.payout_id, by=ZHOU, why="closed", at=AT + HOUR)
    propose_again(town.db, HERE, other.payout_id, by=ZHOU, at=AT + HOUR)
    approve_payout(town.db, HERE, other.payout_id, by=CHIEF, at=AT + HOUR)
    died = Leave("died", LAST, 10, "died")
    town.db.write(lambda tx: leave(tx, HERE, 1, died, by=ZHOU, at=AT + 2 * HOUR))

    with pytest.raises(Refusal, match="heirs_account_missing"):
        send_payout(town.db, None, HERE, ready.payout_id, by=CHIEF, at=AT + 3 * HOUR)

    cancel_payout(town.db, HERE, ready.payout_id, by=ZHOU, why="heirs", at=AT + 3 * HOUR)


def test_a_leaving_is_noted_once_and_dated_right(town: Town) -> None:
    lived(town)

    def gone(**changes: Any) -> str:
        said = Leave("left", LAST, 10, "closed")._replace(**changes)
        try:
            town.db.write(lambda tx: leave(tx, HERE, 1, said, by=ZHOU, at=LEFT_AT))
        except Refusal as refusal:
            return refusal.code
        return ""

    assert gone(why=" ") == "why_missing"
    assert gone(left_on=20260322) == gone(cause="fled") == gone(claim_days=999) == "leaving_bad"
    with pytest.raises(Refusal, match="leaving_unknown"):
        last_statement(town)
    assert (gone(left_on=20260321), gone()) == ("", "merchant_left")
    with pytest.raises(Refusal, match="last_statement_early"):
        last_statement(town)
    with town.db.read() as tx:
        found = leaving_of(tx, HERE, 1)
    assert found is not None
    assert (found.left_on, found.claims_until) == (20260321, 20260331)


def test_without_the_day_the_shop_would_wait_for_the_months_end(db: Database, town: Town) -> None:
    """The control: a shop of which nobody noted a day has no last statement, and its month is whole."""
    lived(town)
    run_night(db, HERE, 20260331, at=moment("2026-04-01 02:00"))
    [march] = run_month(db, HERE, 202603, at=moment("2026-04-05 09:00")).statements
    assert march.last_date == 20260331
