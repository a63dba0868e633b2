"""A statement is paid once, also when several people of the office press at the same moment."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable

import pytest

from ledger.audit import By
from ledger.book.balances import account_sum
from ledger.book.chart import Account
from ledger.database import Database
from ledger.errors import Refusal
from ledger.units import CNY
from pos.channel import PaidOut, PayoutRequest
from settlement import payouts as paying
from settlement.closing import accept_statement, run_month
from settlement.payouts import (
    approve_payout,
    confirm_payout,
    fail_payout,
    propose_payout,
    send_payout,
)
from tests.settlement.test_month import ISSUED_AT, live_march
from tests.settlement.test_payouts import Bank
from tests.support.town import HERE, Town, build_town

ZHOU, CHIEF = By("staff", 11), By("staff", 12)
TOGETHER = 4


@pytest.fixture
def town(db: Database) -> Town:
    return build_town(db, grant_units=50_000)


def _accepted(town: Town) -> int:
    live_march(town, unclaimed=False)
    statement_id = run_month(town.db, HERE, 202603, at=ISSUED_AT).statements[0].statement_id
    accept_statement(town.db, HERE, statement_id, by=By("merchant", 1), at=ISSUED_AT)
    return statement_id


_fail = functools.partial(fail_payout, why="the bank says so")


def _owed(town: Town) -> int:
    with town.db.read() as tx:
        return account_sum(tx, HERE, Account.PAYABLE, CNY, 1)


def _at_once(acts: list[Callable[[], object]]) -> list[str]:
    """Run all in threads of their own; `done` or the refusal's code of each."""
    said: list[str] = []

    def run(act: Callable[[], object]) -> None:
        try:
            act()
        except Refusal as refusal:
            said.append(refusal.code)
        else:
            said.append("done")

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return sorted(said)


def _meet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all who read what a shop is owed wait for one another, so that none sees what another writes."""
    gate = threading.Barrier(TOGETHER)

    def read(*args: object) -> int:
        owed = account_sum(*args)  # type: ignore[arg-type]
        try:
            gate.wait(0.5)
        except threading.BrokenBarrierError:
            return owed
        return owed

    monkeypatch.setattr(paying, "account_sum", read)


def test_proposed_at_the_same_moment_a_statement_gets_one_payout(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    statement_id = _accepted(town)
    _meet(monkeypatch)

    said = _at_once(
        [lambda: propose_payout(town.db, HERE, statement_id, by=ZHOU, at=ISSUED_AT)] * TOGETHER
    )

    assert said == ["done", *["payout_waiting"] * (TOGETHER - 1)]


def test_two_payouts_sent_at_the_same_moment_never_pay_more_than_is_owed(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    statement_id = _accepted(town)
    made = []
    # As if two had slipped past the proposal: what is owed is the last word.
    for _ in range(TOGETHER):
        made.append(propose_payout(town.db, HERE, statement_id, by=ZHOU, at=ISSUED_AT))
        approve_payout(town.db, HERE, made[-1].payout_id, by=CHIEF, at=ISSUED_AT)
        with town.db.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE payout SET statement_id = 0, state = 'cancelled'")
    with town.db.engine.begin() as connection:
        connection.exec_driver_sql(
            f"UPDATE payout SET statement_id = {statement_id}, state = 'approved'"
        )
    _meet(monkeypatch)

    said = _at_once(
        [
            lambda payout=payout: send_payout(  # type: ignore[misc]
                town.db, None, HERE, payout.payout_id, by=CHIEF, at=ISSUED_AT
            )
            for payout in made
        ]
    )

    assert said == ["done", *["payout_over_owed"] * (TOGETHER - 1)]
    assert _owed(town) == 0


@pytest.mark.parametrize("by_hand", ["failed", "paid"])
def test_while_the_bank_is_being_asked_nobody_ends_the_payout_by_hand(
    town: Town, by_hand: str
) -> None:
    made = propose_payout(town.db, HERE, _accepted(town), by=ZHOU, at=ISSUED_AT)
    approve_payout(town.db, HERE, made.payout_id, by=CHIEF, at=ISSUED_AT)
    refused = []

    class Hasty(Bank):
        def payout(self, request: PayoutRequest) -> PaidOut:
            end = _fail if by_hand == "failed" else confirm_payout
            with pytest.raises(Refusal) as said:
                end(town.db, HERE, made.payout_id, by=CHIEF, at=ISSUED_AT)
            refused.append(said.value.code)
            return PaidOut("po_1", request.amount_fen)

    bank = Hasty(PaidOut("po_1", 0))

    ended = send_payout(town.db, bank, HERE, made.payout_id, by=CHIEF, at=ISSUED_AT)

    assert refused == ["payout_wrong_state"]
    assert ended.state == "confirmed"
    assert _owed(town) == 0
