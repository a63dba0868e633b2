"""Killed anywhere in the life of an objection and run again, everything stands as if nothing had happened."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from ledger.book import requests
from ledger.database import Database
from ledger.errors import Refusal
from ledger.sql import Sql
from settlement import closing as closing_acts
from settlement import disputes
from settlement.closing import accept_silent
from settlement.dispute_life import Outcome
from settlement.disputes import (
    approve_ruling,
    ask_evidence,
    end_overdue,
    present_again,
    rule_dispute,
)
from settlement.statements import get_statement
from tests.support.crash import die
from tests.support.engines import SqliteFiles
from tests.support.night_plant import HOUR
from tests.support.objections import (
    CHIEF,
    SILENT_AT,
    ZHOU,
    act,
    eighty_receipts,
    object_to_two,
    payable,
)
from tests.support.town import HERE, Town, build_town, moment

_FORK = get_context("fork")
_NOW = SILENT_AT + 24 * HOUR
_STEPS = Sql(
    "SELECT d.row_no, d.ref, d.held_fen, d.state AS stands, d.outcome_fen, s.step_no, s.verb, s.state,"
    " s.by_id, s.fen, CASE WHEN s.txn_id IS NULL THEN 0 ELSE 1 END AS posted FROM dispute d"
    " JOIN dispute_step s ON s.community_id = d.community_id AND s.dispute_id = d.dispute_id"
    " WHERE d.community_id = :community_id ORDER BY d.row_no, d.ref, s.step_no"
)
_ACTS = Sql("SELECT count(*) AS n FROM audit WHERE community_id = :community_id")


def whole_life(town: Town, statement: Any, sold: Any) -> None:
    """Two lines objected to; silence; one upheld by two people, the other asked about, refused, presented again."""
    one, two = object_to_two(town, statement, sold)
    accept_silent(town.db, HERE, at=SILENT_AT)
    ask_evidence(town.db, act(two, ZHOU, "ask", at=_NOW))
    end_overdue(town.db, HERE, at=moment("2026-04-21 00:30"))
    rule_dispute(town.db, act(one, ZHOU, "uphold", at=_NOW), Outcome.UPHELD)
    approve_ruling(town.db, act(one, CHIEF, "agree", at=_NOW), fen=300)
    rule_dispute(town.db, act(two, ZHOU, "refuse", at=_NOW), Outcome.REJECTED)
    present_again(town.db, act(two, ZHOU, "again", at=_NOW))
    rule_dispute(town.db, act(two, ZHOU, "split", at=_NOW), Outcome.SPLIT, part_fen=100)
    approve_ruling(town.db, act(two, CHIEF, "agree to it", at=_NOW), fen=100)


def how_it_stands(town: Town, statement: Any) -> tuple[Any, ...]:
    with town.db.read() as tx:
        rows = [tuple(row) for row in tx.all(_STEPS, community_id=HERE)]
        acts = int(tx.get(_ACTS, community_id=HERE).n)
        state = get_statement(tx, HERE, statement.statement_id).state
    return rows, acts, state, payable(town)


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
        (disputes, "keep_dispute"),
        (disputes, "note_step"),
        (disputes, "move_dispute"),
        (disputes, "post_effect"),
        (requests, "once"),
        (closing_acts, "set_state"),
        (closing_acts, "_record"),
    ):
        vars(module)[name] = around(vars(module)[name])
    return lambda: count


class Lives:
    """A stated month kept as a file, of which every trial lives a copy."""

    def __init__(self, files: SqliteFiles, folder: Path) -> None:
        """Live the month once."""
        self.folder = folder
        self.town = build_town(
            Database(files.copy_to(folder / "month.db")), people=1, shops=2, fund_fen=100_000_000
        )
        self.town.grant(1, 10**10)
        self.statement, self.sold = eighty_receipts(self.town)
        self.town.db.close()

    def copy(self, name: str) -> Town:
        """The town in a file of its own."""
        path = self.folder / f"{name}.db"
        shutil.copy(self.folder / "month.db", path)
        return Town(**{**vars(self.town), "db": Database(f"sqlite:///{path}")})

    def killed(self, name: str, at: int) -> Town:
        """Live a copy in a process that is killed at its step `at`; the town as it was left."""
        town = self.copy(name)
        town.db.close()

        def work() -> None:
            dying(at)
            with closing(Database(f"sqlite:///{self.folder / name}.db")) as db:
                whole_life(Town(**{**vars(town), "db": db}), self.statement, self.sold)

        child = _FORK.Process(target=work)
        child.start()
        child.join()
        assert child.exitcode == -9, f"step {at} was never reached ({child.exitcode})"
        return Town(**{**vars(town), "db": Database(f"sqlite:///{self.folder / name}.db")})

    def steps(self) -> int:
        """How many steps a whole life has: places to be killed at."""
        read, write = os.pipe()
        town = self.copy("counted")
        town.db.close()

        def work() -> None:
            counted = dying(0)
            with closing(Database(f"sqlite:///{self.folder / 'counted'}.db")) as db:
                whole_life(Town(**{**vars(town), "db": db}), self.statement, self.sold)
            os.write(write, str(counted()).encode())

        child = _FORK.Process(target=work)
        child.start()
        child.join()
        assert child.exitcode == 0
        return int(os.read(read, 20))


@pytest.fixture(scope="module")
def lives(sqlite_files: SqliteFiles, tmp_path_factory: pytest.TempPathFactory) -> Lives:
    return Lives(sqlite_files, tmp_path_factory.mktemp("lives"))


def undisturbed(lives: Lives) -> tuple[Any, ...]:
    town = lives.copy("undisturbed")
    whole_life(town, lives.statement, lives.sold)
    return how_it_stands(town, lives.statement)


def check_from(lives: Lives, places: range) -> None:
    wanted = undisturbed(lives)
    assert wanted[2] == "deemed"
    for at in places:
        town = lives.killed(f"killed{at}", at)
        whole_life(town, lives.statement, lives.sold)
        assert how_it_stands(town, lives.statement) == wanted, f"killed at step {at}"
        town.db.close()


def test_killed_at_some_steps_and_run_again_it_comes_out_the_same(lives: Lives) -> None:
    check_from(lives, range(1, lives.steps() + 1, 7))


@pytest.mark.proof
@pytest.mark.timeout(7200)
def test_killed_at_every_step_and_run_again_it_comes_out_the_same(lives: Lives) -> None:
    check_from(lives, range(1, lives.steps() + 1))


def test_without_the_kept_answers_the_same_trial_goes_wrong(
    lives: Lives, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: run again without the request's guard, what was done already is refused or done twice."""
    wanted = undisturbed(lives)
    town = lives.killed("control", lives.steps() - 2)
    monkeypatch.setattr(requests, "find_answer", lambda *_: None)
    try:
        whole_life(town, lives.statement, lives.sold)
    except (Refusal, Exception):  # noqa: BLE001 - however it fails, it does not come out the same
        return
    assert how_it_stands(town, lives.statement) != wanted
