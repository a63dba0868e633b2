"""Queues of differences: by code, whose turn, shop, age and state, in the order they are due; and bulk decisions."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ledger.audit import By
from ledger.errors import Refusal
from ledger.sql import Sql
from settlement.act_log import acts_on
from settlement.ageing import role_in_charge
from settlement.ageing_run import reached_by
from settlement.bulk import do_each
from settlement.choices import Choice
from settlement.decisions import Press
from settlement.discrepancies import get_discrepancy
from settlement.handling import HANDLING
from settlement.queue_rules import Queue
from settlement.queues import Place, queue_codes, queue_page, queue_sums
from settlement.verdicts import Code
from tests.settlement.test_deciders import say_who
from tests.settlement.test_decisions import AT, CHIEF, ZHOU, Case, anybody, case  # noqa: F401 - a fixture
from tests.support.town import HERE

TODAY = date(2026, 3, 23)
_ROW = Sql(
    "INSERT INTO discrepancy (community_id, discrepancy_no, run_no, business_date, code, sub_code, claimant_id,"
    " terminal_id, ref, plus_fen, minus_fen, held_fen, rest_units, rest_fen, state, due_date, opened_at, reason,"
    " posted_fen) VALUES (:here, :no, 1, :day, :code, '', :shop, 0, :ref, 1, 2, 3, 0, 0, :state, :due, 0, '', 0)"
)
_GONE = Sql("DELETE FROM discrepancy WHERE community_id = :here")


@pytest.fixture
def many(case: Case) -> Case:  # noqa: F811
    """400 rows of many codes, ages, shops and states, and nothing else."""
    codes = list(Code)

    def work(tx: Any) -> None:
        tx.run(_GONE, here=HERE)
        for n in range(400):
            found = 20260301 + n % 23
            tx.run(
                _ROW,
                here=HERE,
                no=found * 1_000_000 + 800_000 + n,
                day=found,
                code=codes[n % len(codes)].value,
                shop=1 + n % 3,
                ref=f"r{n}",
                state=("open", "asked", "proposed", "pooled", "decided")[n % 5],
                due=20260303 + n * 7 % 27,
            )

    case.town.db.write(work)
    return case


def numbers(case: Case, queue: Queue) -> list[int]:  # noqa: F811
    """Every row of a queue, walked through in pages of seven."""
    found: list[int] = []
    after = Place()
    with case.town.db.read() as tx:
        while rows := queue_page(tx, HERE, queue, TODAY, after=after, most=7):
            found += [row.discrepancy_no for row in rows]
            after = Place(rows[-1].due_date, rows[-1].discrepancy_no)
        assert queue_sums(tx, HERE, queue, TODAY).n == len(found)
        assert sum(queue_codes(tx, HERE, queue, TODAY).values()) == len(found)
    return found


def all_rows(case: Case) -> list[Any]:  # noqa: F811
    with case.town.db.read() as tx:
        return [
            get_discrepancy(tx, HERE, row.n)
            for row in tx.all(
                Sql("SELECT discrepancy_no AS n FROM discrepancy WHERE community_id = :here"),
                here=HERE,
            )
        ]


def turn_of(row: Any) -> str:
    """Whose turn it is, by the rule that ages each row by itself."""
    return role_in_charge(HANDLING[Code(row.code)].owner_role, reached_by(row, TODAY))


@pytest.mark.parametrize(
    ("queue", "wanted"),
    [
        (Queue(), bool),
        (Queue(code="V1"), lambda row: row.code == "V1"),
        (Queue(shop=2), lambda row: row.claimant_id == 2),
        (Queue(state="asked"), lambda row: row.state == "asked"),
        (Queue(state="pooled"), lambda row: row.state == "pooled"),
        (Queue(age="due"), lambda row: row.due_date <= 20260323),
        (Queue(age="3"), lambda row: row.discrepancy_no // 10**6 <= 20260320),
        (Queue(age="7"), lambda row: row.discrepancy_no // 10**6 <= 20260316),
        (Queue(age="15"), lambda row: row.discrepancy_no // 10**6 <= 20260308),
        (Queue(role="accountant"), lambda row: turn_of(row) == "accountant"),
        (Queue(role="grid_worker"), lambda row: turn_of(row) == "grid_worker"),
        (Queue(role="secretary"), lambda row: turn_of(row) == "secretary"),
        (Queue(role="committee"), lambda row: turn_of(row) == "committee"),
        (
            Queue(role="secretary", shop=1, age="due", state="open"),
            lambda row: (
                turn_of(row) == "secretary"
                and row.claimant_id == 1
                and row.due_date <= 20260323
                and row.state == "open"
            ),
        ),
    ],
)
def test_a_queue_holds_what_it_says_in_the_order_it_is_due(
    many: Case, queue: Queue, wanted: Any
) -> None:
    rows = [row for row in all_rows(many) if wanted(row)]
    if not queue.state:
        rows = [row for row in rows if row.state in {"open", "asked", "proposed"}]
    ordered = sorted(rows, key=lambda row: (row.due_date, row.discrepancy_no))

    assert numbers(many, queue) == [row.discrepancy_no for row in ordered]
    assert ordered


def presses(case: Case, codes: list[str], choice: Choice, by: By = ZHOU) -> list[Press]:  # noqa: F811
    return [case.press(code, choice, by) for code in codes]


def test_each_of_many_is_decided_for_itself_and_one_refused_does_not_stop_the_others(
    case: Case,  # noqa: F811
) -> None:
    db = case.town.db
    say_who(case, clerk=1)  # 72 bought what is booked here and decides on none of it
    mine = presses(case, ["X2", "X1", "V2"], Choice.PAY_BOOKED, By("staff", 72))
    before = case.money()[0]

    first = do_each(db, mine, second=False, may_decide=anybody, at=AT)
    done = do_each(
        db, presses(case, ["X2", "V2"], Choice.PAY_BOOKED), second=False, may_decide=anybody, at=AT
    )
    again = do_each(db, mine, second=False, may_decide=anybody, at=AT)

    assert [one.refusal.code if one.refusal else one.state for one in first] == [
        "own_household",
        "decided",
        "own_household",
    ]
    assert [(one.state, one.posted_fen) for one in done] == [("decided", 500), ("decided", 400)]
    assert case.money()[0] - before == 900
    # Sent again each gives its first answer: what was refused stays refused, what was done is done once.
    assert [one.state for one in again] == [one.state for one in first]
    with db.read() as tx:
        assert [len(acts_on(tx, HERE, case.no[code])) for code in ("X1", "X2", "V2")] == [1, 1, 1]


def test_the_second_person_agrees_to_many_and_nobody_to_their_own(case: Case) -> None:  # noqa: F811
    db = case.town.db
    proposed = presses(case, ["X1", "X3"], Choice.PAY_CLAIMED)
    do_each(db, proposed, second=False, may_decide=anybody, at=AT)

    alone = do_each(
        db, presses(case, ["X1", "X3"], Choice.PAY_CLAIMED), second=True, may_decide=anybody, at=AT
    )
    agreed = do_each(
        db,
        presses(case, ["X1", "X3"], Choice.PAY_CLAIMED, CHIEF),
        second=True,
        may_decide=anybody,
        at=AT,
    )

    assert [one.refusal.code for one in alone if one.refusal] == ["decision_same_person"] * 2
    assert [(one.state, one.posted_fen) for one in agreed] == [("decided", 300), ("decided", 1000)]


def test_none_and_too_many_are_refused_before_anything(case: Case) -> None:  # noqa: F811
    with pytest.raises(Refusal, match="queue_none"):
        do_each(case.town.db, [], second=False, may_decide=anybody, at=AT)
    far = [case.press("X1", Choice.PAY_BOOKED)] * 101
    with pytest.raises(Refusal, match="queue_too_many"):
        do_each(case.town.db, far, second=False, may_decide=anybody, at=AT)
