"""Payments that went otherwise have rows people work on: P1 to P4, opened when known, aged, gone once put right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any, Final

import pytest

from ledger.earning.calendar import day_key
from ledger.errors import Refusal
from settlement.ageing import Step
from settlement.ageing_run import age_open
from settlement.due import due_on
from settlement.open_questions import count_open
from settlement.payment_rows import keep_payment_rows
from settlement.payout_store import Payout
from settlement.payouts import approve_payout, cancel_payout, propose_again, propose_payout
from settlement.verdicts import Code
from tests.settlement.test_bank_files import (
    DAY,
    both_engines,
    engine_url,
    found,
    make,
    ready,
    settle,
    take,
)
from tests.settlement.test_payouts import AT, CHIEF, ZHOU
from tests.support.night_plant import HOUR
from tests.support.paper_bank import PaperBank
from tests.support.town import HERE, Town

__all__ = ["engine_url", "ready"]


def refused(town: Town, bank: PaperBank, rows: list[dict[str, str]]) -> None:
    take(town, bank.answer(rows, "处理失败", 失败原因="户名不符"))


def unanswered(town: Town, bank: PaperBank, rows: list[dict[str, str]]) -> None:
    take(town, bank.answer(rows, "人工复核"))


def short(town: Town, bank: PaperBank, rows: list[dict[str, str]]) -> None:
    take(town, bank.answer(rows, 金额="14.00"))


def to_a_stranger(town: Town, bank: PaperBank, rows: list[dict[str, str]]) -> None:
    take(town, bank.answer(rows, 收款账号="6222020200099999999"))


PAYMENT_PLANTS: Final[dict[str, Callable[[Town, PaperBank, list[dict[str, str]]], None]]] = {
    "P1": refused,
    "P2": unanswered,
    "P3": short,
    "P4": to_a_stranger,
}
"""What a bank does otherwise than asked, by the code it must be found under."""
FOUND: Final = date(2026, 4, 5)
AMOUNTS: Final = {"P1": (1500, 0), "P2": (0, 0), "P3": (100, 0), "P4": (1500, 1500)}


def rows(town: Town) -> list[tuple[Any, ...]]:
    with town.db.engine.connect() as connection:
        return [
            tuple(row)
            for row in connection.exec_driver_sql(
                "SELECT code, claimant_id, plus_fen, minus_fen, state, due_date, decision, approved_by FROM discrepancy"
                " ORDER BY discrepancy_no"
            )
        ]


def plant(town: Town, payout: Payout, code: str) -> PaperBank:
    bank = PaperBank()
    PAYMENT_PLANTS[code](town, bank, bank.upload(make(town, payout).file.body))
    return bank


def nightly(town: Town, at: int) -> int:
    return town.db.write(lambda tx: keep_payment_rows(tx, HERE, at=at))


@both_engines
@pytest.mark.parametrize("code", PAYMENT_PLANTS)
def test_what_the_bank_did_otherwise_has_a_row_of_its_own_code_and_none_besides(
    town: Town, ready: Payout, code: str
) -> None:
    plant(town, ready, code)
    later = AT + 8 * DAY

    opened = nightly(town, later)

    [row] = rows(town)
    assert (row[0], row[1], row[2:4], row[4]) == (code, 1, AMOUNTS[code], "open")
    # The first three are known with the bank's answer; that one is late only the days know.
    assert opened == (code == "P2")
    assert nightly(town, later) == 0
    assert rows(town) == [row]
    with town.db.read() as tx:
        assert count_open(tx, HERE, 1) == 0  # no question to the shop


def test_the_row_of_a_strangers_account_wants_its_answer_the_same_day(
    town: Town, ready: Payout
) -> None:
    plant(town, ready, "P4")

    day = 20260405
    assert rows(town)[0][5] == day == due_on(day, Code.P4)


def test_a_failed_payment_ages_like_every_difference_until_it_is_proposed_anew(
    town: Town, ready: Payout
) -> None:
    plant(town, ready, "P1")
    seen = {}  # a holiday follows: the first working day is the seventh of April
    for days in range(1, 17):
        today = day_key(FOUND + timedelta(days=days))
        for step in town.db.write(partial(age_open, community_id=HERE, today=today, at=AT)):
            seen[step] = days

    assert seen == {Step.UNOWNED: 2, Step.OVERDUE: 3, Step.ESCALATED: 7, Step.COMMITTEE: 15}
    propose_again(town.db, HERE, ready.payout_id, by=ZHOU, at=AT + DAY)
    assert [(row[0], row[4]) for row in rows(town)] == [("P1", "auto_cleared")]


def test_a_failed_payment_holds_its_own_payout_alone(town: Town, ready: Payout) -> None:
    plant(town, ready, "P1")

    with pytest.raises(Refusal, match="payout_waiting"):
        propose_payout(town.db, HERE, ready.statement_id, by=ZHOU, at=AT + DAY)
    cancel_payout(town.db, HERE, ready.payout_id, by=ZHOU, why="new account", at=AT + DAY)

    assert rows(town)[0][4] == "auto_cleared"
    assert (
        propose_payout(town.db, HERE, ready.statement_id, by=ZHOU, at=AT + DAY).amount_fen == 1500
    )


@both_engines
@pytest.mark.parametrize(("code", "end"), [("P3", "paid"), ("P4", "failed")])
def test_two_people_close_the_row_and_until_then_nothing_goes_to_the_shop(
    town: Town, ready: Payout, code: str, end: str
) -> None:
    plant(town, ready, code)
    with pytest.raises(Refusal, match="payout_stopped"):
        propose_payout(town.db, HERE, ready.statement_id, by=ZHOU, at=AT + DAY)
    with pytest.raises(Refusal, match="approval_same_person"):
        settle(town, found(town)[0], end, by=ZHOU)
    assert rows(town)[0][4] == "open"

    settle(town, found(town)[0], end)

    first, *then = rows(town)
    assert first[4:] == ("decided", first[5], f"payment_{end}", CHIEF.id)
    # What came back is owed again, and that is a finding of its own.
    assert [(row[0], row[4]) for row in then] == ([("P1", "open")] if end == "failed" else [])


def test_a_second_failure_of_the_same_payout_is_a_second_row(town: Town, ready: Payout) -> None:
    plant(town, ready, "P1")
    propose_again(town.db, HERE, ready.payout_id, by=ZHOU, at=AT + DAY)
    approve_payout(town.db, HERE, ready.payout_id, by=CHIEF, at=AT + DAY)
    bank = PaperBank()
    again = bank.upload(make(town, ready, at=AT + DAY).file.body)
    take(town, bank.answer(again, "处理失败", 失败原因="户名不符"), at=AT + DAY + HOUR)

    assert [(row[0], row[4]) for row in rows(town)] == [("P1", "auto_cleared"), ("P1", "open")]
