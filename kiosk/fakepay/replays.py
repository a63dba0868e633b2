"""Idempotency keys of the fake channel: one key, one body, one answer, also when that was a 500."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from kiosk.fakepay.errors import ApiError
from kiosk.fakepay.store import Store, Thing

KEY_LIFE_S: Final = 24 * 3600
"""The real channel may forget a key after a day; this one does."""

SERVER_ERROR: Final = 500
CARD_REFUSED: Final = 402


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, and whether it was given before."""

    status: int
    body: Thing
    replayed: bool = False


def answer_once(
    store: Store,
    key: str | None,
    question: str,
    work: Callable[[], Thing],
    *,
    spoil: bool = False,
) -> Answer:
    """Answer `question` by `work`, or from memory where `key` was answered before.

    Refusals made before anything was done are not remembered. With `spoil` the work is done and
    the answer that is given, and remembered, is a 500.
    """
    digest = hashlib.sha256(question.encode()).hexdigest()
    known = None if key is None else store.find("answer", key)
    if known is not None and known["at"] + KEY_LIFE_S > store.now():
        if known["question"] != digest:
            raise ApiError(
                400,
                "Keys for idempotent requests can only be used with the same parameters they "
                "were first used with.",
                kind="idempotency_error",
            )
        return Answer(known["status"], known["body"], replayed=True)
    answer = _answer(work)
    if spoil:
        answer = server_error()
    if key is not None and (answer.status < 400 or answer.status in (CARD_REFUSED, SERVER_ERROR)):  # noqa: PLR2004 - HTTP's own line
        # A copy, since the object itself goes on changing.
        body = json.loads(json.dumps(answer.body))
        kept = {"question": digest, "status": answer.status, "body": body, "at": store.now()}
        store.put("answer", key, kept)
    return answer


def server_error() -> Answer:
    """The channel's own trouble."""
    error = {"type": "api_error", "message": "An unexpected error occurred."}
    return Answer(SERVER_ERROR, {"error": error})


def _answer(work: Callable[[], Thing]) -> Answer:
    try:
        return Answer(200, work())
    except ApiError as error:
        return Answer(error.status, error.body)
