"""Alarms of tills that met a root which does not fit: kept as they came, and nothing is stopped by them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.errors import GuardMissedError, Refusal
from ledger.ids import new_id
from ledger.seal import keys
from ledger.seal.note import Head, NoteError, open_head
from ledger.sql import Row, Sql, Tx

WHYS: Final = ("origin", "signature", "forked", "older", "published")
"""What did not fit: another log, an unknown signer, a fork, an older book, a published root."""

DECLARED: Final = "log.recover"
"""The answer to an alarm that a declared loss explains; the office puts it into words."""

_COLUMNS: Final = (
    "alarm_id, terminal_id, why, kept_note, offered_note, path, seen_at, reported_at, answered_at,"
    " answered_by, answer"
)
_BY_REQUEST: Final = Sql(
    "SELECT alarm_id FROM seal_alarm WHERE community_id = :community_id AND request_id = :request_id"
)
_KEEP: Final = Sql(
    "INSERT INTO seal_alarm (community_id, alarm_id, request_id, terminal_id, why, kept_note, offered_note, path,"
    " seen_at, reported_at, answer) VALUES (:community_id, :alarm_id, :request_id, :terminal_id, :why, :kept_note,"
    " :offered_note, :path, :seen_at, :reported_at, '')"
)
_ALL: Final = Sql(
    f"SELECT {_COLUMNS} FROM seal_alarm WHERE community_id = :community_id"
    " ORDER BY alarm_id DESC LIMIT :most"
)
_UNANSWERED: Final = Sql(
    f"SELECT {_COLUMNS} FROM seal_alarm WHERE community_id = :community_id AND answered_at IS NULL"
    " AND why IN ('older', 'forked') AND kept_note IS NOT NULL ORDER BY alarm_id"
)
_OPEN: Final = Sql(
    "SELECT count(*) AS n FROM seal_alarm WHERE community_id = :community_id AND answered_at IS NULL"
)
_ANSWER: Final = Sql(
    "UPDATE seal_alarm SET answered_at = :at, answered_by = :by, answer = :answer"
    " WHERE community_id = :community_id AND alarm_id = :alarm_id AND answered_at IS NULL"
)
_ONE: Final = Sql(
    "SELECT answered_at FROM seal_alarm WHERE community_id = :community_id AND alarm_id = :alarm_id"
)


class Alarm(NamedTuple):
    """What a till saw, times in microseconds UTC: the note it keeps and the one it was shown, word for word."""

    alarm_id: int
    terminal_id: int
    why: str
    kept_note: str | None
    offered_note: str
    path: Sequence[str]
    seen_at: int
    reported_at: int
    answered_at: int | None
    answered_by: int | None
    answer: str


def keep_alarm(  # noqa: PLR0913 - everything a till saw
    tx: Tx,
    community_id: int,
    terminal_id: int,
    request_id: str,
    *,
    why: str,
    kept_note: str | None,
    offered_note: str,
    path: Sequence[str],
    seen_at: int,
    by: By,
    at: int,
) -> int:
    """Keep what a till saw as a row and as a sealed act; the same request again gives the same alarm."""
    row = tx.find(_BY_REQUEST, community_id=community_id, request_id=request_id)
    if row is not None:
        return int(row.alarm_id)
    alarm_id = new_id(at)
    tx.run(
        _KEEP,
        community_id=community_id,
        alarm_id=alarm_id,
        request_id=request_id,
        terminal_id=terminal_id,
        why=why,
        kept_note=kept_note,
        offered_note=offered_note,
        path=json.dumps(list(path)),
        seen_at=seen_at,
        reported_at=at,
    )
    after = {"why": why, "kept": _digest(kept_note or ""), "offered": _digest(offered_note)}
    audit.record(tx, community_id, by, "seal.alarm", f"alarm:{alarm_id}", at=at, after=after)
    return alarm_id


def alarms(tx: Tx, community_id: int, *, most: int = 50) -> list[Alarm]:
    """The latest alarms, newest first."""
    rows = tx.all(_ALL, community_id=community_id, most=most)
    return [_alarm(row) for row in rows]


def count_open(tx: Tx, community_id: int) -> int:
    """How many nobody has answered yet."""
    return int(tx.get(_OPEN, community_id=community_id).n)


def answer_alarm(tx: Tx, community_id: int, alarm_id: int, answer: str, *, by: By, at: int) -> None:
    """Write down what was found out; the alarm itself stays as it is.

    Refuses alarm_not_found, alarm_answered, reason_missing.
    """
    said = answer.strip()
    if not said:
        raise Refusal("reason_missing")
    row = tx.find(_ONE, community_id=community_id, alarm_id=alarm_id)
    if row is None:
        raise Refusal("alarm_not_found")
    if row.answered_at is not None:
        raise Refusal("alarm_answered")
    given = {"alarm_id": alarm_id, "at": at, "by": by.id, "answer": said}
    if tx.run(_ANSWER, community_id=community_id, **given) != 1:
        raise GuardMissedError("seal_alarm")
    after = {"answer": said}
    audit.record(tx, community_id, by, "seal.alarm_answer", f"alarm:{alarm_id}", at=at, after=after)


def answer_declared(
    tx: Tx, community_id: int, kept_size: int, lost: Head, *, by: By, at: int
) -> int:
    """Answer the alarms of tills that had followed the log beyond what a declared loss kept; gives how many.

    One whose till kept a head beyond the lost one, or one that no key signed, stays for people to look into.
    """
    trusted, origin = keys.verifiers(tx, community_id), keys.origin_of(tx, community_id)
    answered = 0
    for found in [_alarm(row) for row in tx.all(_UNANSWERED, community_id=community_id)]:
        try:
            head = open_head(found.kept_note or "", trusted, origin=origin)
        except NoteError:
            continue
        if head == lost or kept_size < head.size < lost.size:
            answer_alarm(tx, community_id, found.alarm_id, DECLARED, by=by, at=at)
            answered += 1
    return answered


def _alarm(row: Row) -> Alarm:
    return Alarm(**{**row._asdict(), "path": tuple(json.loads(row.path))})


def _digest(note: str) -> str:
    """Names a note in the record of acts; the note itself stands in the alarm."""
    return hashlib.sha256(note.encode()).hexdigest()
