"""Days and months killed, or failing, at any place: every state is kept, and run again they come out the same."""

from __future__ import annotations

from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from ledger.book.balances import account_sum
from ledger.book.chart import Account
from ledger.database import Database
from ledger.sql import Sql, Tx
from ledger.units import CNY
from settlement import day_trail, payout_store, settle
from settlement.closing import accept_silent, run_month
from settlement.day_life import DayState
from settlement.life_trail import LifeStep, Subject, trail_of
from settlement.lives import day_life
from settlement.month_trail import close_life
from settlement.night import run_night
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
from tests.settlement.test_night_altered import matched_sale
from tests.settlement.test_night_crash import few, rows_of_every_table
from tests.support.crash import die
from tests.support.engines import SqliteFiles
from tests.support.killing import PlantedError, Trials, broken_off, fail
from tests.support.night_plant import HOUR, into, midnight, next_day
from tests.support.objections import CHIEF, SILENT_AT, ZHOU
from tests.support.town import HERE, build_town

DAY = 20260302
AT = midnight(next_day(DAY)) + 2 * HOUR
WHOLE_DAY = ["cut_off", "intake", "matched", "reviewed", "balanced", "audited", "locked"]
WHOLE_CLOSE = ["begun", "shared", "stated", "sealed", "closed"]
WHOLE_MONTH = [
    "collecting", "statement_issued", "objection_window", "deemed_accepted",
    "payout_proposed", "payout_approved", "sent", "failed",
    "payout_proposed", "payout_approved", "sent", "closed", "returned",
    "payout_proposed", "payout_approved", "sent", "closed",
]  # fmt: skip
EVERY_ROW = Sql(
    "SELECT a.kind, a.commodity, a.owner_id, sum(CASE WHEN t.credit_id = a.account_id THEN t.amount"
    " ELSE -t.amount END) AS total FROM account a JOIN transfer t ON t.community_id = a.community_id"
    " AND (t.debit_id = a.account_id OR t.credit_id = a.account_id)"
    " WHERE a.community_id = :community_id GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
)
EVENTS = Sql(
    "SELECT state, attempt, CASE WHEN txn_id IS NULL THEN 0 ELSE 1 END AS posted FROM payout_event"
    " WHERE community_id = :community_id ORDER BY payout_id, event_no"
)


def trail(tx: Tx, subject: str, period: int, shop: int = 0) -> list[LifeStep]:
    return trail_of(tx, Subject(HERE, subject, period, shop))  # type: ignore[arg-type]


def states(steps: list[LifeStep]) -> list[str]:
    return [step.state for step in steps]


def way(steps: list[LifeStep]) -> list[str]:
    """The states without the failures, after each of which the step it failed in is taken once more."""
    return [state for state, _ in groupby(one for one in states(steps) if one != "failed")]


# ---- the day


def night(db: Database) -> None:
    run_night(db, HERE, DAY, at=AT)


@pytest.fixture(scope="module")
def day_trials(sqlite_files: SqliteFiles, tmp_path_factory: pytest.TempPathFactory) -> Trials:
    path = tmp_path_factory.mktemp("days") / "day.db"
    town, _ = few(Database(sqlite_files.copy_to(path)))
    town.db.close()
    return Trials(path, night)


def day_stands(db: Database) -> tuple[Any, ...]:
    night(db)
    with db.read() as tx:
        steps = trail(tx, "day", DAY)
        book = [tuple(row) for row in tx.all(EVERY_ROW, community_id=HERE)]
        run = tuple(
            tx.get(Sql("SELECT run_id, digest, state FROM night_run WHERE community_id = 1"))
        )
    return steps, book, run, rows_of_every_table(db)


def undisturbed_day(trials: Trials) -> tuple[Any, ...]:
    with closing(trials.copy("undisturbed")) as db:
        found = day_stands(db)
    assert states(found[0]) == WHOLE_DAY
    return found


def kill_days(trials: Trials, every: int) -> None:
    wanted = undisturbed_day(trials)
    for at in range(1, trials.places() + 1, every):
        with closing(trials.killed(f"killed{at}", at)) as db:
            assert day_stands(db) == wanted, f"killed at place {at}"


def test_a_day_killed_at_some_places_and_run_again_comes_out_the_same(day_trials: Trials) -> None:
    kill_days(day_trials, 9)


@pytest.mark.proof
@pytest.mark.timeout(7200)
def test_a_day_killed_at_every_place_and_run_again_comes_out_the_same(day_trials: Trials) -> None:
    kill_days(day_trials, 1)


