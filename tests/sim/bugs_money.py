"""Bugs of money and proof: the channel, holds, vesting, payouts. Each function plants what its sentence says."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from itertools import count
from typing import Any

import pytest

from ledger import writer
from ledger.book import facts, holds, requests
from ledger.book.chart import Kind
from ledger.sql import Tx
from pos import channel, charging, gateway, proof, recovery, routes, sale_plan
from pos.channel import ChargeOutcome, Declined, FoundPayout, PaidOut, PayoutReturned, Unknown
from pos.desk import Desk
from pos.sale_plan import Plan
from settlement import payout_asking, payouts
from settlement.payout_store import Payout, get_payout, move
from tests.sim.bugs_tools import instead, without

Patch = pytest.MonkeyPatch
Raw = sqlite3.Connection


def new_channel_key_on_retry(patch: Patch, _raw: Raw) -> None:
    """The client asks the channel again under a new idempotency key."""
    numbers = count()
    right = gateway.Gateway._headers

    def _headers(self: gateway.Gateway, key: str | None) -> dict[str, str]:
        return right(self, key and f"{key}:{next(numbers)}")

    patch.setattr(gateway.Gateway, "_headers", _headers)


def new_refund_key_on_retry(patch: Patch, _raw: Raw) -> None:
    """A refund that is asked for again goes to the channel under a new key."""
    numbers = count()
    patch.setattr(
        channel.RefundRequest,
        "key",
        property(lambda self: f"refund:{self.refund_id}:{next(numbers)}"),
    )


def lost_answer_taken_for_a_no(patch: Patch, _raw: Raw) -> None:
    """A payment whose answer did not come is treated as declined."""
    right = charging.finish

    def finish(desk: Desk, plan: Plan, outcome: ChargeOutcome, *, at: int) -> dict[str, Any]:
        seen = Declined("timeout") if isinstance(outcome, Unknown) else outcome
        return right(desk, plan, seen, at=at)

    patch.setattr(charging, "finish", finish)


def money_that_came_late_is_kept(patch: Patch, _raw: Raw) -> None:
    """A payment that arrives for a sale let go is neither booked nor sent back."""
    patch.setattr(recovery, "_send_back_late", lambda *_args: "")
    right = gateway.Gateway.refund

    def refund(self: gateway.Gateway, request: channel.RefundRequest) -> channel.RefundOutcome:
        return (
            Unknown("forgotten") if request.refund_id == request.sale_id else right(self, request)
        )

    patch.setattr(gateway.Gateway, "refund", refund)


def booked_again_by_recovery(patch: Patch, _raw: Raw) -> None:
    """Recovery (or a webhook that comes before the answer) books a sale that was booked meanwhile once more."""
    without(patch, charging, "_CLOSE", " AND state = 'open'")

    def find_answer(tx: Tx, community_id: int, request_id: str, kind: str, body_hash: bytes) -> Any:
        if kind == "sale":
            return None
        return right(tx, community_id, request_id, kind, body_hash)

    right = requests.find_answer
    patch.setattr(requests, "find_answer", find_answer)
    patch.setattr(routes, "mark_posted", lambda _tx, _reservation, **_named: True)


def hold_not_given_back(patch: Patch, _raw: Raw) -> None:
    """A sale that is let go keeps the points it had set aside."""
    instead(patch, holds, "_GIVE_BACK", "held = held - :amount", "held = held - :amount * 0")


def hold_captured_beside_the_balance(patch: Patch, _raw: Raw) -> None:
    """A hold is marked as used and what it held stays held."""
    right = charging._captured

    def _captured(tx: Tx, plan: Plan, *, txn_id: int, at: int) -> dict[int, int]:
        right(tx, plan, txn_id=txn_id, at=at)
        return {}

    patch.setattr(charging, "_captured", _captured)


def cover_not_released(patch: Patch, _raw: Raw) -> None:
    """A sale that is let go keeps its yuan of the shop's reserve."""
    right = sale_plan.limits_back_steps

    def limits_back_steps(plan: Plan) -> list[Any]:
        return [step for step in right(plan) if step.guard != "cover_release"]

    patch.setattr(charging, "limits_back_steps", limits_back_steps)


def limits_kept_by_a_sale_let_go(patch: Patch, _raw: Raw) -> None:
    """A sale that is let go still counts against its limits."""
    right = sale_plan.limits_back_steps

    def limits_back_steps(plan: Plan) -> list[Any]:
        return [step for step in right(plan) if step.guard == "cover_release"]

    patch.setattr(charging, "limits_back_steps", limits_back_steps)


def payment_earns_twice(patch: Patch, _raw: Raw) -> None:
    """A payment that has earned once is free for the next sale that names it."""
    without(patch, routes, "RESERVE", " WHERE payment_route.state = 'released'")


def pending_vested_twice(patch: Patch, _raw: Raw) -> None:
    """Two bills read in at one moment make the same points spendable twice."""
    without(patch, proof, "_STILL_OPEN", " AND state = 'open'")
    without(patch, facts, "_PENDING_END", " AND state = 'open'")
    instead(patch, facts, "_PENDING_END", "left_units = 0", "left_units = left_units")


