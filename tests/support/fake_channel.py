"""A payment channel in a few lines: in memory, or in a file that survives the killing of whoever asks it."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pos import channel as pay

Trouble = Callable[[str], str]
"""Told each request's key; answers `` (none), declined, pending, lost_request or lost_answer."""


def _none(_key: str) -> str:
    return ""


@dataclass
class FakeChannel:
    """Keeps what it did under the caller's key, so that a repeated request moves no money twice."""

    file: Path | None = None
    trouble: Trouble = _none
    after_charge: Callable[[], object] = lambda: None
    """Called when the money has moved and the caller does not know it yet."""
    before_charge: Callable[[], object] = lambda: None
    _kept: list[dict[str, Any]] = field(default_factory=list)

    def charge(self, request: pay.ChargeRequest) -> pay.ChargeOutcome:
        """Take the money once, whatever is answered."""
        self.before_charge()
        trouble = self.trouble(request.key)
        if trouble == "lost_request":
            return pay.Unknown("timeout")
        with self._things() as (things, keep):
            known = _find(things, request.key)
            if known is None:
                known = {
                    "key": request.key,
                    "kind": "charge",
                    "id": f"pi_{len(things)}",
                    "sale_id": request.sale_id,
                    "fen": request.amount_fen,
                    "state": trouble if trouble in {"declined", "pending"} else "succeeded",
                }
                keep(known)
        self.after_charge()
        if trouble == "lost_answer":
            return pay.Unknown("connection_lost")
        outcome = _charge_outcome(known)
        assert not isinstance(outcome, pay.Cancelled | pay.NotFound)
        return outcome

    def retrieve(self, intent_id: str) -> pay.FoundCharge:
        """By the channel's own id."""
        with self._things() as (things, _):
            found = [t for t in things if t["kind"] == "charge" and t["id"] == intent_id]
            return _charge_outcome(found[-1]) if found else pay.NotFound()

    def find_charge(
        self, sale_id: str, community_id: int, window: pay.Window | None = None
    ) -> pay.FoundCharge:
        """By our sale."""
        del window
        with self._things() as (things, _):
            found = _find(things, f"charge:{community_id}:{sale_id}")
            return pay.NotFound() if found is None else _charge_outcome(found)

    def cancel(self, intent_id: str) -> pay.CancelOutcome:
        """End an unpaid payment."""
        with self._things() as (things, keep):
            found = next(
                t for t in reversed(things) if t["kind"] == "charge" and t["id"] == intent_id
            )
            if found["state"] == "pending":
                keep({**found, "state": "cancelled"})
                return pay.Cancelled(intent_id)
            outcome = _charge_outcome(found)
            assert not isinstance(outcome, pay.NotFound)
            return outcome

    def refund(self, request: pay.RefundRequest) -> pay.RefundOutcome:
        """Give back once, never more than was taken."""
        trouble = self.trouble(request.key)
        if trouble == "lost_request":
            return pay.Unknown("timeout")
        with self._things() as (things, keep):
            known = _find(things, request.key)
            if known is None:
                taken = sum(
                    t["fen"] for t in _last(things, "charge") if t["id"] == request.intent_id
                )
                given = sum(
                    t["fen"]
                    for t in _last(things, "refund")
                    if t["intent_id"] == request.intent_id and t["state"] == "succeeded"
                )
                refused = trouble == "declined" or given + request.amount_fen > taken
                known = {
                    "key": request.key,
                    "kind": "refund",
                    "id": f"re_{len(things)}",
                    "intent_id": request.intent_id,
                    "fen": request.amount_fen,
                    "state": "declined" if refused else "succeeded",
                }
                keep(known)
            elif known["fen"] != request.amount_fen:
                raise AssertionError("one idempotency key with two amounts")
        if trouble == "lost_answer":
            return pay.Unknown("connection_lost")
        return _refund_outcome(known)

    def retrieve_refund(self, refund_id: str) -> pay.FoundRefund:
        """By the channel's own id."""
        with self._things() as (things, _):
            found = [t for t in things if t["kind"] == "refund" and t["id"] == refund_id]
            return _refund_outcome(found[-1]) if found else pay.NotFound()

    def find_refund(self, request: pay.RefundRequest) -> pay.FoundRefund:
        """By our refund id."""
        with self._things() as (things, _):
            found = _find(things, request.key)
            return pay.NotFound() if found is None else _refund_outcome(found)

    def transfer(self, request: pay.TransferRequest) -> pay.TransferOutcome:
        """Not asked by a till."""
        raise NotImplementedError(request.key)

    def find_transfer(
        self, request: pay.TransferRequest, window: pay.Window | None = None
    ) -> pay.FoundTransfer:
        """Not asked by a till."""
        raise NotImplementedError(request.key, window)

    def payout(self, request: pay.PayoutRequest) -> pay.PayoutOutcome:
        """Not asked by a till."""
        raise NotImplementedError(request.key)

    def retrieve_payout(self, payout_id: str) -> pay.FoundPayout:
        """Not asked by a till."""
        raise NotImplementedError(payout_id)

    def find_payout(
        self, request: pay.PayoutRequest, window: pay.Window | None = None
    ) -> pay.FoundPayout:
        """Not asked by a till."""
        raise NotImplementedError(request.key, window)

    # --- what the tests look at

    def charged(self) -> dict[str, int]:
        """Fen taken by sale; a sale charged twice is an error of this fake and of its caller."""
        with self._things() as (things, _):
            return {
                t["sale_id"]: t["fen"] for t in _last(things, "charge") if t["state"] == "succeeded"
            }

    def given_back(self) -> int:
        """Fen refunded in all."""
        with self._things() as (things, _):
            return sum(t["fen"] for t in _last(things, "refund") if t["state"] == "succeeded")

    @contextmanager
    def _things(
        self,
    ) -> Iterator[tuple[list[dict[str, Any]], Callable[[dict[str, Any]], None]]]:
        if self.file is None:
            yield self._kept, self._kept.append
            return
        with self.file.open("a+b", buffering=0) as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            stream.seek(0)
            things = [json.loads(line) for line in stream.read().splitlines()]

            def keep(thing: dict[str, Any]) -> None:
                # One write call: whoever is killed has written the whole line or nothing.
                stream.write(json.dumps(thing).encode() + b"\n")
                things.append(thing)

            yield things, keep


def _find(things: list[dict[str, Any]], key: str) -> dict[str, Any] | None:
    return next((thing for thing in reversed(things) if thing["key"] == key), None)


def _last(things: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """The latest state of each thing of a kind."""
    return list({thing["key"]: thing for thing in things if thing["kind"] == kind}.values())


def _refund_outcome(thing: dict[str, Any]) -> pay.RefundOutcome:
    if thing["state"] == "declined":
        return pay.Declined("refund_refused")
    return pay.Refunded(thing["id"], thing["fen"])


def _charge_outcome(thing: dict[str, Any]) -> pay.FoundCharge:
    match thing["state"]:
        case "succeeded":
            return pay.Charged(thing["id"], thing["fen"])
        case "declined":
            return pay.Declined("card_declined")
        case "cancelled":
            return pay.Cancelled(thing["id"])
        case _:
            return pay.Pending(thing["id"])
