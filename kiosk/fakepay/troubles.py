"""Trouble ordered in advance: what goes wrong with the next requests of the fake channel."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from kiosk.fakepay.errors import ApiError

KINDS: Final = {
    "lost_before": "the line drops before the request is looked at",
    "lost_after": "the act is done, the line drops before the answer",
    "late": "the act is done, the answer comes `delay_ms` later",
    "error_before": "500 before the request is looked at; the key remembers nothing",
    "error_after": "the act is done and remembered, this one answer is a 500",
    "error_saved": "the act is done, a 500 is the answer the key remembers",
    "busy": "409: the key is said to be in use",
    "too_many": "429 before the request is looked at",
    "contradict": "the act is done, the answer tells another amount",
    "garbled": "the act is done, the answer is no JSON",
    "decline": "the next confirmation is declined with the code `code`",
    "webhook_first": "the webhooks of the act arrive before its answer",
}


@dataclass(slots=True)
class Trouble:
    """One order: it strikes `times` requests of `method` whose path begins with `path`."""

    kind: str
    method: str = "POST"
    path: str = "/v1/"
    times: int = 1
    delay_ms: int = 0
    code: str = "generic_decline"


class Troubles:
    """The orders not used up yet, struck in the order they were given."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._waiting: list[Trouble] = []

    def order(self, wanted: Mapping[str, Any]) -> None:
        """Add one order from the control endpoint."""
        if wanted.get("kind") not in KINDS or not set(wanted) <= set(Trouble.__slots__):
            raise ApiError(400, f"A trouble is one of {', '.join(KINDS)}")
        with self._lock:
            self._waiting.append(Trouble(**wanted))

    def take(self, method: str, path: str) -> Trouble | None:
        """The trouble that strikes this request, if any."""
        with self._lock:
            for trouble in self._waiting:
                if trouble.method == method and path.startswith(trouble.path):
                    trouble.times -= 1
                    if trouble.times <= 0:
                        self._waiting.remove(trouble)
                    return trouble
        return None

    def clear(self) -> None:
        """Take every order back."""
        with self._lock:
            self._waiting.clear()
