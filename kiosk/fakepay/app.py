"""The fake channel as a WSGI application: its routes, and what happens to one request."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from flask import Flask, Response, jsonify, request

from kiosk.fakepay import control, endpoints, money, payments
from kiosk.fakepay.bank import API_VERSION
from kiosk.fakepay.errors import ApiError
from kiosk.fakepay.forms import unfold
from kiosk.fakepay.replays import Answer, answer_once, server_error
from kiosk.fakepay.store import Thing
from kiosk.fakepay.troubles import Trouble
from kiosk.fakepay.works import Works

Operation = Callable[..., Thing]

ROUTES: Final[tuple[tuple[str, str, Operation], ...]] = (
    ("POST", "/v1/payment_intents", payments.create),
    ("GET", "/v1/payment_intents", payments.list_all),
    ("GET", "/v1/payment_intents/search", payments.search),
    ("GET", "/v1/payment_intents/<object_id>", payments.retrieve),
    ("POST", "/v1/payment_intents/<object_id>/confirm", payments.confirm),
    ("POST", "/v1/payment_intents/<object_id>/cancel", payments.cancel),
    ("GET", "/v1/charges/<object_id>", payments.retrieve_charge),
    ("POST", "/v1/refunds", money.create_refund),
    ("GET", "/v1/refunds", money.list_refunds),
    ("GET", "/v1/refunds/<object_id>", money.retrieve_refund),
    ("POST", "/v1/transfers", money.create_transfer),
    ("GET", "/v1/transfers", money.list_transfers),
    ("GET", "/v1/transfers/<object_id>", money.retrieve_transfer),
    ("POST", "/v1/payouts", money.create_payout),
    ("GET", "/v1/payouts", money.list_payouts),
    ("GET", "/v1/payouts/<object_id>", money.retrieve_payout),
    ("GET", "/v1/balance", money.retrieve_balance),
    ("POST", "/v1/webhook_endpoints", endpoints.create_endpoint),
    ("GET", "/v1/webhook_endpoints", endpoints.list_endpoints),
    ("GET", "/v1/events", endpoints.list_events),
    ("GET", "/v1/events/<object_id>", endpoints.retrieve_event),
)

LONGEST_DELAY_MS: Final = 30_000


class FakePay(Works):
    """One fake channel: its works, and the application that answers for them."""

    def __init__(self, file: Path | None = None, *, payout_delay_s: int | None = 0) -> None:
        """Keep state in memory, and in the SQLite file `file` where one is given."""
        super().__init__(file, payout_delay_s=payout_delay_s)
        self.app = Flask(__name__)
        self.app.register_blueprint(control.desk(self))
        self.app.register_error_handler(ApiError, _show_error)
        self.app.register_error_handler(404, _show_no_route)
        for position, (method, rule, operation) in enumerate(ROUTES):
            self.app.add_url_rule(
                rule,
                f"operation-{position}",
                self._view(operation),
                methods=[method],
                provide_automatic_options=False,
            )

    def _view(self, operation: Operation) -> Callable[..., Response]:
        def view(**ids: str) -> Response:
            _check_key_of_client()
            trouble = self.troubles.take(request.method, request.path)
            kind = None if trouble is None else trouble.kind
            early = _early_trouble(kind)
            if early is not None:
                return early
            form = unfold(_pairs())
            with self.store.lock:
                money.end_due_payouts(self.bank)
                if trouble is not None and kind == "decline":
                    self.bank.decline_next = trouble.code
                try:
                    answer = answer_once(
                        self.store,
                        request.headers.get("Idempotency-Key") if _is_post() else None,
                        json.dumps([request.path, form], sort_keys=True),
                        lambda: operation(self.bank, form, *ids.values()),
                        spoil=kind == "error_saved",
                    )
                    # Shown as it is now: the object goes on changing once the lock is let go.
                    shown = _show(answer)
                finally:
                    self.bank.decline_next = None
                    events = self.end_change()
            if kind == "webhook_first":
                self.hooks.send_now(events)
            else:
                self.hooks.send(events)
            return _late_trouble(trouble, answer, shown)

        return view


def _early_trouble(kind: str | None) -> Response | None:
    match kind:
        case "lost_before":
            return _drop_line()
        case "error_before":
            return _show(server_error())
        case "busy":
            raise ApiError(
                409, "The key is in use by another request.", code="idempotency_key_in_use"
            )
        case "too_many":
            raise ApiError(429, "Too many requests.", code="rate_limit")
        case _:
            return None


def _late_trouble(trouble: Trouble | None, answer: Answer, shown: Response) -> Response:
    match None if trouble is None else trouble.kind:
        case "lost_after":
            return _drop_line()
        case "late":
            time.sleep(min(trouble.delay_ms if trouble else 0, LONGEST_DELAY_MS) / 1000)
            return shown
        case "error_after":
            return _show(server_error())
        case "contradict":
            told = json.loads(shown.get_data())
            told["amount"] = told.get("amount", 0) + 1
            return _show(replace(answer, body=told))
        case "garbled":
            return Response("<html>Bad gateway</html>", 200, content_type="text/html")
        case _:
            return shown


def _drop_line() -> Response:
    """Close the client's connection without a word; what is returned then reaches nobody."""
    line: socket.socket = request.environ["werkzeug.socket"]
    line.shutdown(socket.SHUT_RDWR)
    return Response(status=500)


def _is_post() -> bool:
    return request.method == "POST"


def _pairs() -> list[tuple[str, str]]:
    sent = request.form if _is_post() else request.args
    return list(sent.items(multi=True))


def _check_key_of_client() -> None:
    sent = request.authorization
    key = "" if sent is None else (sent.token or sent.get("username") or "")
    if not key.startswith("sk_"):
        raise ApiError(401, "Invalid API Key provided.", code="api_key_invalid")


def _show(answer: Answer) -> Response:
    shown: Response = jsonify(answer.body)
    shown.status_code = answer.status
    shown.headers["Request-Id"] = f"req_{time.monotonic_ns()}"
    shown.headers["Stripe-Version"] = request.headers.get("Stripe-Version", API_VERSION)
    if answer.replayed:
        shown.headers["Idempotent-Replayed"] = "true"
    return shown


def _show_error(error: ApiError) -> Response:
    return _show(Answer(error.status, error.body))


def _show_no_route(_: Any) -> Response:  # noqa: ANN401 - werkzeug's own error
    message = f"Unrecognized request URL ({request.method}: {request.path})."
    return _show_error(ApiError(404, message))