def test_where_a_shop_is_settled_in_two_transactions_the_killed_day_goes_wrong(
    day_trials: Trials,
) -> None:
    """The control: what a kill finds whole is whole because it is written in one."""
    wanted = undisturbed_day(day_trials)
    post = settle.post  # type: ignore[attr-defined]

    def in_two() -> None:
        def half(tx: Tx, posting: Any) -> int:
            made = post(tx, posting)
            tx.raw.execute("COMMIT")
            die()
            return made

        settle.post = half  # type: ignore[attr-defined]

    with closing(day_trials.killed("halved", 0, in_two)) as db:
        try:
            found = day_stands(db)
        except Exception:  # noqa: BLE001 - however it goes wrong
            return
    assert found != wanted


STEP_OF = {
    "sealed": ("cut_off", ""), "begun": ("intake", ""), "matched": ("matched", ""),
    "reviewed": ("reviewed", ""), "settled:2": ("balanced", "shop:2"),
    "audited": ("audited", ""), "passed": ("audited", ""),
}  # fmt: skip


@pytest.mark.parametrize("planted", STEP_OF)
def test_a_day_that_fails_keeps_step_reason_and_row_and_goes_on_there(
    day_trials: Trials, planted: str
) -> None:
    wanted = undisturbed_day(day_trials)

    def plant(step: str) -> None:
        if step == planted:
            fail()

    with closing(day_trials.copy(f"failed-{planted.replace(':', '-')}")) as db:
        with pytest.raises(PlantedError):
            run_night(db, HERE, DAY, at=AT, after_step=plant)
        with db.read() as tx:
            life = day_life(tx, HERE, DAY)
        assert life.state is DayState.FAILED
        assert life.failure == (STEP_OF[planted][0], "PlantedError", STEP_OF[planted][1])
        steps, *rest = day_stands(db)
        with db.read() as tx:
            assert day_life(tx, HERE, DAY).state is DayState.LOCKED
    assert way(steps) == WHOLE_DAY
    assert states(steps).count("failed") == 1
    assert rest[:2] == list(wanted[1:3])


def fail_days(trials: Trials, every: int) -> None:
    wanted = undisturbed_day(trials)
    for at in range(1, trials.places() + 1, every):
        with closing(trials.copy(f"failing{at}")) as db:
            with broken_off(at, fail), pytest.raises(PlantedError):
                night(db)
            steps, *rest = day_stands(db)
            kept = [step.failed_step for step in steps if step.state == "failed"]
            # A night whose lock is written is over, whatever comes behind it.
            assert len(kept) == 1 or (not kept and at == trials.places()), f"failed at place {at}"
            assert set(kept) <= {state.value for state in DayState}
            assert rest[:2] == list(wanted[1:3]), f"failed at place {at}"


def test_a_day_failing_at_some_places_comes_out_the_same(day_trials: Trials) -> None:
    fail_days(day_trials, 9)


@pytest.mark.proof
@pytest.mark.timeout(7200)
def test_a_day_failing_at_every_place_comes_out_the_same(day_trials: Trials) -> None:
    fail_days(day_trials, 1)


def test_without_keeping_the_failure_nobody_would_know_where_the_day_stands(
    day_trials: Trials, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the same fault, and the day looks as if it were on its way."""
    monkeypatch.setattr(day_trail, "note_failure", lambda *_, **__: None)

    def plant(step: str) -> None:
        if step == "settled:2":
            fail()

    with closing(day_trials.copy("unkept")) as db:
        with pytest.raises(PlantedError):
            run_night(db, HERE, DAY, at=AT, after_step=plant)
        with db.read() as tx:
            assert day_life(tx, HERE, DAY).state is DayState.REVIEWED


def test_a_night_with_a_broken_sum_stands_stopped_wherever_it_was_killed(
    sqlite_files: SqliteFiles, tmp_path: Path
) -> None:
    """No night goes on to settle what it had found broken because it died before it could say so."""
    town, day = few(Database(sqlite_files.copy_to(tmp_path / "broken.db")))
    ref = matched_sale(day).ref
    into(town.db, f"UPDATE offset_booked SET fen = fen - 100 WHERE ref = '{ref}'")
    town.db.close()
    trials = Trials(tmp_path / "broken.db", night)
    for at in range(1, trials.places() + 1, 2):
        with closing(trials.killed(f"killed{at}", at)) as db:
            night(db)
            with db.read() as tx:
                life, steps = day_life(tx, HERE, DAY), trail(tx, "day", DAY)
            assert life == (DayState.FAILED, ("matched", "C2 offset_rate", ref)), at
            assert states(steps) == ["cut_off", "intake", "failed"], at


# ---- the month


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
        try:
            found = month_stands(db)
        except Exception:  # noqa: BLE001 - however it goes wrong
            return
    assert found != wanted


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
