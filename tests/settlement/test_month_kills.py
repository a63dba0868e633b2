"""A month killed, or failing, at any place: every state is kept, and gone on with it comes out the same."""

from __future__ import annotations

from contextlib import closing
from sqlite3 import OperationalError
from typing import Any

import pytest

from ledger.book.balances import account_sum
from ledger.book.chart import Account
from ledger.database import Database
from ledger.sql import Sql, Tx
from ledger.units import CNY
from settlement import month_trail, payout_store
from settlement.closing import accept_silent, run_month
from settlement.month_trail import close_life
from settlement.payout_store import Payout, payouts_of_statement
from settlement.payouts import (
    approve_payout,
    confirm_payout,
    fail_payout,
    propose_again,
    propose_payout,
    send_payout,
)
from settlement.statements import get_statement, statements_of_month
from tests.settlement.test_month import ISSUED_AT, live_march
from tests.support.crash import die
from tests.support.engines import SqliteFiles
from tests.support.killing import PlantedError, Trials, broken_off, fail
from tests.support.objections import CHIEF, SILENT_AT, ZHOU
from tests.support.town import HERE, build_town
from tests.support.trails import EVERY_ROW, trail

WHOLE_CLOSE = ["begun", "shared", "stated", "sealed", "closed"]
WHOLE_MONTH = [
    "collecting", "statement_issued", "objection_window", "deemed_accepted",
    "payout_proposed", "payout_approved", "sent", "failed",
    "payout_proposed", "payout_approved", "sent", "closed", "returned",
    "payout_proposed", "payout_approved", "sent", "closed",
]  # fmt: skip
EVENTS = Sql(
    "SELECT state, attempt, CASE WHEN txn_id IS NULL THEN 0 ELSE 1 END AS posted FROM payout_event"
    " WHERE community_id = :community_id ORDER BY payout_id, event_no"
)


def take_on(db: Database, payout: Payout) -> bool:
    """Do what comes next with a payout, as an office that looks does; it arrives at the third try, and is over."""
    key = (db, HERE, payout.payout_id)
    match payout.state, payout.attempt:
        case "proposed", _:
            approve_payout(*key, by=CHIEF, at=SILENT_AT)
        case "approved", _:
            send_payout(db, None, HERE, payout.payout_id, by=ZHOU, at=SILENT_AT)
        case ("sent", 1) | ("confirmed", 2):
            fail_payout(*key, by=ZHOU, why="bank", at=SILENT_AT)
        case "sent", _:
            confirm_payout(*key, by=ZHOU, at=SILENT_AT)
        case (("failed" | "returned"), _):
            propose_again(*key, by=ZHOU, at=SILENT_AT)
        case _:
            return False
    return True


def pay_on(db: Database) -> None:
    with db.read() as tx:
        (statement,) = statements_of_month(tx, HERE, 202603)
        here = (HERE, statement.statement_id)
        made = payouts_of_statement(tx, *here)
    if not made:
        propose_payout(db, *here, by=ZHOU, at=SILENT_AT)
    while True:
        with db.read() as tx:
            (payout,) = payouts_of_statement(tx, *here)
        if not take_on(db, payout):
            return


def whole_month(db: Database) -> None:
    run_month(db, HERE, 202603, at=ISSUED_AT)
    accept_silent(db, HERE, at=SILENT_AT)
    pay_on(db)


@pytest.fixture(scope="module")
def month_trials(sqlite_files: SqliteFiles, tmp_path_factory: pytest.TempPathFactory) -> Trials:
    path = tmp_path_factory.mktemp("months") / "month.db"
    town = build_town(Database(sqlite_files.copy_to(path)), people=1, shops=2, fund_fen=100_000_000)
    town.grant(1, 10**10)
    live_march(town)
    town.db.close()
    return Trials(path, whole_month)


def month_stands(db: Database) -> tuple[Any, ...]:
    whole_month(db)
    with db.read() as tx:
        (statement,) = statements_of_month(tx, HERE, 202603)
        month = trail(tx, "month", 202603, statement.claimant_id)
        close = trail(tx, "close", 202603)
        book = [tuple(row) for row in tx.all(EVERY_ROW, community_id=HERE)]
        events = [tuple(row) for row in tx.all(EVENTS, community_id=HERE)]
        bare = [(s.state, s.by_kind, s.by_id, s.at, bool(s.row_key)) for s in month]
        stated = get_statement(tx, HERE, statement.statement_id)
        owed = account_sum(tx, HERE, Account.PAYABLE, CNY, statement.claimant_id)
    return bare, [tuple(step) for step in close], book, events, stated, owed


