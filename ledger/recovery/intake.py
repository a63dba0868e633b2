"""What tills send after a loss: each line checked for itself, kept once, refused with a code of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.clock import SECOND_US
from ledger.errors import Refusal
from ledger.recovery.epochs import SERVER, Recovery
from ledger.recovery.signed_line import (
    DeviceKey,
    Line,
    check_content,
    check_signed,
    hash_of,
    read_line,
)
from ledger.recovery.told import Told, is_mark
from ledger.sql import Row, Sql, Tx

MOST_LINES: Final = 200
"""Lines in one call."""

_MS_US: Final = 1_000
_AHEAD_US: Final = 300 * SECOND_US

_TERMINAL: Final = Sql(
    "SELECT state, public_jwk, revoked_at FROM terminal WHERE community_id = :community_id"
    " AND terminal_id = :terminal_id"
)
_AT: Final = Sql(
    "SELECT hash FROM recovery_line WHERE community_id = :community_id"
    " AND recovery_id = :recovery_id AND terminal_id = :terminal_id AND key_name = :key_name"
    " AND n = :n"
)
_LAST: Final = Sql(
    "SELECT n, hash FROM recovery_line WHERE community_id = :community_id"
    " AND recovery_id = :recovery_id AND terminal_id = :terminal_id AND key_name = :key_name"
    " ORDER BY n DESC LIMIT 1"
)
_KEEP: Final = Sql(
    "INSERT INTO recovery_line (community_id, recovery_id, terminal_id, key_name, n, request_id,"
    " path, told_at, hash, line, body, answer, state, code, differences) VALUES (:community_id,"
    " :recovery_id, :terminal_id, :key_name, :n, :request_id, :path, :told_at, :hash, :line,"
    " :body, :answer, 'waiting', '', '')"
)
_REFUSE: Final = Sql(
    "INSERT INTO recovery_refused (community_id, recovery_id, terminal_id, hash, code, line,"
    " came_at) VALUES (:community_id, :recovery_id, :terminal_id, :hash, :code, :line, :at)"
    " ON CONFLICT (community_id, recovery_id, terminal_id, hash, code) DO NOTHING"
)
_COUNTS: Final = Sql(
    "SELECT (SELECT count(*) FROM recovery_line l WHERE l.community_id = :community_id"
    " AND l.recovery_id = :recovery_id AND l.terminal_id = :terminal_id) AS kept,"
    " (SELECT count(DISTINCT hash) FROM recovery_refused r WHERE r.community_id = :community_id"
    " AND r.recovery_id = :recovery_id AND r.terminal_id = :terminal_id) AS refused"
)
_REPORT: Final = Sql(
    "INSERT INTO recovery_till (community_id, recovery_id, terminal_id, state, lines,"
    " last_counter, unused, checkpoint, changed_at, why) VALUES (:community_id, :recovery_id,"
    " :terminal_id, 'reported', :lines, :last_counter, :unused, :checkpoint, :at, '')"
    " ON CONFLICT (community_id, recovery_id, terminal_id) DO UPDATE SET state = 'reported',"
    " lines = excluded.lines, last_counter = excluded.last_counter, unused = excluded.unused,"
    " checkpoint = excluded.checkpoint, changed_at = excluded.changed_at"
)
_TILL_COLUMNS: Final = (
    "terminal_id, state, lines, last_counter, unused, checkpoint, changed_at, why"
)
_ONE: Final = Sql(
    f"SELECT {_TILL_COLUMNS} FROM recovery_till"
    " WHERE community_id = :community_id AND recovery_id = :recovery_id"
    " AND terminal_id = :terminal_id"
)
_ALL: Final = Sql(
    f"SELECT {_TILL_COLUMNS} FROM recovery_till"
    " WHERE community_id = :community_id AND recovery_id = :recovery_id ORDER BY terminal_id"
)
_LOST: Final = Sql(
    "UPDATE recovery_till SET state = 'lost', changed_at = :at, why = :why"
    " WHERE community_id = :community_id AND recovery_id = :recovery_id"
    " AND terminal_id = :terminal_id AND state = 'asked'"
)


class Sent(NamedTuple):
    """One line as a till sends it, with the request and the answer it was signed over."""

    line: str
    body: str
    answer: str


class TillState(NamedTuple):
    """How one till stands in a recovery: asked, reported, or declared lost by two persons (`why`).

    `unused`: numbers it gave out for which nothing was booked. `checkpoint`: the newest one of the log it keeps.
    """

    terminal_id: int
    state: str
    lines: int
    last_counter: int
    unused: tuple[int, ...]
    checkpoint: str
    changed_at: int
    why: str


@dataclass
class Taken:
    """What became of the lines of one call: new ones, known ones, and the refused by their place."""

    taken: int = 0
    known: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


def take_lines(
    tx: Tx,
    community_id: int,
    recovery: Recovery,
    terminal_id: int,
    sent: Sequence[Sent],
    *,
    told_key: bytes,
    at: int,
) -> Taken:
    """Keep a till's lines; the same line again is known and does nothing.

    Each is judged for itself, so that one bad line keeps no good one out. Codes of the refused: daybook_line_bad,
    daybook_foreign (another till's), daybook_signature, daybook_revoked, daybook_edited, daybook_not_told (this server
    never answered so), daybook_before_backup, daybook_future, daybook_forked (another line under the same number, or
    behind another one), daybook_order (before one that came).
    """
    keys = keys_of(tx, community_id, terminal_id)
    here = {
        "community_id": community_id,
        "recovery_id": recovery.recovery_id,
        "terminal_id": terminal_id,
    }
    result = Taken()
    for place, one in enumerate(sent):
        try:
            line, signer = _checked(one, keys, here, recovery, told_key=told_key, at=at)
            is_new = _is_new(tx, here, line, signer)
        except Refusal as refusal:
            result.refused.append((place, refusal.code))
            _keep_refused(tx, here, one, refusal.code, at=at)
            continue
        if is_new:
            _keep(tx, here, line, signer, one)
        result.taken += is_new
        result.known += not is_new
    return result


def _checked(
    one: Sent,
    keys: list[DeviceKey],
    here: dict[str, int],
    recovery: Recovery,
    *,
    told_key: bytes,
    at: int,
) -> tuple[Line, DeviceKey]:
    line = read_line(one.line)
    if (line.community_id, line.terminal_id) != (here["community_id"], here["terminal_id"]):
        raise Refusal("daybook_foreign")
    signer = check_signed(line, keys)
    check_content(line, one.body, one.answer)
    if recovery.proof == SERVER and not _was_told(line, one, told_key):
        raise Refusal("daybook_not_told")
    if line.told_at < recovery.asks_since:
        raise Refusal("daybook_before_backup")
    if line.told_at > at + _AHEAD_US:
        raise Refusal("daybook_future")
    return line, signer


def _was_told(line: Line, one: Sent, told_key: bytes) -> bool:
    try:
        body = json.loads(one.body)
    except ValueError:
        return False
    if not isinstance(body, dict) or body.get("request_id") != line.request_id:
        return False
    told = Told(
        community_id=line.community_id,
        terminal_id=line.terminal_id,
        path=line.path,
        at_ms=line.told_at // _MS_US,
        body=body,
        answer=one.answer,
    )
    return is_mark(line.mark, told, told_key)


def _is_new(tx: Tx, here: dict[str, int], line: Line, signer: DeviceKey) -> bool:
    there = tx.find(_AT, **here, key_name=signer.name, n=line.n)
    if there is not None:
        if there.hash != line.hash:
            raise Refusal("daybook_forked")
        return False
    last = tx.find(_LAST, **here, key_name=signer.name)
    if last is None:
        return True
    if line.n < last.n:
        raise Refusal("daybook_order")
    if line.n == last.n + 1 and line.before != last.hash:
        raise Refusal("daybook_forked")
    return True


def _keep(tx: Tx, here: dict[str, int], line: Line, signer: DeviceKey, one: Sent) -> None:
    tx.run(
        _KEEP,
        **here,
        key_name=signer.name,
        n=line.n,
        request_id=line.request_id,
        path=line.path,
        told_at=line.told_at,
        hash=line.hash,
        line=one.line,
        body=one.body,
        answer=one.answer,
    )


def _keep_refused(tx: Tx, here: dict[str, int], one: Sent, code: str, *, at: int) -> None:
    # As it came: what a till signed wrongly is evidence against whoever held it.
    text = json.dumps(one, ensure_ascii=False)
    tx.run(_REFUSE, **here, hash=hash_of(one.line), code=code, line=text, at=at)


def keys_of(tx: Tx, community_id: int, terminal_id: int) -> list[DeviceKey]:
    """Every key the terminal had, by the record of acts, and when each ceased to be its own."""
    keys: dict[str, int | None] = {}
    current = ""
    for act in audit.acts_on(tx, community_id, f"terminal:{terminal_id}"):
        if act.act == "terminal.enrol" and act.after:
            if current:
                keys[current] = int(act.at)
            current = str(json.loads(act.after).get("public_jwk", ""))
            keys[current] = None
        elif act.act == "terminal.revoke" and current:
            keys[current] = int(act.at)
    row = tx.find(_TERMINAL, community_id=community_id, terminal_id=terminal_id)
    if row is not None and row.public_jwk is not None:
        ended = row.revoked_at if row.state == "revoked" else None
        keys[row.public_jwk] = None if ended is None else int(ended)
    return [DeviceKey(jwk, ended_at) for jwk, ended_at in keys.items() if jwk]


# --- the tills


class Said(NamedTuple):
    """What a till says at the end: how many lines in all, its numbers, the newest checkpoint of the log it keeps."""

    lines: int
    last_counter: int
    unused: Sequence[int] = ()
    checkpoint: str = ""


def report(
    tx: Tx, community_id: int, recovery: Recovery, terminal_id: int, said: Said, *, at: int
) -> None:
    """The till says that these were all.

    Refusals: daybook_incomplete (some did not arrive: the till sends them again).
    """
    here = {
        "community_id": community_id,
        "recovery_id": recovery.recovery_id,
        "terminal_id": terminal_id,
    }
    counts = tx.get(_COUNTS, **here)
    arrived = int(counts.kept) + int(counts.refused)
    if arrived < said.lines:
        raise Refusal("daybook_incomplete", told=said.lines, arrived=arrived)
    values = {**said._asdict(), "unused": json.dumps(sorted(said.unused))}
    tx.run(_REPORT, **here, **values, at=at)


def till_states(tx: Tx, community_id: int, recovery_id: int) -> list[TillState]:
    """Every till that is asked or has reported."""
    rows = tx.all(_ALL, community_id=community_id, recovery_id=recovery_id)
    return [_till(row) for row in rows]


def find_till(tx: Tx, community_id: int, recovery_id: int, terminal_id: int) -> TillState | None:
    """How one till stands, None where it is not asked."""
    row = tx.find(_ONE, community_id=community_id, recovery_id=recovery_id, terminal_id=terminal_id)
    return None if row is None else _till(row)


def declare_lost(
    tx: Tx, community_id: int, recovery: Recovery, terminal_id: int, *, why: str, by: By, at: int
) -> None:
    """Go on without a till that will not report; two persons have agreed. If it turns up, it is heard all the same.

    Refusals: recovery_till_not_asked.
    """
    done = tx.run(
        _LOST,
        community_id=community_id,
        recovery_id=recovery.recovery_id,
        terminal_id=terminal_id,
        why=why,
        at=at,
    )
    if done != 1:
        raise Refusal("recovery_till_not_asked")
    facts: audit.Facts = {"why": why}
    audit.record(
        tx, community_id, by, "recovery.till_lost", f"terminal:{terminal_id}", at=at, after=facts
    )


def _till(row: Row) -> TillState:
    return TillState(
        int(row.terminal_id),
        row.state,
        int(row.lines),
        int(row.last_counter),
        tuple(json.loads(row.unused)),
        row.checkpoint,
        int(row.changed_at),
        row.why,
    )
