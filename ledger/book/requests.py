"""Every write is asked for once: the same id gives the same answer for ever, also when the answer was a refusal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from ledger.book.steps import Step
from ledger.database import Database
from ledger.errors import GuardMissedError, Refusal
from ledger.sql import Row, Sql, Tx

_FIND: Final = Sql(
    "SELECT kind, body_hash, outcome, code, response, balance_after FROM request"
    " WHERE community_id = :community_id AND request_id = :request_id"
)
_KEEP: Final = Sql(
    "INSERT INTO request (community_id, request_id, kind, body_hash, outcome, code, response, txn_id, received_at)"
    " VALUES (:community_id, :request_id, :kind, :body_hash, :outcome, :code, :response, :txn_id, :received_at)"
    " ON CONFLICT (community_id, request_id) DO NOTHING"
)
_KEEP_WITH_BALANCE: Final = Sql(
    "INSERT INTO request (community_id, request_id, kind, body_hash, outcome, code, response, txn_id, received_at,"
    " balance_after) SELECT b.community_id, :request_id, :kind, :body_hash, :outcome, :code, :response, :txn_id,"
    " :received_at, b.posted FROM balance b WHERE b.community_id = :community_id AND b.account_id = :wallet_id"
    " ON CONFLICT (community_id, request_id) DO NOTHING RETURNING balance_after"
)
_END: Final = Sql(
    "UPDATE request SET outcome = :outcome, code = :code, response = :response, txn_id = :txn_id"
    " WHERE community_id = :community_id AND request_id = :request_id AND kind = :kind AND body_hash = :body_hash"
    " AND outcome = 'open'"
)
_END_WITH_BALANCE: Final = Sql(
    "UPDATE request SET outcome = :outcome, code = :code, response = :response, txn_id = :txn_id,"
    " balance_after = (SELECT b.posted FROM balance b WHERE b.community_id = :community_id"
    " AND b.account_id = :wallet_id)"
    " WHERE community_id = :community_id AND request_id = :request_id AND kind = :kind AND body_hash = :body_hash"
    " AND outcome = 'open' RETURNING balance_after"
)


_KEEP_TOLD: Final = Sql(
    "INSERT INTO request (community_id, request_id, kind, body_hash, outcome, code, response, txn_id, received_at,"
    " balance_after) VALUES (:community_id, :request_id, :kind, :body_hash, :outcome, :code, :response, :txn_id,"
    " :received_at, :balance_after) ON CONFLICT (community_id, request_id) DO NOTHING"
)
_END_TOLD: Final = Sql(
    "UPDATE request SET outcome = :outcome, code = :code, response = :response, txn_id = :txn_id,"
    " balance_after = :balance_after WHERE community_id = :community_id AND request_id = :request_id"
    " AND kind = :kind AND body_hash = :body_hash AND outcome = 'open'"
)

PASSING: Final = frozenset(
    {
        "request_id_reused",
        "busy_try_again",
        "recovery_wait",
        "recovery_no_spending",
        "recovery_no_refunds",
    }
)
"""Refusals that say nothing about the act itself: they are not kept, and the same request may still succeed."""


def hash_of(body: Mapping[str, Any]) -> bytes:
    """SHA-256 over the body's canonical JSON: what 'the same content' means."""
    return hashlib.sha256(
        json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    ).digest()


def find_answer(
    tx: Tx, community_id: int, request_id: str, kind: str, body_hash: bytes
) -> dict[str, Any] | None:
    """The stored answer of a request seen before, or None for a new one and for one that is still open.

    Raises the stored refusal again; refuses `request_id_reused` for the same id with other content or purpose.
    """
    row = tx.find(_FIND, community_id=community_id, request_id=request_id)
    return None if row is None else answer_of(row, kind, body_hash)


def answer_of(row: Row, kind: str, body_hash: bytes) -> dict[str, Any] | None:
    """Read a stored request row back: the answer, the refusal raised again, or None while it is open."""
    if row.kind != kind or bytes(row.body_hash) != body_hash:
        raise Refusal("request_id_reused")
    if row.outcome == "open":
        return None
    stored: dict[str, Any] = json.loads(row.response)
    if row.outcome == "refused":
        raise Refusal(row.code, **stored)
    return (
        stored if row.balance_after is None else {**stored, "balance_units": int(row.balance_after)}
    )


