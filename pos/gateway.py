"""Speaks the Stripe API by plain requests: one key per act, few tries, every outcome a value."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar
from urllib.parse import quote

import requests

from pos import gateway_answers as answers
from pos import gateway_forms as forms
from pos.channel import (
    Cancelled,
    CancelOutcome,
    ChargeOutcome,
    ChargeRequest,
    Declined,
    FoundCharge,
    FoundPayout,
    FoundRefund,
    FoundTransfer,
    NotFound,
    PayoutOutcome,
    PayoutRequest,
    RefundOutcome,
    RefundRequest,
    TransferOutcome,
    TransferRequest,
    Unknown,
    Window,
)
from pos.gateway_answers import ANYTHING, Body, Expected

T = TypeVar("T")

LOG: Final = logging.getLogger(__name__)

TRY_AGAIN: Final = frozenset({409, 429, *range(500, 600)})
MOST_PAGES: Final = 100
PAGE: Final = 100
LONGEST_PAUSE_S: Final = 2.0
FIRST_PAUSE_S: Final = 0.2
CONNECT_TIMEOUT_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that can be read: its HTTP status and JSON object."""

    status: int
    body: Body


@dataclass(frozen=True)
class Gateway:
    """A payment channel (see `pos.channel.PaymentChannel`) behind the Stripe API at `base_url`.

    `timeout_s` bounds each wait for an answer, `retries` the further tries after the first; all
    tries of one act carry one Idempotency-Key. One Gateway may be shared by threads.
    """

    base_url: str
    secret_key: str = field(repr=False)
    api_version: str = forms.API_VERSION
    timeout_s: float = 10.0
    retries: int = 3
    pause: Callable[[float], None] = field(default=time.sleep, repr=False)
    session: requests.Session = field(default_factory=requests.Session, repr=False)

    def charge(self, request: ChargeRequest) -> ChargeOutcome:
        """Create and confirm a PaymentIntent in CNY for `request.amount_fen`."""
        expected = Expected(
            forms.charge_marks(request.sale_id, request.community_id), request.amount_fen
        )
        found = self._act(
            "/v1/payment_intents",
            forms.charge_form(request),
            request.key,
            lambda body: answers.read_charge(body, expected),
        )
        return Declined("canceled") if isinstance(found, Cancelled) else found

    def retrieve(self, intent_id: str) -> FoundCharge:
        """What became of a payment."""
        return self._look(
            f"/v1/payment_intents/{_safe(intent_id)}",
            lambda body: answers.read_charge(body, ANYTHING),
        )

    def find_charge(
        self, sale_id: str, community_id: int, window: Window | None = None
    ) -> FoundCharge:
        """The payment marked with our sale; from a list, since the channel's search lags behind."""
        expected = Expected(forms.charge_marks(sale_id, community_id))
        return self._search(
            "/v1/payment_intents",
            forms.window_form(window),
            expected,
            lambda body: answers.read_charge(body, expected),
        )

    def cancel(self, intent_id: str) -> CancelOutcome:
        """End an unpaid payment; where the channel refuses, the payment itself says why."""
        ended = self._act(
            f"/v1/payment_intents/{_safe(intent_id)}/cancel",
            {},
            f"cancel:{intent_id}",
            lambda body: answers.read_charge(body, ANYTHING),
        )
        if not isinstance(ended, Declined):
            return ended
        found = self.retrieve(intent_id)
        return ended if isinstance(found, NotFound) else found

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """Give back `request.amount_fen` of a payment."""
        expected = Expected(forms.refund_marks(request), request.amount_fen)
        return self._act(
            "/v1/refunds",
            forms.refund_form(request),
            request.key,
            lambda body: answers.read_refund(body, expected),
        )

    def retrieve_refund(self, refund_id: str) -> FoundRefund:
        """What became of a refund."""
        return self._look(
            f"/v1/refunds/{_safe(refund_id)}", lambda body: answers.read_refund(body, ANYTHING)
        )

    def find_refund(self, request: RefundRequest) -> FoundRefund:
        """The refund of that payment marked with our refund id."""
        expected = Expected(forms.refund_marks(request), request.amount_fen)
        return self._search(
            "/v1/refunds",
            {"payment_intent": request.intent_id},
            expected,
            lambda body: answers.read_refund(body, expected),
        )

    def transfer(self, request: TransferRequest) -> TransferOutcome:
        """Move `request.amount_fen` to the merchant's account."""
        expected = Expected(forms.payout_marks(request), request.amount_fen)
        return self._act(
            "/v1/transfers",
            forms.transfer_form(request),
            request.key,
            lambda body: answers.read_transfer(body, expected),
        )

    def find_transfer(
        self, request: TransferRequest, window: Window | None = None
    ) -> FoundTransfer:
        """The transfer marked with our payout id and attempt."""
        expected = Expected(forms.payout_marks(request), request.amount_fen)
        return self._search(
            "/v1/transfers",
            {"transfer_group": request.payout_id, **forms.window_form(window)},
            expected,
            lambda body: answers.read_transfer(body, expected),
        )

    def payout(self, request: PayoutRequest) -> PayoutOutcome:
        """Pay `request.amount_fen` out of the balance."""
        expected = Expected(forms.payout_marks(request), request.amount_fen)
        return self._act(
            "/v1/payouts",
            forms.payout_form(request),
            request.key,
            lambda body: answers.read_payout(body, expected),
        )

    def retrieve_payout(self, payout_id: str) -> FoundPayout:
        """What became of a payout."""
        return self._look(
            f"/v1/payouts/{_safe(payout_id)}", lambda body: answers.read_payout(body, ANYTHING)
        )

    def find_payout(self, request: PayoutRequest, window: Window | None = None) -> FoundPayout:
        """The payout marked with our payout id and attempt."""
        expected = Expected(forms.payout_marks(request), request.amount_fen)
        return self._search(
            "/v1/payouts",
            forms.window_form(window),
            expected,
            lambda body: answers.read_payout(body, expected),
        )

    def _act(
        self, path: str, form: forms.Form, key: str, read: Callable[[Body], T]
    ) -> T | Declined | Unknown:
        reply = self._send("POST", path, form, key)
        if isinstance(reply, Unknown):
            return reply
        if reply.status in answers.OK:
            return read(reply.body)
        return answers.read_refusal(reply.status, reply.body)

    def _look(self, path: str, read: Callable[[Body], T]) -> T | NotFound | Unknown:
        reply = self._send("GET", path, {}, None)
        if isinstance(reply, Unknown):
            return reply
        if reply.status in answers.OK:
            return read(reply.body)
        # A question that was refused says nothing about the money.
        missing = reply.status == answers.NOT_THERE
        return NotFound() if missing else Unknown(f"http_{reply.status}")

    def _search(
        self, path: str, filters: forms.Form, expected: Expected, read: Callable[[Body], T]
    ) -> T | NotFound | Unknown:
        found: list[Body] = []
        after: str | None = None
        for _ in range(MOST_PAGES):
            reply = self._send(
                "GET", path, {**filters, "limit": PAGE, "starting_after": after}, None
            )
            if isinstance(reply, Unknown):
                return reply
            page = reply.body.get("data")
            if reply.status not in answers.OK or not isinstance(page, list):
                return Unknown(f"http_{reply.status}")
            found += answers.matching(page, expected.marks)
            if not reply.body.get("has_more") or not page:
                return answers.one_of(found, read) if found else NotFound()
            after = str(page[-1]["id"])
        return Unknown("search_too_long")

    def _send(self, method: str, path: str, form: forms.Form, key: str | None) -> Reply | Unknown:
        """Send up to `retries` + 1 times under one key, until an answer settles the matter."""
        doubt: Unknown | None = None
        for attempt in range(self.retries + 1):
            if attempt:
                self.pause(_pause_s(attempt))
            reply = self._try_once(method, path, form, key)
            if isinstance(reply, Unknown):
                doubt = reply
                LOG.warning("channel %s %s try=%d %s", method, path, attempt + 1, reply.reason)
                continue
            # An earlier try may have gone through unseen; then a refusal made at the door,
            # before the key was looked at, settles nothing.
            if key and doubt and reply.status not in (*answers.OK, answers.CARD_REFUSED):
                return doubt
            return reply
        return doubt or Unknown("no_try")

    def _try_once(
        self, method: str, path: str, form: forms.Form, key: str | None
    ) -> Reply | Unknown:
        pairs = forms.encode(form)
        try:
            response = self.session.request(
                method,
                self.base_url.rstrip("/") + path,
                params=pairs if method == "GET" else None,
                data=pairs if method == "POST" else None,
                headers=self._headers(key),
                auth=(self.secret_key, ""),
                timeout=(min(self.timeout_s, CONNECT_TIMEOUT_S), self.timeout_s),
                allow_redirects=False,
            )
        except requests.Timeout:
            return Unknown("timeout")
        except requests.RequestException:
            return Unknown("connection_lost")
        return _read(response)

    def _headers(self, key: str | None) -> dict[str, str]:
        headers = {"Stripe-Version": self.api_version, "Accept": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        return headers


def _read(response: requests.Response) -> Reply | Unknown:
    if response.status_code in TRY_AGAIN:
        return Unknown(f"http_{response.status_code}")
    try:
        body = response.json()
    except requests.JSONDecodeError:
        return Unknown("unreadable_answer")
    readable = isinstance(body, Mapping)
    return Reply(response.status_code, body) if readable else Unknown("unreadable_answer")


def _pause_s(attempt: int) -> float:
    longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**attempt)
    return random.uniform(longest / 2, longest)  # noqa: S311 - spreads the tries, guards nothing


def _safe(channel_id: str) -> str:
    """A channel's id as one path segment."""
    return quote(channel_id, safe="")
