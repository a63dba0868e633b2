"""A day killed, or failing, at any place: every state is kept, and run again it comes out the same."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from sqlite3 import IntegrityError, OperationalError
from typing import Any

import pytest

from ledger.database import Database
from ledger.sql import Sql, Tx
from settlement import day_trail, settle
from settlement.day_life import DayState
from settlement.lives import day_life
from settlement.night import run_night
from tests.settlement.test_night_altered import matched_sale
from tests.settlement.test_night_crash import few, rows_of_every_table
from tests.support.crash import die
from tests.support.engines import SqliteFiles
from tests.support.killing import PlantedError, Trials, broken_off, fail
from tests.support.night_plant import HOUR, into, midnight, next_day
from tests.support.town import HERE
from tests.support.trails import EVERY_ROW, states, trail, way

DAY = 20260302
AT = midnight(next_day(DAY)) + 2 * HOUR
WHOLE_DAY = ["cut_off", "intake", "matched", "reviewed", "balanced", "audited", "locked"]


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
    """The control: a shop that is posted but not noted as settled is posted again, and the night gets no further."""
    post = settle.post  # type: ignore[attr-defined]

    def in_two() -> None:
        def half(tx: Tx, posting: Any) -> int:
            made = post(tx, posting)
            tx.raw.execute("COMMIT")
            die()
            return made

        settle.post = half  # type: ignore[attr-defined]

    with closing(day_trials.killed("halved", 0, in_two)) as db:
        with pytest.raises(IntegrityError, match=r"txn\.request_id"):
            night(db)
        with db.read() as tx:
            assert day_life(tx, HERE, DAY).failure == ("balanced", "IntegrityError", "shop:1")


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


def test_where_the_failure_cannot_be_kept_the_first_error_is_raised_and_says_so(
    day_trials: Trials, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(day_trail, "note_failure", full)
    with closing(day_trials.copy("full")) as db, pytest.raises(PlantedError) as caught:
        run_night(db, HERE, DAY, at=AT, after_step=lambda _step: fail())
    assert caught.value.__notes__ == ["This failure could not be kept: OperationalError"]


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