def owed_not_repaid_first(patch: Patch, _raw: Raw) -> None:
    """Proven points go into the wallet while the debt stands."""
    instead(patch, proof, "_OWED", "SELECT b.posted", "SELECT b.posted * 0 AS posted")
    instead(patch, charging, "_OWED", "SELECT posted", "SELECT posted * 0 AS posted")


def proven_by_any_amount(patch: Patch, _raw: Raw) -> None:
    """A line of the bill proves the sale that is nearest in time, whatever was paid."""
    right = proof.match_lines

    def match_lines(waiting: Any, lines: Any, *, within_us: int) -> Any:
        pairs = right(waiting, lines, within_us=within_us)
        rows = [row for row in waiting if all(row is not known for known, _ in pairs)]
        rest = [line for line in lines if all(line is not known for _, known in pairs)]
        return [*pairs, *zip(rows, rest, strict=False)]

    patch.setattr(proof, "match_lines", match_lines)


def answers_before_it_commits(patch: Patch, _raw: Raw) -> None:
    """The writer answers when the work is done, and commits afterwards."""

    def _commit_together(raw: Any, jobs: list[tuple[Callable[[Tx], Any], Future[Any]]]) -> None:
        def answering(work: Callable[[Tx], Any], answer: Future[Any]) -> Callable[[Tx], Any]:
            def hasty(tx: Tx) -> Any:
                answer.set_result(work(tx))

            return hasty

        right(raw, [(answering(work, answer), _Deaf(answer)) for work, answer in jobs])

    right = writer._commit_together
    patch.setattr(writer, "_commit_together", _commit_together)


class _Deaf(Future[Any]):
    """Passes on what the caller was not told yet."""

    def __init__(self, answer: Future[Any]) -> None:
        super().__init__()
        self._answer = answer

    def set_exception(self, exception: BaseException | None) -> None:
        if not self._answer.done():
            self._answer.set_exception(exception)


def payout_sent_again_under_a_new_key(patch: Patch, _raw: Raw) -> None:
    """A payout whose answer did not come is sent again as a new attempt."""
    right = payouts.resolve_payout

    def resolve_payout(
        db: Any, way: Any, community_id: int, payout_id: int, *, by: Any, at: int
    ) -> Payout:
        with db.read() as tx:
            known = get_payout(tx, community_id, payout_id)
        if known.state not in {"sending", "unknown"} or known.channel_ref:
            return right(db, way, community_id, payout_id, by=by, at=at)
        anew = known._replace(attempt=known.attempt + 1, state="sending")
        sent = db.write(lambda tx: move(tx, community_id, known, anew, by=by, at=at))
        answer = way.payout(payout_asking.request_of(community_id, sent))
        return payouts._end(db, community_id, sent, answer, by=by, at=at)

    patch.setattr("tests.sim.month.resolve_payout", resolve_payout)


def payout_failed_booked_as_paid(patch: Patch, _raw: Raw) -> None:
    """A payout that the bank refused is booked as if it had left."""
    right = payouts._outcome

    def _outcome(payout: Payout, answer: FoundPayout) -> tuple[str, Kind | None, str, str]:
        refused = isinstance(answer, PayoutReturned)
        return right(payout, PaidOut(payout.channel_ref, payout.amount_fen) if refused else answer)

    patch.setattr(payouts, "_outcome", _outcome)


def payout_unknown_taken_for_failed(patch: Patch, _raw: Raw) -> None:
    """A payout whose answer did not come is owed, and paid, once more."""
    right = payouts._outcome

    def _outcome(payout: Payout, answer: FoundPayout) -> tuple[str, Kind | None, str, str]:
        return right(payout, Declined("timeout") if isinstance(answer, Unknown) else answer)

    patch.setattr(payouts, "_outcome", _outcome)


def payout_key_never_changes(patch: Patch, _raw: Raw) -> None:
    """A payout that failed is sent again under its first key, and hears its first answer for ever."""
    patch.setattr(
        channel.PayoutRequest,
        "key",
        property(lambda self: f"payout:{self.community_id}:{self.payout_id}"),
    )


def returned_money_not_owed_again(patch: Patch, _raw: Raw) -> None:
    """Money that the bank sent back after it was confirmed is noted and not booked."""
    right = payouts.fail_payout

    def fail_payout(
        db: Any, community_id: int, payout_id: int, *, by: Any, why: str, at: int
    ) -> Payout:
        with db.read() as tx:
            known = get_payout(tx, community_id, payout_id)
        if known.state != "confirmed":
            return right(db, community_id, payout_id, by=by, why=why, at=at)
        after = known._replace(state="returned")
        moved: Payout = db.write(lambda tx: move(tx, community_id, known, after, by=by, at=at))
        return moved

    patch.setattr("tests.sim.month.fail_payout", fail_payout)
