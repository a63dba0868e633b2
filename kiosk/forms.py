"""What people type into forms, as whole numbers in their smallest unit."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Callable, Mapping
from contextvars import copy_context
from typing import Any, Final

from flask import request

from kiosk.auth import actor
from kiosk.context import service
from ledger.audit import By
from ledger.book import requests
from ledger.book.requests import once
from ledger.book.steps import apply
from ledger.earning.calendar import day_from_key
from ledger.errors import GuardMissedError, Refusal
from ledger.sql import Tx

_AMOUNT: Final = re.compile(r"(\d{1,10})(?:[.\uff0e\u3002](\d{1,2}))?")
_NUMBER: Final = re.compile(r"-?\d{1,19}")
_MOST_NUMBER: Final = 2**63 - 1
"""What a column of whole numbers holds; some ids use all of it."""
_DAY: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_SHOWN: Final = 20


def text(name: str) -> str:
    """A field as one line without blanks around it; '' where it was left empty."""
    return " ".join(request.form.get(name, "").split())


def needed(name: str) -> str:
    """A field that must be filled in.

    Refusals: form_gap.
    """
    found = text(name)
    if not found:
        raise Refusal("form_gap")
    return found


def hundredths(name: str) -> int:
    """An amount of yuan or points with at most two decimals, in fen or units.

    Refusals: form_gap, form_amount.
    """
    return hundredths_from(needed(name))


def hundredths_from(typed: str) -> int:
    """`12.5` -> 1250; full-width digits and points are taken as well.

    Refusals: form_amount.
    """
    match = _AMOUNT.fullmatch(typed.replace(",", ""))
    if match is None:
        raise Refusal("form_amount", text=typed[:_SHOWN])
    return int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0"))


def number(name: str) -> int:
    """A whole number.

    Refusals: form_gap, form_number.
    """
    typed = needed(name)
    if not _is_number(typed):
        raise Refusal("form_number", text=typed[:_SHOWN])
    return int(typed)


def _is_number(typed: str) -> bool:
    return _NUMBER.fullmatch(typed) is not None and abs(int(typed)) <= _MOST_NUMBER


def ticked(name: str) -> tuple[int, ...]:
    """The numbers of every box of that name that was ticked, a hundred at most; what is no number is left out."""
    return tuple(int(one) for one in request.form.getlist(name)[:100] if _is_number(one))


def day(name: str) -> int:
    """A day as yyyymmdd.

    Refusals: form_gap, form_day.
    """
    typed = needed(name)
    match = _DAY.fullmatch(typed)
    if match is None:
        raise Refusal("form_day", text=typed[:_SHOWN])
    found = int("".join(match.groups()))
    try:
        day_from_key(found)
    except ValueError as error:
        raise Refusal("form_day", text=typed[:_SHOWN]) from error
    return found


def request_id() -> str:
    """The number this form was given when it was drawn.

    Refusals: form_stale.
    """
    try:
        return str(uuid.UUID(request.form.get("request_id", "")))
    except ValueError as error:
        raise Refusal("form_stale") from error


def me() -> By:
    """Who acts, for the record."""
    return actor().by


def act(
    kind: str,
    body: Mapping[str, Any],
    work: Callable[[Tx, int], Mapping[str, Any] | None],
) -> dict[str, Any]:
    """Do what a form asks for, once: `work(tx, at)` runs in one transaction with the form's number.

    `body` is what the form said, without secrets; the same form sent again gives the first answer.
    Refusals: form_stale, request_id_reused, and those of `work`.
    """
    at, context = service().now(), copy_context()
    return once(
        service().db,
        actor().community_id,
        request_id(),
        kind=f"page.{kind}",
        body={"by": str(me().id), **body},
        at=at,
        # The book may write in a thread of its own; the form stays at hand there.
        work=lambda tx: context.run(work, tx, at) or {},
    )


def alone(kind: str, body: Mapping[str, Any], work: Callable[[], object]) -> None:
    """Do an act that opens transactions of its own, once; the same form again ends as it ended the first time.

    Two presses at the same moment are one. Refusals: form_stale, request_id_reused, those of `work`, busy_try_again
    (the first press is still at work, or was cut off: the page says how things stand).
    """
    at, db, here, number = service().now(), service().db, actor().community_id, request_id()
    name, body_hash = f"page.{kind}", requests.hash_of({"by": str(me().id), **body})

    def begin(tx: Tx) -> bool:
        if requests.find_answer(tx, here, number, name, body_hash) is not None:
            return False
        apply(tx, [requests.open_step(here, number, name, body_hash, at=at)])
        return True

    try:
        if not db.write(begin):
            return
    except GuardMissedError as missed:
        raise Refusal("busy_try_again") from missed
    kept = (here, number, name, body_hash)
    try:
        work()
    except Refusal as refusal:
        said = refusal
        db.write(lambda tx: requests.keep_refusal(tx, *kept, said, at=at, was_open=True))
        raise
    done = requests.keep_step(*kept, at=at, response={}, was_open=True)
    db.write(lambda tx: apply(tx, [done]))


def is_first(kind: str, body: Mapping[str, Any]) -> bool:
    """Whether this form comes for the first time; for acts that open transactions of their own.

    The number is taken before the act begins, so that two presses at the same moment are one.
    Refusals: form_stale, request_id_reused.
    """
    mine = secrets.token_hex(8)
    taken = act(kind, body, lambda _tx, _at: {"taken_by": mine})
    return bool(taken["taken_by"] == mine)
