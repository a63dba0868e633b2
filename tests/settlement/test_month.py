"""A month's statements: numbered, frozen, adding up; silence claims what the book owes."""

from __future__ import annotations

import pytest

from ledger.audit import By
from ledger.book.balances import account_sum
from ledger.book.chart import Account
from ledger.errors import Refusal
from ledger.sql import Sql, Tx
from ledger.units import CNY
from settlement import closing
from settlement.claims import file_daybook
from settlement.closing import accept_silent, accept_statement, object_to, run_month
from settlement.night import run_night
from settlement.statements import Statement, overdue_statements, rows_of
from tests.support.night_plant import (
    HOUR,
    Planter,
    book,
    daybook,
    midnight,
    next_day,
    reserve_cover,
)
from tests.support.town import HERE, Town, moment

LAST_DAYS = (20260330, 20260331)
STAFF = By("staff", 11)
STATES = Sql(
    "SELECT code, state, decision FROM discrepancy WHERE community_id = :community_id ORDER BY 1"
)


def live_march(town: Town, *, unclaimed: bool = True) -> dict[str, int]:
    """Two days at the end of March: 10.00 settled, 5.00 booked and (perhaps) never claimed."""
    planter = Planter(town.tills, seed=5)
    till = town.tills[0]
    first, second = LAST_DAYS
    paid = planter.entry(first, till, fen=1000)
    forgotten = planter.entry(second, till, fen=500)
    for number, day in enumerate(LAST_DAYS, start=1):
        town.at = midnight(day) + 6 * HOUR
        reserve_cover(town, 100_000)
        sale = paid if day == first else forgotten
        book(town, [sale])
        lines = [] if day == second and unclaimed else [sale]
        extra = [planter.entry(day, till, fen=100)] if not lines else []
        file_daybook(
            town.db, HERE, till.terminal_id, daybook(day, number, lines + extra), at=town.at
        )
        run_night(town.db, HERE, day, at=midnight(next_day(day)) + 2 * HOUR)
    return {"paid": paid.fen, "forgotten": forgotten.fen}


def payable(town: Town, shop: int = 1) -> int:
    with town.db.read() as tx:
        return account_sum(tx, HERE, Account.PAYABLE, CNY, shop)


ISSUED_AT = moment("2026-04-05 09:00")


def test_a_statement_says_what_was_booked_claimed_carried_and_owed(town: Town) -> None:
    live_march(town)

    result = run_month(town.db, HERE, 202603, at=ISSUED_AT)

    (statement,) = result.statements
    assert (statement.statement_no, statement.claimant_id, result.issued) == (1, 1, 1)
    assert (statement.booked_fen_plus, statement.settled_fen_plus) == (1500, 1000)
    assert (statement.carried_fen, statement.payable_fen, statement.opening_fen) == (500, 1000, 0)
    # Five working days after Sunday 5 April: Monday the 6th is the Qingming holiday.
    assert statement.objection_until == 20260413
    with town.db.read() as tx:
        rows = rows_of(tx, HERE, statement.statement_id)
    assert [row.section for row in rows] == ["day", "day", "discrepancy", "discrepancy", "carried"]
    assert [row.code for row in rows if row.section == "discrepancy"] == ["X1", "X2"]


def test_issued_twice_a_statement_stays_the_same(town: Town) -> None:
    live_march(town)
    first = run_month(town.db, HERE, 202603, at=ISSUED_AT)

    again = run_month(town.db, HERE, 202603, at=ISSUED_AT + 24 * HOUR)

    assert again.statements == first.statements
    assert again.issued == 0


def test_silence_accepts_nothing_a_shop_objects_to_at_that_moment(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    live_march(town)
    (statement,) = run_month(town.db, HERE, 202603, at=ISSUED_AT).statements
    at = moment("2026-04-14 00:30")

    def speak(tx: Tx, community_id: int, *, today: int) -> list[Statement]:
        overdue = overdue_statements(tx, community_id, today=today)
        shop = By("merchant", 1)
        object_to(town.db, HERE, statement.statement_id, by=shop, why="少了一笔", at=at)
        return overdue

    monkeypatch.setattr(closing, "overdue_statements", speak)

    assert accept_silent(town.db, HERE, at=at) == []
    assert payable(town) == 1000


def test_a_month_whose_last_night_is_not_locked_waits(town: Town) -> None:
    live_march(town)

    with pytest.raises(Refusal, match="month_not_closed"):
        run_month(town.db, HERE, 202604, at=moment("2026-05-05 09:00"))
    with pytest.raises(Refusal, match="month_bad"):
        run_month(town.db, HERE, 202613, at=ISSUED_AT)


@pytest.mark.parametrize("words", ["accepted", "silence"])
def test_accepting_a_statement_claims_what_the_book_owes(town: Town, words: str) -> None:
    live_march(town)
    (statement,) = run_month(town.db, HERE, 202603, at=ISSUED_AT).statements
    assert payable(town) == 1000

    if words == "accepted":
        accept_statement(town.db, HERE, statement.statement_id, by=By("merchant", 1), at=ISSUED_AT)
    else:
        assert accept_silent(town.db, HERE, at=moment("2026-04-13 23:00")) == []
        (deemed,) = accept_silent(town.db, HERE, at=moment("2026-04-14 00:30"))
        assert deemed.state == "deemed"

    assert payable(town) == 1500
    with town.db.read() as tx:
        states = [(r.code, r.state, r.decision) for r in tx.all(STATES, community_id=HERE)]
    assert states == [("X1", "pooled", None), ("X2", "decided", "statement")]
    with pytest.raises(Refusal, match="statement_ended"):
        accept_statement(town.db, HERE, statement.statement_id, by=STAFF, at=ISSUED_AT)


def test_what_silence_claimed_stands_in_the_next_month_as_an_adjustment(town: Town) -> None:
    live_march(town)
    run_month(town.db, HERE, 202603, at=ISSUED_AT)
    accept_silent(town.db, HERE, at=moment("2026-04-14 00:30"))
    run_night(town.db, HERE, 20260430, at=moment("2026-05-01 02:00"))

    (april,) = run_month(town.db, HERE, 202604, at=moment("2026-05-06 09:00")).statements

    assert (april.statement_no, april.opening_fen) == (2, 1000)
    assert (april.adjusted_fen_plus, april.payable_fen, april.carried_fen) == (500, 1500, 0)
    with town.db.read() as tx:
        rows = rows_of(tx, HERE, april.statement_id)
    assert [(r.section, r.settled_fen) for r in rows if r.section == "adjustment"] == [
        ("adjustment", 500)
    ]


def test_a_statement_objected_to_is_not_accepted_by_silence(town: Town) -> None:
    live_march(town)
    (statement,) = run_month(town.db, HERE, 202603, at=ISSUED_AT).statements

    object_to(town.db, HERE, statement.statement_id, by=By("merchant", 1), why="5.00", at=ISSUED_AT)

    assert accept_silent(town.db, HERE, at=moment("2026-05-14 00:30")) == []


def test_a_month_before_the_book_or_before_a_closed_month_is_not_closed(town: Town) -> None:
    live_march(town)
    for earlier in (202602, 202511):
        with pytest.raises(Refusal, match="month_passed"):
            run_month(town.db, HERE, earlier, at=ISSUED_AT)
    run_month(town.db, HERE, 202603, at=ISSUED_AT)
    # Closed after March it would take what came in since for its own, and April would lack it.
    with pytest.raises(Refusal, match="month_passed"):
        run_month(town.db, HERE, 202602, at=ISSUED_AT)
    assert run_month(town.db, HERE, 202603, at=ISSUED_AT).issued == 0
