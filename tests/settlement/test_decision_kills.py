"""Killed anywhere while differences are asked about, answered, decided, proposed, agreed to and decided in bulk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from ledger.audit import By
from ledger.book import requests
from ledger.database import Database
from ledger.sql import Sql, Tx
from settlement import decisions, shop_answers
from settlement.bulk import do_each
from settlement.choices import Choice
from settlement.decisions import Press, approve, decide, turn_down
from settlement.shop_answers import answer_question
from tests.settlement.test_decisions import AT, CHIEF, ZHOU, Case, anybody, one_case
from tests.support.crash import die
from tests.support.engines import SqliteFiles
from tests.support.town import HERE, Town

_FORK = get_context("fork")
SHOP = By("merchant", 5)
_ACTS = Sql(
    "SELECT discrepancy_no, act_no, verb, choice, state, by_id, fen, units,"
    " CASE WHEN txn_id IS NULL THEN 0 ELSE 1 END AS posted FROM discrepancy_act"
    " WHERE community_id = :here ORDER BY discrepancy_no, act_no"
)
_STATES = Sql(
    "SELECT code, state, decision, posted_fen FROM discrepancy WHERE community_id = :here ORDER BY code"
)
_AUDIT = Sql("SELECT count(*) AS n FROM audit WHERE community_id = :here")


def press(case: Case, code: str, choice: Choice, name: str, by: By = ZHOU) -> Press:
    return Press(HERE, case.no[code], choice, by, "小票已核对", name)


def whole_day(case: Case) -> None:
    """Asked, answered, paid; proposed, refused, proposed and agreed to; the rest in bulk, one of them refused."""
    db = case.town.db
    decide(db, press(case, "X2", Choice.ASK_SHOP, "ask"), may_decide=anybody, at=AT)

    def answered(tx: Tx) -> dict[str, Any]:
        answer_question(tx, HERE, 1, case.no["X2"], why="有小票", by=SHOP, at=AT)
        return {}

    requests.once(db, HERE, "answer", kind="answer", body={}, at=AT, work=answered)
    decide(db, press(case, "X2", Choice.PAY_BOOKED, "pay"), may_decide=anybody, at=AT)
    decide(db, press(case, "X1", Choice.PAY_CLAIMED, "propose"), may_decide=anybody, at=AT)
    turn_down(db, press(case, "X1", Choice.PAY_CLAIMED, "no", CHIEF), may_decide=anybody, at=AT)
    decide(db, press(case, "X1", Choice.PAY_CLAIMED, "again"), may_decide=anybody, at=AT)
    approve(db, press(case, "X1", Choice.PAY_CLAIMED, "yes", CHIEF), may_decide=anybody, at=AT)
    many = [
        press(case, code, Choice.PAY_BOOKED, f"bulk {code}") for code in ("V1", "X2", "V2", "X3")
    ]
    do_each(db, many, second=False, may_decide=anybody, at=AT)


def how_it_stands(case: Case) -> tuple[Any, ...]:
    with case.town.db.read() as tx:
        acts = [tuple(row) for row in tx.all(_ACTS, here=HERE)]
        states = [tuple(row) for row in tx.all(_STATES, here=HERE)]
        return acts, states, int(tx.get(_AUDIT, here=HERE).n), case.money()


def dying(at: int) -> Callable[[], int]:
    """Make the product count its steps, before and after each, and die at number `at`; returns how many there were."""
    count = 0

    def tick() -> None:
        nonlocal count
        count += 1
        if count == at:
            die()

    def around(original: Callable[..., Any]) -> Callable[..., Any]:
        def run_it(*args: Any, **more: Any) -> Any:
            tick()
            result = original(*args, **more)
            tick()
            return result

        return run_it

    for module, name in (
        (decisions, "note_act"),
        (shop_answers, "note_act"),
        (decisions, "post_effect"),
        (decisions, "end_item"),
        (requests, "once"),
    ):
        vars(module)[name] = around(vars(module)[name])
    return lambda: count


class Days:
    """A night kept as a file, of which every trial lives the day after."""

    def __init__(self, files: SqliteFiles, folder: Path) -> None:
        """Live the night once."""
        self.folder = folder
        self.case = one_case(Database(files.copy_to(folder / "night.db")))
        self.case.town.db.close()

    def copy(self, name: str) -> Case:
        """The night in a file of its own."""
        path = self.folder / f"{name}.db"
        shutil.copy(self.folder / "night.db", path)
        return self.opened(name)

    def opened(self, name: str) -> Case:
        """A copy as it was left."""
        db = Database(f"sqlite:///{self.folder / name}.db")
        return Case(Town(**{**vars(self.case.town), "db": db}), self.case.no)

    def lived(self, name: str, at: int) -> tuple[int, int]:
        """Live a copy in a process that dies at its step `at`; how it exited, and its steps where it lived on."""
        self.copy(name).town.db.close()
        read, write = os.pipe()

        def work() -> None:
            counted = dying(at)
            with closing(Database(f"sqlite:///{self.folder / name}.db")) as db:
                whole_day(Case(Town(**{**vars(self.case.town), "db": db}), self.case.no))
            os.write(write, str(counted()).encode())

        child = _FORK.Process(target=work)
        child.start()
        child.join()
        steps = int(os.read(read, 20)) if child.exitcode == 0 else 0
        os.close(read)
        os.close(write)
        return child.exitcode or 0, steps


@pytest.fixture(scope="module")
def days(sqlite_files: SqliteFiles, tmp_path_factory: pytest.TempPathFactory) -> Days:
    return Days(sqlite_files, tmp_path_factory.mktemp("days"))


def check_from(days: Days, every: int) -> None:
    whole = days.copy("undisturbed")
    whole_day(whole)
    wanted = how_it_stands(whole)
    exit_code, steps = days.lived("counted", 0)
    assert exit_code == 0
    for at in range(1, steps + 1, every):
        name = f"killed{at}"
        assert days.lived(name, at)[0] == -9, f"step {at} was never reached"
        case = days.opened(name)
        whole_day(case)
        assert how_it_stands(case) == wanted, f"killed at step {at}"
        case.town.db.close()


def test_killed_at_some_steps_and_pressed_again_it_comes_out_the_same(days: Days) -> None:
    check_from(days, 6)


@pytest.mark.proof
@pytest.mark.timeout(7200)
def test_killed_at_every_step_and_pressed_again_it_comes_out_the_same(days: Days) -> None:
    check_from(days, 1)


def test_without_the_kept_answers_the_same_trial_goes_wrong(
    days: Days, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: pressed again without the request's guard, what was done already is refused."""
    steps = days.lived("count", 0)[1]
    assert days.lived("control", steps - 1)[0] == -9
    case = days.opened("control")
    monkeypatch.setattr(requests, "find_answer", lambda *_: None)
    with pytest.raises(Exception, match=r".*"):  # however it fails, it does not come out the same
        whole_day(case)
