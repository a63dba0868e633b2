"""Signed webhooks of the fake channel: sent by a thread, tried again, held back on order."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import queue
import threading
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from kiosk.fakepay.store import Store, Thing

PAUSES_S: Final = (0.1, 0.3, 1.0, 3.0, 10.0)
"""Between the tries of one delivery; after the last pause it waits for the next start."""

ANSWER_TIMEOUT_S: Final = 5.0


class Hooks:
    """Delivers events to the endpoints; an event counts as delivered when all answered 2xx."""

    def __init__(self, store: Store) -> None:
        """Start with nothing to send; `start` also takes up what an earlier run left over."""
        self._store = store
        self._queue: queue.Queue[str | None] = queue.Queue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="fakepay-hooks", daemon=True)
        self._held: list[str] = []
        self.holding = False

    def start(self) -> None:
        """Start the sending thread."""
        with self._store.lock:
            left = [event["id"] for event in self._store.each("event") if event["pending_webhooks"]]
        for event_id in reversed(left):
            self._queue.put(event_id)
        self._thread.start()

    def stop(self) -> None:
        """Stop after the delivery on its way."""
        self._stop.set()
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout=ANSWER_TIMEOUT_S + 1)

    def send(self, event_ids: Sequence[str]) -> None:
        """Send soon, or keep back while `holding`."""
        if self.holding:
            self._held += event_ids
            return
        for event_id in event_ids:
            self._queue.put(event_id)

    def send_now(self, event_ids: Sequence[str]) -> None:
        """Send before returning, one try each; what fails is sent again later."""
        for event_id in event_ids:
            if not self._deliver(event_id):
                self._queue.put(event_id)

    def let_go(self, *, reverse: bool = False, copies: int = 1) -> int:
        """Send what was held back, `copies` times each; returns how many events that were."""
        held, self._held, self.holding = self._held, [], False
        for event_id in reversed(held) if reverse else held:
            self.send_now([event_id] * copies)
        return len(held)

    def _serve(self) -> None:
        while not self._stop.is_set():
            event_id = self._queue.get()
            if event_id is None:
                return
            for pause_s in PAUSES_S:
                if self._deliver(event_id) or self._stop.wait(pause_s):
                    break

    def _deliver(self, event_id: str) -> bool:
        with self._store.lock:
            event = self._store.find("event", event_id)
            endpoints = [dict(endpoint) for endpoint in self._store.each("webhook_endpoint")]
            body = json.dumps(event).encode()
        if event is None:
            return True
        told = all(
            _post(endpoint, body, self._store.now())
            for endpoint in endpoints
            if _wants(endpoint, event["type"])
        )
        if told and endpoints:
            with self._store.lock:
                event["pending_webhooks"] = 0
                self._store.put("event", event_id, event)
                self._store.save()
        return told


def sign(secret: str, body: bytes, at_s: int) -> str:
    """The `Stripe-Signature` header of a body sent at `at_s` (seconds)."""
    told = f"{at_s}.".encode() + body
    return f"t={at_s},v1={hmac.new(secret.encode(), told, hashlib.sha256).hexdigest()}"


def _wants(endpoint: Thing, kind: str) -> bool:
    return any(wanted in ("*", kind) for wanted in endpoint["enabled_events"])


def _post(endpoint: Thing, body: bytes, at_s: int) -> bool:
    target = urlsplit(endpoint["url"])
    secure = target.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    line = kind(target.hostname or "", target.port, timeout=ANSWER_TIMEOUT_S)
    try:
        line.request(
            "POST",
            target.path or "/",
            body,
            {
                "Content-Type": "application/json; charset=utf-8",
                "Stripe-Signature": sign(endpoint["secret"], body, at_s),
            },
        )
        return line.getresponse().status // 100 == 2  # noqa: PLR2004 - any 2xx
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()
