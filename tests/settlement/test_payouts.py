"""A payout takes two people, leaves once, and is known to be over or not."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from ledger.audit import By
from ledger.book.balances import account_sum
from ledger.book.chart import Account
from ledger.errors import Refusal
from ledger.units import CNY
from pos.channel import (
    Declined,
    FoundPayout,
    NotFound,
    PaidOut,
    PayoutOnItsWay,
    PayoutOutcome,
    PayoutRequest,
    PayoutReturned,
    Unknown,
    Window,
)
from settlement.closing import accept_statement, run_month
from settlement.payout_store import Payout, events_of
from settlement.payouts import (
    approve_payout,
    cancel_payout,
    confirm_payout,
    fail_payout,
    propose_again,
    propose_payout,
    resolve_payout,
    send_payout,
)
from tests.settlement.test_month import ISSUED_AT, live_march
from tests.support.night_plant import HOUR
from tests.support.town import HERE, Town

ZHOU = By("staff", 11)
CHIEF = By("staff", 12)
AT = ISSUED_AT


@dataclass
class Bank:
    """A channel whose answers a test chooses; counts how often money was really sent."""

    answer: PayoutOutcome
    found: FoundPayout = field(default_factory=NotFound)
    sent: list[PayoutRequest] = field(default_factory=list)

    def payout(self, request: PayoutRequest) -> PayoutOutcome:
        """Keep the request and answer as told."""
        self.sent.append(request)
        return self.answer

    def retrieve_payout(self, payout_id: str) -> FoundPayout:  # noqa: ARG002
        """What the bank would say now."""
        return self.found

    def find_payout(
        self,
        request: PayoutRequest,  # noqa: ARG002
        window: Window | None = None,  # noqa: ARG002
    ) -> FoundPayout:
        """What the bank would say now."""
        return self.found


def proposed(town: Town) -> Payout:
    """10.00 of March, accepted and proposed by Zhou."""
    live_march(town, unclaimed=False)
    statement = run_month(town.db, HERE, 202603, at=AT).statements[0]
    accept_statement(town.db, HERE, statement.statement_id, by=By("merchant", 1), at=AT)
    return propose_payout(town.db, HERE, statement.statement_id, by=ZHOU, at=AT)


def approved(town: Town) -> Payout:
    payout = proposed(town)
    return approve_payout(town.db, HERE, payout.payout_id, by=CHIEF, at=AT)


def sums(town: Town) -> tuple[int, int, int]:
    """Fen in payable, clearing and (negative: spent) bank since the fund came in."""
    with town.db.read() as tx:
        return (
            account_sum(tx, HERE, Account.PAYABLE, CNY, 1),
            account_sum(tx, HERE, Account.CLEARING, CNY),
            account_sum(tx, HERE, Account.BANK, CNY) - 1_000_000_000,
        )


def states(town: Town, payout: Payout) -> list[str]:
    with town.db.read() as tx:
        return [row.state for row in events_of(tx, HERE, payout.payout_id)]


def test_nobody_approves_what_they_proposed(town: Town) -> None:
    payout = proposed(town)
    assert (payout.amount_fen, payout.state) == (1500, "proposed")

    with pytest.raises(Refusal, match="payout_same_person"):
        approve_payout(town.db, HERE, payout.payout_id, by=ZHOU, at=AT)
    with pytest.raises(Refusal, match="payout_wrong_state"):
        send_payout(town.db, Bank(Unknown("x")), HERE, payout.payout_id, by=ZHOU, at=AT)


def test_a_confirmed_payout_leaves_the_bank_once(town: Town) -> None:
    payout = approved(town)
    bank = Bank(PaidOut("po_1", 1500))

    done = send_payout(town.db, bank, HERE, payout.payout_id, by=CHIEF, at=AT)

    assert (done.state, sums(town)) == ("confirmed", (0, 0, -1500))
    assert states(town, payout) == ["proposed", "approved", "sending", "confirmed"]
    with pytest.raises(Refusal, match="payout_wrong_state"):
        send_payout(town.db, bank, HERE, payout.payout_id, by=CHIEF, at=AT)
    assert len(bank.sent) == 1


def test_an_answer_that_did_not_come_is_asked_for_and_never_sent_again(town: Town) -> None:
    payout = approved(town)
    bank = Bank(Unknown("timeout"))

    lost = send_payout(town.db, bank, HERE, payout.payout_id, by=CHIEF, at=AT)
    assert (lost.state, sums(town)) == ("unknown", (0, 1500, 0))
    still = resolve_payout(town.db, bank, HERE, payout.payout_id, by=CHIEF, at=AT + HOUR)
    assert (still.state, sums(town)) == ("unknown", (0, 1500, 0))
    bank.found = PaidOut("po_1", 1500)
    ended = resolve_payout(town.db, bank, HERE, payout.payout_id, by=CHIEF, at=AT + 2 * HOUR)

    assert (ended.state, sums(town)) == ("confirmed", (0, 0, -1500))
    assert len(bank.sent) == 1


def test_a_payout_the_channel_never_saw_may_be_proposed_anew_under_a_new_key(town: Town) -> None:
    payout = approved(town)
    bank = Bank(Unknown("connection_lost"))
    send_payout(town.db, bank, HERE, payout.payout_id, by=CHIEF, at=AT)

    dead = resolve_payout(town.db, bank, HERE, payout.payout_id, by=CHIEF, at=AT + 25 * HOUR)
    assert (dead.state, sums(town)) == ("failed", (1500, 0, 0))
    propose_again(town.db, HERE, payout.payout_id, by=ZHOU, at=AT + 26 * HOUR)
    approve_payout(town.db, HERE, payout.payout_id, by=CHIEF, at=AT + 26 * HOUR)
    bank.answer = PayoutOnItsWay("po_2")
    sent = send_payout(town.db, bank, HERE, payout.payout_id, by=CHIEF, at=AT + 26 * HOUR)

    assert (sent.state, sent.attempt) == ("sent", 2)
    first, second = (request.key for request in bank.sent)
    assert first != second


@pytest.mark.parametrize("no", [Declined("account_closed"), PayoutReturned("po_1", "no_account")])
def test_a_refused_payout_is_owed_again(town: Town, no: PayoutOutcome) -> None:
    payout = approved(town)

    failed = send_payout(town.db, Bank(no), HERE, payout.payout_id, by=CHIEF, at=AT)

    assert (failed.state, sums(town)) == ("failed", (1500, 0, 0))


def test_a_payout_that_comes_back_after_three_days_is_owed_again(town: Town) -> None:
    payout = approved(town)
    send_payout(town.db, Bank(PaidOut("po_1", 1500)), HERE, payout.payout_id, by=CHIEF, at=AT)

    back = fail_payout(
        town.db, HERE, payout.payout_id, by=ZHOU, why="wrong name", at=AT + 72 * HOUR
    )

    assert (back.state, sums(town)) == ("returned", (1500, 0, 0))


def test_a_payout_of_another_amount_is_not_confirmed(town: Town) -> None:
    payout = approved(town)

    odd = send_payout(town.db, Bank(PaidOut("po_1", 1400)), HERE, payout.payout_id, by=CHIEF, at=AT)

    assert (odd.state, sums(town)) == ("unknown", (0, 1500, 0))


@pytest.mark.parametrize(("paid", "owed"), [(1400, 100), (1600, -100)])
def test_what_the_channel_paid_otherwise_is_booked_as_it_was_paid(
    town: Town, paid: int, owed: int
) -> None:
    payout = approved(town)
    odd = send_payout(town.db, Bank(PaidOut("po_9", paid)), HERE, payout.payout_id, by=CHIEF, at=AT)
    assert odd.state == "unknown"

    done = confirm_payout(town.db, HERE, payout.payout_id, by=CHIEF, at=AT + HOUR)

    assert (done.state, done.amount_fen) == ("confirmed", 1500)
    assert sums(town) == (owed, 0, -paid)


def test_what_was_paid_otherwise_and_comes_back_is_owed_once(town: Town) -> None:
    payout = approved(town)
    send_payout(town.db, Bank(PaidOut("po_9", 1400)), HERE, payout.payout_id, by=CHIEF, at=AT)
    confirm_payout(town.db, HERE, payout.payout_id, by=CHIEF, at=AT + HOUR)

    back = fail_payout(town.db, HERE, payout.payout_id, by=ZHOU, why="back", at=AT + 2 * HOUR)

    assert (back.state, sums(town)) == ("returned", (1500, 0, 0))


def test_what_the_channel_said_it_paid_stands_though_it_is_silent_later(town: Town) -> None:
    payout = approved(town)
    bank = Bank(PaidOut("po_9", 1400))
    send_payout(town.db, bank, HERE, payout.payout_id, by=CHIEF, at=AT)
    bank.found = Unknown("timeout")
    resolve_payout(town.db, bank, HERE, payout.payout_id, by=CHIEF, at=AT + HOUR)

    confirm_payout(town.db, HERE, payout.payout_id, by=CHIEF, at=AT + 2 * HOUR)

    assert sums(town) == (100, 0, -1400)


def test_without_a_channel_people_say_how_it_ended(town: Town) -> None:
    payout = approved(town)

    sent = send_payout(town.db, None, HERE, payout.payout_id, by=CHIEF, at=AT)
    paid = confirm_payout(town.db, HERE, payout.payout_id, by=ZHOU, at=AT + HOUR)

    assert (sent.state, paid.state, sums(town)) == ("sent", "confirmed", (0, 0, -1500))
    with pytest.raises(Refusal, match="payout_wrong_state"):
        confirm_payout(town.db, HERE, payout.payout_id, by=ZHOU, at=AT + HOUR)


def test_a_statement_is_paid_once(town: Town) -> None:
    payout = approved(town)
    with pytest.raises(Refusal, match="payout_waiting"):
        propose_payout(town.db, HERE, payout.statement_id, by=ZHOU, at=AT)
    send_payout(town.db, Bank(PaidOut("po_1", 1500)), HERE, payout.payout_id, by=CHIEF, at=AT)

    with pytest.raises(Refusal, match="nothing_to_pay"):
        propose_payout(town.db, HERE, payout.statement_id, by=ZHOU, at=AT)


def test_a_cancelled_payout_leaves_the_shop_owed(town: Town) -> None:
    payout = approved(town)

    cancel_payout(town.db, HERE, payout.payout_id, by=CHIEF, why="account changed", at=AT)

    again = propose_payout(town.db, HERE, payout.statement_id, by=ZHOU, at=AT)
    assert (again.amount_fen, sums(town)) == (1500, (1500, 0, 0))


def test_an_unaccepted_statement_is_not_paid(town: Town) -> None:
    live_march(town)
    statement = run_month(town.db, HERE, 202603, at=AT).statements[0]

    with pytest.raises(Refusal, match="statement_not_accepted"):
        propose_payout(town.db, HERE, statement.statement_id, by=ZHOU, at=AT)