def keep_step(  # noqa: PLR0913 - the columns of one row
    community_id: int,
    request_id: str,
    kind: str,
    body_hash: bytes,
    *,
    at: int,
    response: Mapping[str, Any],
    txn_id: int | None = None,
    refusal: str = "",
    was_open: bool = False,
) -> Step:
    """The step that stores an outcome; its guard misses when the same id was stored meanwhile.

    `was_open`: the outcome of a request that `open_step` has begun; the guard misses where it has ended.
    """
    return Step(
        _END if was_open else _KEEP,
        {
            "community_id": community_id,
            "request_id": request_id,
            "kind": kind,
            "body_hash": body_hash,
            "outcome": "refused" if refusal else "done",
            "code": refusal,
            "response": json.dumps(response, ensure_ascii=False, separators=(",", ":")),
            "txn_id": txn_id,
            "received_at": at,
        },
        guard="request",
    )


def open_step(community_id: int, request_id: str, kind: str, body_hash: bytes, *, at: int) -> Step:
    """The step that begins a request whose outcome the outside world decides.

    From here on its content is fixed, and no refusal but its own ending can become its outcome.
    """
    begun = keep_step(community_id, request_id, kind, body_hash, at=at, response={})
    return begun._replace(params={**begun.params, "outcome": "open"})


def keep_with_balance_step(kept: Step, wallet_id: int, *, txn_id: int) -> Step:
    """Store an outcome together with the wallet as it stands after this transaction's own postings."""
    params = {**kept.params, "wallet_id": wallet_id, "txn_id": txn_id}
    sql = _END_WITH_BALANCE if kept.sql is _END else _KEEP_WITH_BALANCE
    return Step(sql, params, guard=kept.guard, returns=True)


def keep_told_step(kept: Step, balance_units: int | None, *, txn_id: int | None) -> Step:
    """Store an outcome with the balance that was told of it at the time, whatever the wallet holds now."""
    params = {**kept.params, "balance_after": balance_units, "txn_id": txn_id}
    return Step(_END_TOLD if kept.sql is _END else _KEEP_TOLD, params, guard=kept.guard)


def find_kept(tx: Tx, community_id: int, request_id: str) -> Row | None:
    """The request's row (kind, body_hash, outcome, code, response, balance_after), None for one never seen."""
    return tx.find(_FIND, community_id=community_id, request_id=request_id)


def keep_refusal(
    tx: Tx,
    community_id: int,
    request_id: str,
    kind: str,
    body_hash: bytes,
    refusal: Refusal,
    *,
    at: int,
    was_open: bool = False,
) -> bool:
    """Store a refusal as the request's outcome; False when an outcome stands there already, or one is still open.

    `was_open`: the refusal ends a request that `open_step` has begun.
    """
    step = keep_step(
        community_id,
        request_id,
        kind,
        body_hash,
        at=at,
        response=refusal.facts,
        refusal=refusal.code,
        was_open=was_open,
    )
    return tx.run(step.sql, **step.params) == 1


def refuse(
    tx: Tx,
    community_id: int,
    request_id: str,
    kind: str,
    body_hash: bytes,
    refusal: Refusal,
    *,
    at: int,
) -> dict[str, Any] | None:
    """Store a refusal as the request's outcome; where it was answered meanwhile, give (or raise) that answer instead.

    Refuses busy_try_again where another copy of the request has begun and waits for the outside world: this "no" is
    not its outcome.
    """
    asked = (tx, community_id, request_id, kind, body_hash)
    known = find_answer(*asked)
    if known is None and not keep_refusal(*asked, refusal, at=at):
        known = find_answer(*asked)
        if known is None:
            raise Refusal("busy_try_again")
    return known


def once(
    db: Database,
    community_id: int,
    request_id: str,
    *,
    kind: str,
    body: Mapping[str, Any],
    at: int,
    work: Callable[[Tx], Mapping[str, Any]],
) -> dict[str, Any]:
    """Run `work(tx)` once for this request id and keep its answer (JSON values) with the effect, in one transaction.

    A Refusal raised by `work` undoes its writes and is stored as the outcome. Refuses `request_id_reused`.
    """
    body_hash = hash_of(body)

    def attempt(tx: Tx) -> dict[str, Any]:
        known = find_answer(tx, community_id, request_id, kind, body_hash)
        if known is not None:
            return known
        answer = dict(work(tx))
        step = keep_step(community_id, request_id, kind, body_hash, at=at, response=answer)
        if tx.run(step.sql, **step.params) != 1:
            raise GuardMissedError(step.guard)
        return answer

    try:
        return db.write(attempt)
    except Refusal as refusal:
        if refusal.code in PASSING:
            raise
        said = refusal

    known = db.write(lambda tx: refuse(tx, community_id, request_id, kind, body_hash, said, at=at))
    if known is not None:
        return known
    raise said
