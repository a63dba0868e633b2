"""Reads the channel's answers: each JSON body becomes one outcome, a contradiction is Unknown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from pos.channel import (
    Cancelled,
    CancelOutcome,
    Charged,
    Declined,
    PaidOut,
    PayoutOnItsWay,
    PayoutOutcome,
    PayoutReturned,
    Pending,
    Refunded,
    RefundOnItsWay,
    RefundOutcome,
    TransferOutcome,
    Transferred,
    Unknown,
)
from pos.gateway_forms import CURRENCY

T = TypeVar("T")
Body = Mapping[str, Any]

CONTRADICTORY: Final = Unknown("contradictory_answer")
UNREADABLE: Final = Unknown("unreadable_answer")

OK: Final = range(200, 300)
CARD_REFUSED: Final = 402
NOT_THERE: Final = 404

DEAD: Final = (Declined, Cancelled, PayoutReturned)
"""Outcomes after which the object can move no money."""

STILL_OPEN: Final = (
    "processing",
    "requires_action",
    "requires_confirmation",
    "requires_capture",
    "requires_payment_method",
)

_WORD: Final = re.compile(r"[a-z0-9_]{1,64}")


@dataclass(frozen=True, slots=True)
class Expected:
    """What an answer must say to be believed: our marks, and the fen where they are known."""

    marks: Mapping[str, str]
    amount_fen: int | None = None

    def doubt(self, body: Body, kind: str) -> Unknown | None:
        """Why `body` cannot be believed as an object of that kind, or None."""
        object_id, amount = body.get("id"), body.get("amount")
        if body.get("object") != kind or not isinstance(object_id, str) or not object_id:
            return UNREADABLE
        marks = body.get("metadata") or {}
        agrees = (
            isinstance(amount, int)
            and amount > 0
            and self.amount_fen in (None, amount)
            and body.get("currency") == CURRENCY
            and all(marks.get(name) == mark for name, mark in self.marks.items())
        )
        return None if agrees else CONTRADICTORY


ANYTHING: Final = Expected({})
"""For objects asked for by the channel's own id."""


def read_charge(body: Body, expected: Expected) -> CancelOutcome:
    """A PaymentIntent: Charged only when status, currency, marks and received amount all agree."""
    doubt = expected.doubt(body, "payment_intent")
    if doubt is not None:
        return doubt
    intent_id, amount = str(body["id"]), int(body["amount"])
    outcome: CancelOutcome
    match body.get("status"):
        case "succeeded":
            whole = body.get("amount_received", amount) == amount
            outcome = Charged(intent_id, amount) if whole else CONTRADICTORY
        case "canceled":
            outcome = Cancelled(intent_id)
        case "requires_payment_method" if body.get("last_payment_error"):
            outcome = Declined(refusal_word(body["last_payment_error"], "declined"))
        case status if status in STILL_OPEN:
            outcome = Pending(intent_id, _pay_text(body))
        case _:
            outcome = UNREADABLE
    return outcome


def read_refund(body: Body, expected: Expected) -> RefundOutcome:
    """A Refund."""
    doubt = expected.doubt(body, "refund")
    if doubt is not None:
        return doubt
    outcome: RefundOutcome
    match body.get("status"):
        case "succeeded":
            outcome = Refunded(str(body["id"]), int(body["amount"]))
        case "pending" | "requires_action":
            outcome = RefundOnItsWay(str(body["id"]))
        case "failed" | "canceled":
            outcome = Declined(_word(body.get("failure_reason"), "refund_failed"))
        case _:
            outcome = UNREADABLE
    return outcome


def read_transfer(body: Body, expected: Expected) -> TransferOutcome:
    """A Transfer; one that was taken back again moved nothing."""
    doubt = expected.doubt(body, "transfer")
    if doubt is not None:
        return doubt
    if body.get("reversed"):
        return Declined("transfer_reversed")
    return Transferred(str(body["id"]), int(body["amount"]))


def read_payout(body: Body, expected: Expected) -> PayoutOutcome:
    """A Payout."""
    doubt = expected.doubt(body, "payout")
    if doubt is not None:
        return doubt
    payout_id = str(body["id"])
    outcome: PayoutOutcome
    match body.get("status"):
        case "paid":
            outcome = PaidOut(payout_id, int(body["amount"]))
        case "pending" | "in_transit":
            outcome = PayoutOnItsWay(payout_id)
        case "failed" | "canceled":
            why = _word(body.get("failure_code"), "payout_failed")
            outcome = PayoutReturned(payout_id, why)
        case _:
            outcome = UNREADABLE
    return outcome


def read_refusal(status: int, body: Body) -> Declined | Unknown:
    """An answer outside 2xx; a key that was used for another body settles nothing."""
    error = body.get("error")
    if not isinstance(error, Mapping):
        return Declined(f"channel_{status}")
    if error.get("type") == "idempotency_error":
        return Unknown("key_used_for_other_content")
    fallback = "declined" if status == CARD_REFUSED else f"channel_{status}"
    return Declined(refusal_word(error, fallback))


def refusal_word(error: Body, fallback: str) -> str:
    """The channel's own word for its no; free text is never taken over."""
    return _word(error.get("decline_code"), _word(error.get("code"), fallback))


def matching(objects: Sequence[Any], marks: Mapping[str, str]) -> list[Body]:
    """The objects that carry all our marks."""
    return [
        found
        for found in objects
        if isinstance(found, Mapping)
        and all((found.get("metadata") or {}).get(name) == mark for name, mark in marks.items())
    ]


def one_of(found: Sequence[Body], read: Callable[[Body], T]) -> T | Unknown:
    """The outcome that counts among all objects under one id of ours, newest first.

    A live one wins over dead ones; two live ones are for a person to look at, so they are Unknown.
    """
    outcomes = [read(body) for body in found]
    alive = [outcome for outcome in outcomes if not isinstance(outcome, DEAD)]
    if len(alive) > 1:
        return Unknown("moved_twice")
    return alive[0] if alive else outcomes[0]


def _word(value: object, fallback: str) -> str:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else fallback


def _pay_text(body: Body) -> str | None:
    action = body.get("next_action") or {}
    shown = (action.get("wechat_pay_display_qr_code") or {}).get("data")
    sent = (action.get("alipay_handle_redirect") or {}).get("url")
    return next((text for text in (shown, sent) if isinstance(text, str)), None)
