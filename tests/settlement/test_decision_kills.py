"""Killed anywhere while differences are asked about, answered, decided, proposed, agreed to and decided in bulk."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from ledger.audit import By
from ledger.book import requests
from ledger.database import Database
from ledger.errors import Refusal
from ledger.sql import Sql, Tx
from settlement import decisions, shop_answers
from settlement.bulk import do_each
from settlement.choices import Choice
from settlement.decisions import Press, approve, decide, turn_down
from settlement.shop_answers import answer_question
from tests.settlement.test_decisions import AT, CHIEF, ZHOU, Case, anybody, one_case
from tests.support.engines import SqliteFiles
from tests.support.killing import Trials, broken_off_around
from tests.support.town import HERE

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


STEPS = (
    (decisions, "note_act"),
    (shop_answers, "note_act"),
    (decisions, "post_effect"),
    (decisions, "end_item"),
    (requests, "once"),
)


class Days(NamedTuple):
    """A night kept as a file, of which every trial lives the day after."""

    night: Case
    trials: Trials

    def on(self, db: Database) -> Case:
        """The case as it stands in a copy."""
        return on(self.night, db)


def on(night: Case, db: Database) -> Case:
    return Case(replace(night.town, db=db), night.no)


@pytest.fixture(scope="module")
def days(sqlite_files: SqliteFiles, tmp_path_factory: pytest.TempPathFactory) -> Days:
    path = tmp_path_factory.mktemp("days") / "night.db"
    night = one_case(Database(sqlite_files.copy_to(path)))
    night.town.db.close()
    trials = Trials(path, lambda db: whole_day(on(night, db)), broken_off_around(*STEPS))
    return Days(night, trials)


def check_from(days: Days, every: int) -> None:
    with closing(days.trials.copy("undisturbed")) as db:
        whole_day(days.on(db))
        wanted = how_it_stands(days.on(db))
    for at in range(1, days.trials.places() + 1, every):
        with closing(days.trials.killed(f"killed{at}", at)) as db:
            whole_day(days.on(db))
            assert how_it_stands(days.on(db)) == wanted, f"killed at step {at}"


def test_killed_at_some_steps_and_pressed_again_it_comes_out_the_same(days: Days) -> None:
    check_from(days, 6)


@pytest.mark.proof
@pytest.mark.timeout(7200)
def test_killed_at_every_step_and_pressed_again_it_comes_out_the_same(days: Days) -> None:
    check_from(days, 1)


def test_without_the_kept_answers_the_same_trial_goes_wrong(
    days: Days, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: pressed again without the request's guard, what was done already is tried anew and refused."""
    with closing(days.trials.killed("control", days.trials.places() - 1)) as db:
        monkeypatch.setattr(requests, "find_answer", lambda *_: None)
        with pytest.raises(Refusal, match="busy_try_again"):
            whole_day(days.on(db))