def undisturbed_month(trials: Trials) -> tuple[Any, ...]:
    with closing(trials.copy("undisturbed")) as db:
        found = month_stands(db)
    assert [row[0] for row in found[0]] == WHOLE_MONTH
    assert [row[0] for row in found[1]] == WHOLE_CLOSE
    assert (found[4].state, found[5]) == ("deemed", 500)  # claimed by silence: the next statement's
    return found


def kill_months(trials: Trials, every: int) -> None:
    wanted = undisturbed_month(trials)
    for at in range(1, trials.places() + 1, every):
        with closing(trials.killed(f"killed{at}", at)) as db:
            assert month_stands(db) == wanted, f"killed at place {at}"


def test_a_month_killed_at_some_places_and_gone_on_with_comes_out_the_same(
    month_trials: Trials,
) -> None:
    kill_months(month_trials, 11)


@pytest.mark.proof
@pytest.mark.timeout(7200)
def test_a_month_killed_at_every_place_and_gone_on_with_comes_out_the_same(
    month_trials: Trials,
) -> None:
    kill_months(month_trials, 1)


def test_where_a_payout_moves_and_posts_in_two_transactions_the_killed_month_goes_wrong(
    month_trials: Trials,
) -> None:
    """The control: the state of a payout and its yuan stand and fall together."""
    wanted = undisturbed_month(month_trials)
    post = payout_store._post

    def in_two() -> None:
        def half(tx: Tx, *args: Any, **more: Any) -> int:
            tx.raw.execute("COMMIT")
            die()
            return post(tx, *args, **more)

        payout_store._post = half

    with closing(month_trials.killed("halved", 0, in_two)) as db:
        found = month_stands(db)
    assert (("sent", 1, 1) in wanted[3], ("sent", 1, 1) in found[3]) == (True, False)
    assert found[5] == wanted[5] + 1_000  # the payout's 10.00 yuan came back and had never gone


@pytest.mark.parametrize(
    ("planted", "step", "row"),
    [
        ("shared", "shared", ""),
        ("stated:1", "stated", "shop:1"),
        ("stated", "stated", "shop:1"),
        ("sealed", "sealed", ""),
    ],
)
def test_a_close_that_fails_keeps_step_reason_and_row_and_goes_on_there(
    month_trials: Trials, planted: str, step: str, row: str
) -> None:
    wanted = undisturbed_month(month_trials)

    def plant(done: str) -> None:
        if done == planted:
            fail()

    with closing(month_trials.copy(f"failed-{planted.replace(':', '-')}")) as db:
        with pytest.raises(PlantedError):
            run_month(db, HERE, 202603, at=ISSUED_AT, after_step=plant)
        with db.read() as tx:
            assert close_life(tx, HERE, 202603) == ("failed", (step, "PlantedError", row))
        found = month_stands(db)
        with db.read() as tx:
            assert close_life(tx, HERE, 202603) == ("closed", None)
    assert [one[0] for one in found[1] if one[0] != "failed"] == WHOLE_CLOSE
    assert (found[0], found[2:]) == (wanted[0], wanted[2:])


def test_where_a_close_cannot_keep_its_failure_the_first_error_is_raised_and_says_so(
    month_trials: Trials, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OperationalError("database or disk is full")

    def plant(done: str) -> None:
        if done == "shared":
            fail()

    monkeypatch.setattr(month_trail, "note_failure", full)
    with closing(month_trials.copy("full")) as db, pytest.raises(PlantedError) as caught:
        run_month(db, HERE, 202603, at=ISSUED_AT, after_step=plant)
    assert caught.value.__notes__ == ["This failure could not be kept: OperationalError"]


def fail_months(trials: Trials, every: int) -> None:
    wanted = undisturbed_month(trials)
    for at in range(1, trials.places() + 1, every):
        with closing(trials.copy(f"failing{at}")) as db:
            with broken_off(at, fail), pytest.raises(PlantedError):
                whole_month(db)
            found = month_stands(db)
            assert [one[0] for one in found[1] if one[0] != "failed"] == WHOLE_CLOSE
            assert (found[0], found[2:]) == (wanted[0], wanted[2:]), f"failed at place {at}"


def test_a_month_failing_at_some_places_comes_out_the_same(month_trials: Trials) -> None:
    fail_months(month_trials, 11)


@pytest.mark.proof
@pytest.mark.timeout(7200)
def test_a_month_failing_at_every_place_comes_out_the_same(month_trials: Trials) -> None:
    fail_months(month_trials, 1)
