"""Offsets that the night before took in while their own day was not over: they wait, and nothing of them is lost."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from ledger.audit import By
from ledger.book.balances import account_sum
from ledger.book.chart import Account
from ledger.database import Database
from ledger.sql import Sql
from ledger.units import CNY
from settlement.choices import Choice
from settlement.claims import file_daybook
from settlement.closing import accept_statement, run_month
from settlement.decisions import Press, decide
from settlement.discrepancies import open_discrepancies
from settlement.night import run_night
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
from tests.support.town import HERE, Town, build_town, moment

LAST, FIRST = 20260331, 20260401
STATES = Sql("SELECT code, state FROM discrepancy WHERE community_id = :community_id ORDER BY 1, 2")


@dataclass
class Midnight:
    """A shop with two tills; each sold 5.00 in points just after midnight, before the night of the day before."""

    town: Town
    planter: Planter
    sold: list[Entry]

    def file(self, till: int, day: int, batch_no: int, lines: list[Entry]) -> None:
        """A till files a day."""
        batch = daybook(day, batch_no, lines)
        file_daybook(
            self.town.db,
            HERE,
            self.town.tills[till].terminal_id,
            batch,
            at=midnight(day) + 22 * HOUR,
        )

    def night(self, day: int) -> None:
        """At two in the morning."""
        result = run_night(self.town.db, HERE, day, at=midnight(next_day(day)) + 2 * HOUR)
        assert result.state == "locked"

    def payable(self) -> int:
        """Fen owed to the shop."""
        with self.town.db.read() as tx:
            return account_sum(tx, HERE, Account.PAYABLE, CNY, 1)

    def states(self) -> list[tuple[str, str]]:
        """What the nights found and what became of it."""
        with self.town.db.read() as tx:
            return [(row.code, row.state) for row in tx.all(STATES, community_id=HERE)]


@pytest.fixture
def after_midnight(db: Database) -> Midnight:
    town = build_town(db, people=1, shops=1, tills_each=2, fund_fen=1_000_000)
    town.grant(1, 10**12)
    planter = Planter(town.tills, seed=3)
    town.at = midnight(LAST) + 6 * HOUR
    reserve_cover(town, 100_000)
    sold = [planter.entry(FIRST, till, fen=500, hour=1) for till in town.tills]
    book(town, sold)
    made = Midnight(town, planter, sold)
    made.night(LAST)
    return made


def close_march(after_midnight: Midnight) -> None:
    """A month closes after those before it; nothing of the two sales belongs to March."""
    at = moment("2026-04-02 09:00")
    (march,) = run_month(after_midnight.town.db, HERE, 202603, at=at).statements
    accept_statement(after_midnight.town.db, HERE, march.statement_id, by=By("merchant", 1), at=at)
    assert after_midnight.payable() == 0


def test_what_was_never_claimed_is_paid_with_the_accepted_statement(
    after_midnight: Midnight,
) -> None:
    other = [
        after_midnight.planter.entry(FIRST, till, fen=100) for till in after_midnight.town.tills
    ]
    for till in (0, 1):
        after_midnight.file(till, FIRST, 1, [other[till]])
    after_midnight.night(FIRST)
    after_midnight.night(20260430)
    close_march(after_midnight)
    at = moment("2026-05-06 09:00")
    (statement,) = run_month(after_midnight.town.db, HERE, 202604, at=at).statements
    assert (statement.carried_fen, after_midnight.payable()) == (1000, 0)

    accept_statement(
        after_midnight.town.db, HERE, statement.statement_id, by=By("merchant", 1), at=at
    )

    assert after_midnight.payable() == 1000
    assert after_midnight.states() == [("X1", "open")] * 2 + [("X2", "decided")] * 2


def test_a_statement_does_not_claim_what_was_sold_after_its_last_midnight(
    after_midnight: Midnight,
) -> None:
    at = moment("2026-04-01 09:00")
    (statement,) = run_month(after_midnight.town.db, HERE, 202603, at=at).statements
    assert statement.carried_fen == 1000

    accept_statement(
        after_midnight.town.db, HERE, statement.statement_id, by=By("merchant", 1), at=at
    )

    assert after_midnight.payable() == 0


def test_paying_a_day_without_a_file_as_booked_pays_them_too(after_midnight: Midnight) -> None:
    after_midnight.night(FIRST)
    with after_midnight.town.db.read() as tx:
        (missing,) = open_discrepancies(tx, HERE)
    assert (missing.code, missing.terminal_id) == ("C1", 0)

    press = Press(
        HERE, missing.discrepancy_no, Choice.PAY_BOOKED, By("staff", 11), "no tablet", "p1"
    )
    said = decide(
        after_midnight.town.db,
        press,
        may_decide=lambda _tx, _row: None,
        at=moment("2026-04-02 09:00"),
    )

    assert (said["posted_fen"], after_midnight.payable()) == (1000, 1000)


def test_a_missing_file_of_the_whole_shop_is_explained_when_each_till_files(
    after_midnight: Midnight,
) -> None:
    after_midnight.night(FIRST)
    for till in (0, 1):
        after_midnight.file(till, FIRST, 1, [after_midnight.sold[till]])

    after_midnight.night(next_day(FIRST))

    assert after_midnight.states() == [("C1", "auto_cleared")]
    assert after_midnight.payable() == 1000


def test_a_night_with_wrong_totals_of_several_tills_comes_to_its_end(db: Database) -> None:
    town = build_town(db, people=1, shops=2, tills_each=2, fund_fen=1_000_000)
    planter = Planter(town.tills, seed=3)
    for till in town.tills:
        wrong = daybook(LAST, 1, [planter.entry(LAST, till, fen=100)], offset_fen_plus=1)
        file_daybook(db, HERE, till.terminal_id, wrong, at=midnight(LAST) + 22 * HOUR)

    result = run_night(db, HERE, LAST, at=midnight(FIRST) + 2 * HOUR)

    assert (result.state, result.count("C1")) == ("locked", 4)
