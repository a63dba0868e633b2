"""Killed anywhere in the life of an objection and run again, everything stands as if nothing had happened."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import Any, NamedTuple

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
from tests.support.engines import SqliteFiles
from tests.support.killing import Trials, broken_off_around
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


STEPS = (
    (disputes, "keep_dispute"),
    (disputes, "note_step"),
    (disputes, "move_dispute"),
    (disputes, "post_effect"),
    (requests, "once"),
    (closing_acts, "set_state"),
    (closing_acts, "_record"),
)


class Lives(NamedTuple):
    """A stated month kept as a file, of which every trial lives a copy."""

    town: Town
    statement: Any
    trials: Trials

    def lived(self, db: Database) -> tuple[Any, ...]:
        """Live a copy to its end, from the beginning or from where it was killed; how it stands then."""
        self.trials.work(db)
        return how_it_stands(replace(self.town, db=db), self.statement)


@pytest.fixture(scope="module")
def lives(sqlite_files: SqliteFiles, tmp_path_factory: pytest.TempPathFactory) -> Lives:
    path = tmp_path_factory.mktemp("lives") / "month.db"
    town = build_town(Database(sqlite_files.copy_to(path)), people=1, shops=2, fund_fen=100_000_000)
    town.grant(1, 10**10)
    statement, sold = eighty_receipts(town)
    town.db.close()

    def work(db: Database) -> None:
        whole_life(replace(town, db=db), statement, sold)

    return Lives(town, statement, Trials(path, work, broken_off_around(*STEPS)))


def undisturbed(lives: Lives) -> tuple[Any, ...]:
    with closing(lives.trials.copy("undisturbed")) as db:
        return lives.lived(db)


def check_from(lives: Lives, every: int) -> None:
    wanted = undisturbed(lives)
    assert wanted[2] == "deemed"
    for at in range(1, lives.trials.places() + 1, every):
        with closing(lives.trials.killed(f"killed{at}", at)) as db:
            assert lives.lived(db) == wanted, f"killed at step {at}"


def test_killed_at_some_steps_and_run_again_it_comes_out_the_same(lives: Lives) -> None:
    check_from(lives, 7)


@pytest.mark.proof
@pytest.mark.timeout(7200)
def test_killed_at_every_step_and_run_again_it_comes_out_the_same(lives: Lives) -> None:
    check_from(lives, 1)


def test_without_the_kept_answers_the_same_trial_goes_wrong(
    lives: Lives, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: run again without the request's guard, what was done already is tried anew and refused."""
    killed = lives.trials.killed("control", lives.trials.places() - 2)
    monkeypatch.setattr(requests, "find_answer", lambda *_: None)
    with closing(killed) as db, pytest.raises(Refusal, match="busy_try_again"):
        lives.lived(db)
