"""The end of a month: statements issued and accepted, payouts proposed, approved, sent, and followed to their end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from ledger.audit import By
from ledger.errors import Refusal
from pos.desk import Desk
from settlement.closing import accept_silent, accept_statement, object_to, run_month
from settlement.payout_store import payouts, unended_payouts
from settlement.payouts import (
    approve_payout,
    fail_payout,
    propose_again,
    propose_payout,
    resolve_payout,
    send_payout,
)
from settlement.statements import statements_of_month
from tests.sim.machine import DAY, HOUR, SECOND, Actor
from tests.sim.office import CHIEF, ZHOU
from tests.sim.till import Street
from tests.sim.witness import Ask
from tests.support.town import HERE

Act = Callable[[Desk, int], Any]


@dataclass
class Treasury:
    """Who issues, accepts and pays; asked again where no answer came, as people do."""

    street: Street
    name: str = "office"

    def close(self, month: int, *, tries: int) -> Actor:
        """Issue a month's statements and see each accepted, in words or by silence."""
        yield from self._ask("month", partial(_issue, month), tries, month=month)
        yield from self._ask("statements", partial(_statements, month), tries)
        listed = self._last("statements")
        silent = False
        for statement_id, shop in listed or []:
            match self.street.machine.chance.choice(("word", "word", "silence", "objection")):
                case "word":
                    yield from self._ask(
                        "accept",
                        partial(_accept, statement_id, shop),
                        tries,
                        shop=shop,
                        month=month,
                    )
                case "objection":
                    yield from self._ask("object", partial(_object, statement_id, shop), tries)
                    yield from self._ask(
                        "accept",
                        partial(_accept, statement_id, shop),
                        tries,
                        shop=shop,
                        month=month,
                    )
                case _:
                    silent = True
        if silent:
            # Five working days of a month with holidays pass in less than two weeks.
            yield 14 * DAY
            yield from self._ask("silence", _silence, tries, month=month)

    def pay(self, month: int, *, tries: int) -> Actor:
        """Propose, approve and send what the month's statements say is owed."""
        yield from self._ask("statements", partial(_statements, month), tries)
        for statement_id, _shop in self._last("statements") or []:
            yield from self._ask("propose", partial(_propose, statement_id), tries)
        yield from self._drive(tries)

    def _drive(self, rounds: int) -> Actor:
        """Move every payout on until none is under way, or for so many rounds."""
        for _ in range(rounds):
            yield from self._ask("payouts", _payouts, 3)
            listed = self._last("payouts") or []
            moving = [
                (no, state) for no, state in listed if state not in {"confirmed", "cancelled"}
            ]
            if not moving:
                return
            for no, state in moving:
                act = _ACTS.get(state)
                if act is not None:
                    yield from self._ask(f"payout_{state}", partial(act, no), 1)
                    if self.street.drawn(150):
                        # A second person presses the same button.
                        self.street.machine.follow(
                            self._ask(f"payout_{state}", partial(act, no), 1)
                        )
            yield self.street.machine.chance.choice((30 * SECOND, HOUR, 13 * HOUR))

    def hear_returns(self, returned: list[str]) -> Actor:
        """The bank sent money back days after it had confirmed it: people book that by hand, then pay again."""
        for payout_id in returned:
            yield from self._ask("payout_back", partial(_back, int(payout_id)), 5)
        if returned:
            yield from self._drive(12)

    def _ask(self, kind: str, job: Act, tries: int, **facts: Any) -> Actor:
        ask = Ask(kind, self.street.request_id(), job, {**facts, "fresh": True})
        yield from self.street.network.persist(
            self.name, self.street.network.witness.note(ask), tries
        )

    def _last(self, kind: str) -> Any:
        asks = self.street.network.witness.of(kind)
        return asks[-1].body if asks and asks[-1].done else None


def _issue(month: int, desk: Desk, at: int) -> int:
    return len(run_month(desk.db, HERE, month, at=at).statements)


def _statements(month: int, desk: Desk, _at: int) -> list[tuple[int, int]]:
    with desk.db.read() as tx:
        return [(s.statement_id, s.claimant_id) for s in statements_of_month(tx, HERE, month)]


def _accept(statement_id: int, shop: int, desk: Desk, at: int) -> str:
    return _once(
        lambda: accept_statement(desk.db, HERE, statement_id, by=By("merchant", shop), at=at).state
    )


def _object(statement_id: int, shop: int, desk: Desk, at: int) -> str:
    return _once(
        lambda: (
            object_to(desk.db, HERE, statement_id, by=By("merchant", shop), why="sim", at=at).state
        )
    )


def _silence(desk: Desk, at: int) -> int:
    return len(accept_silent(desk.db, HERE, at=at))


def _propose(statement_id: int, desk: Desk, at: int) -> str:
    return _once(lambda: propose_payout(desk.db, HERE, statement_id, by=ZHOU, at=at).state)


def _payouts(desk: Desk, _at: int) -> list[tuple[int, str]]:
    with desk.db.read() as tx:
        unended_payouts(tx, HERE)
        return [(p.payout_id, p.state) for p in payouts(tx, HERE)]


def _approve(no: int, desk: Desk, at: int) -> str:
    return _once(lambda: approve_payout(desk.db, HERE, no, by=CHIEF, at=at).state)


def _send(no: int, desk: Desk, at: int) -> str:
    return _once(lambda: send_payout(desk.db, desk.channel, HERE, no, by=ZHOU, at=at).state)


def _resolve(no: int, desk: Desk, at: int) -> str:
    channel = desk.channel
    assert channel is not None
    return _once(lambda: resolve_payout(desk.db, channel, HERE, no, by=ZHOU, at=at).state)


def _again(no: int, desk: Desk, at: int) -> str:
    return _once(lambda: propose_again(desk.db, HERE, no, by=ZHOU, at=at).state)


def _back(no: int, desk: Desk, at: int) -> str:
    return _once(lambda: fail_payout(desk.db, HERE, no, by=ZHOU, why="returned", at=at).state)


def _once(act: Callable[[], str]) -> str:
    """People who press a button a second time are told so, and that is that."""
    try:
        return act()
    except Refusal as refusal:
        if refusal.code in {
            "statement_ended",
            "payout_wrong_state",
            "payout_waiting",
            "nothing_to_pay",
        }:
            return refusal.code
        raise


_ACTS: dict[str, Callable[[int, Desk, int], str]] = {
    "proposed": _approve,
    "approved": _send,
    "sending": _resolve,
    "sent": _resolve,
    "unknown": _resolve,
    "failed": _again,
    "returned": _again,
}
"""What people do with a payout in each state."""
