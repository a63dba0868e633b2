"""Keeps what a shop filed: the batch, its claims in bulk, and the file itself by its hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import psycopg

from ledger.audit import By
from ledger.database import Database
from ledger.errors import GuardMissedError
from ledger.ids import new_request_id
from ledger.sql import Row, Sql, Tx
from settlement.daybook import ClaimLine
from settlement.filed_lines import LineSeal, record_filed

CHUNK: Final = 5_000
"""Claims written in one transaction on SQLite, where a sale waits behind it."""

_COPIED_AT_ONCE: Final = 1_000

Progress = Callable[[int, int], None]
"""Told how many claims are written, and of how many."""


class BatchHead(NamedTuple):
    """What a batch is: whose, for which till (0: the whole shop), its number and days."""

    community_id: int
    claimant_id: int
    terminal_id: int
    batch_no: int
    source: str
    first_date: int
    last_date: int
    sha256: bytes
    line_count: int
    header: Mapping[str, Any]


class StoredFile(NamedTuple):
    """The bytes as they came."""

    name: str
    media_type: str
    body: bytes
    received_by: int


_KEEP_FILE: Final = Sql(
    "INSERT INTO stored_file (community_id, sha256, name, media_type, size, body, source,"
    " received_by, received_at) VALUES (:community_id, :sha256, :name, :media_type, :size, :body,"
    " 'claims', :received_by, :at) ON CONFLICT (community_id, sha256) DO NOTHING"
)
_KEEP_BATCH: Final = Sql(
    "INSERT INTO claim_batch (community_id, batch_id, claimant_id, terminal_id, batch_no, source,"
    " first_date, last_date, outcome, sha256, line_count, claim_count, again_count, header,"
    " answer, filed_at, run_no) VALUES (:community_id, :batch_id, :claimant_id, :terminal_id,"
    " :batch_no, :source, :first_date, :last_date, 'receiving', :sha256, :line_count, 0, 0,"
    " :header, :pen, :at, NULL) ON CONFLICT (community_id, claimant_id, terminal_id, batch_no)"
    " DO NOTHING"
)
_FINISH: Final = Sql(
    "UPDATE claim_batch SET outcome = :outcome, claim_count = :claim_count,"
    " again_count = :again_count, answer = :answer, line_checks = :line_checks"
    " WHERE community_id = :community_id AND batch_id = :batch_id AND outcome = 'receiving'"
    " AND answer = :pen"
)
_COLUMNS: Final = (
    "claimant_id, terminal_id, batch_no, batch_id, first_date, last_date, outcome, sha256,"
    " line_count, claim_count, again_count, answer, header, filed_at, run_no, source"
)
_FIND: Final = Sql(
    f"SELECT {_COLUMNS} FROM claim_batch WHERE community_id = :community_id"
    " AND claimant_id = :claimant_id AND terminal_id = :terminal_id AND batch_no = :batch_no"
)
_FIND_SAME: Final = Sql(
    f"SELECT {_COLUMNS} FROM claim_batch WHERE community_id = :community_id"
    " AND claimant_id = :claimant_id AND sha256 = :sha256 AND outcome <> 'receiving'"
    " ORDER BY CASE WHEN last_date = :day THEN 0 ELSE 1 END, filed_at, batch_id LIMIT 1"
)
_LAST_NO: Final = Sql(
    "SELECT coalesce(max(batch_no), 0) AS batch_no FROM claim_batch"
    " WHERE community_id = :community_id AND claimant_id = :claimant_id"
    " AND terminal_id = :terminal_id AND outcome <> 'receiving'"
)
_RECENT: Final = Sql(
    f"SELECT {_COLUMNS} FROM claim_batch WHERE community_id = :community_id"
    " AND last_date >= :since ORDER BY filed_at DESC, batch_id LIMIT :most"
)
_CLAIM_VALUES: Final = (
    " (community_id, batch_id, line_no, claimant_id, ref, kind, units, fen, occurred_at,"
    " business_date) VALUES (:community_id, :batch_id, :line_no, :claimant_id, :ref, :kind,"
    " :units, :fen, :occurred_at, :business_date)"
)
_KEEP_CLAIM: Final = Sql(f"INSERT INTO claim{_CLAIM_VALUES}")
_KEEP_AGAIN: Final = Sql(f"INSERT INTO claim_again{_CLAIM_VALUES}")
_COPY: Final = (
    "COPY claim (community_id, batch_id, line_no, claimant_id, ref, kind, units, fen,"
    " occurred_at, business_date) FROM STDIN"
)
# The bulk path differs by engine: each has its own way to take a list of references.
_KNOWN_SQLITE: Final = Sql(
    "SELECT ref FROM claim WHERE community_id = :community_id AND claimant_id = :claimant_id"
    " AND ref IN (SELECT value FROM json_each(:refs))"
)
_KNOWN_POSTGRESQL: Final = Sql(
    "SELECT ref FROM claim WHERE community_id = :community_id AND claimant_id = :claimant_id"
    " AND ref = ANY(:refs)"
)
_DROP_CLAIMS: Final = Sql(
    "DELETE FROM claim WHERE community_id = :community_id AND claimant_id = :claimant_id"
    " AND ref IN (SELECT ref FROM claim WHERE community_id = :community_id"
    "  AND batch_id = :batch_id LIMIT :most)"
)
_UNFINISHED: Final = Sql(
    "SELECT batch_id FROM claim_batch WHERE community_id = :community_id"
    " AND claimant_id = :claimant_id AND terminal_id = :terminal_id AND outcome = 'receiving'"
)
# While claims come in, `answer` holds the mark of who writes them: of two copies of one upload the later takes over,
# and the earlier one finds that it may write no more.
_STILL_OURS: Final = Sql(
    "SELECT batch_id FROM claim_batch WHERE community_id = :community_id"
    " AND batch_id = :batch_id AND outcome = 'receiving' AND answer = :pen"
)
_DROP_BATCH: Final = Sql(
    "DELETE FROM claim_batch WHERE community_id = :community_id AND batch_id = :batch_id"
    " AND outcome = 'receiving'"
)
_DROP_AGAIN: Final = Sql(
    "DELETE FROM claim_again WHERE community_id = :community_id AND batch_id = :batch_id"
)


def batch_id_of(head: BatchHead) -> int:
    """A batch's number, made of whose it is and what is in it: the same everywhere."""
    text = "|".join(
        str(part)
        for part in (
            head.community_id,
            head.claimant_id,
            head.terminal_id,
            head.batch_no,
            head.sha256.hex(),
        )
    )
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 1


def find_batch(
    tx: Tx, community_id: int, claimant_id: int, terminal_id: int, batch_no: int
) -> Row | None:
    """The batch of that number, or None."""
    return tx.find(
        _FIND,
        community_id=community_id,
        claimant_id=claimant_id,
        terminal_id=terminal_id,
        batch_no=batch_no,
    )


def find_same(
    tx: Tx, community_id: int, claimant_id: int, sha256: bytes, *, day: int = 0
) -> Row | None:
    """The first batch of the shop with the same bytes, whatever it was called; rather one that ends on `day`."""
    here = {"community_id": community_id, "claimant_id": claimant_id}
    return tx.find(_FIND_SAME, **here, sha256=sha256, day=day)


def last_batch_no(tx: Tx, community_id: int, claimant_id: int, terminal_id: int) -> int:
    """The number of the last complete batch of a till (0: the shop's files); 0 before the first."""
    row = tx.get(
        _LAST_NO, community_id=community_id, claimant_id=claimant_id, terminal_id=terminal_id
    )
    return int(row.batch_no)


def recent_batches(tx: Tx, community_id: int, *, since: int, most: int = 200) -> list[Row]:
    """Batches that reach business date `since` or later, newest first."""
    return tx.all(_RECENT, community_id=community_id, since=since, most=most)


def store_batch(
    db: Database,
    head: BatchHead,
    lines: Sequence[ClaimLine],
    outcome: str,
    answer: Mapping[str, Any],
    file: StoredFile,
    *,
    at: int,
    progress: Progress = lambda _done, _of: None,
) -> dict[str, Any]:
    """Keep the file, the batch and, where the outcome is `ok`, its claims; returns the answer.

    A reference claimed before goes to the repeats. Nothing counts before the last transaction, so
    a batch cut off half way is simply sent again. Raises GuardMissedError where the number was
    taken by another batch, or another copy of this one took over, meanwhile.
    """
    kept = {
        "community_id": head.community_id,
        "batch_id": batch_id_of(head),
        "pen": f"pen:{new_request_id(at)}",
    }
    lines = lines if outcome == "ok" else []
    seal = LineSeal(lines)

    def start(tx: Tx) -> None:
        _drop_unfinished(tx, head)
        keep_file(tx, head.community_id, file, at=at)
        values = {**head._asdict(), **kept, "header": _json(head.header), "at": at}
        if tx.run(_KEEP_BATCH, **values) != 1:
            raise GuardMissedError("claim_batch")

    def finish(tx: Tx, again: int) -> dict[str, Any]:
        full, sealed = {**answer, "again": again}, seal.sealed()
        counts = {"claim_count": len(lines) - again, "again_count": again}
        written = {"outcome": outcome, "answer": _json(full), "line_checks": sealed.checks}
        if tx.run(_FINISH, **kept, **written, **counts) != 1:
            raise GuardMissedError("claim_batch")
        by = By("terminal", head.terminal_id) if head.terminal_id else By("staff", file.received_by)
        upload = (batch_id_of(head), head.sha256, outcome)
        record_filed(tx, head.community_id, upload, sealed, by=by, at=at)
        return full

    if db.dialect == "postgresql":

        def whole(tx: Tx) -> dict[str, Any]:
            start(tx)
            return finish(tx, _put_all(tx, head, batch_id_of(head), lines, seal))

        return db.write(whole)
    db.write(start)
    seen: set[str] = set()
    again = 0
    for first in range(0, len(lines), CHUNK):
        some = lines[first : first + CHUNK]
        again += db.write(lambda tx, some=some: _put_some(tx, head, kept, some, seen))  # type: ignore[misc]
        progress(first + len(some), len(lines))
    return db.write(lambda tx: finish(tx, again))


# A file of ten megabytes is packed ten times as fast, where the server was built with lz4.
_PACK_QUICKLY: Final = Sql(
    "SELECT set_config(name, 'lz4', true) AS set FROM pg_settings"
    " WHERE name = 'default_toast_compression' AND 'lz4' = ANY(enumvals)"
)
_WORTH_IT: Final = 100_000


def keep_file(tx: Tx, community_id: int, file: StoredFile, *, at: int) -> None:
    """Keep the bytes as they came, by their SHA-256; the same again are kept once."""
    if tx.dialect == "postgresql" and len(file.body) > _WORTH_IT:
        tx.all(_PACK_QUICKLY)
    tx.run(
        _KEEP_FILE,
        community_id=community_id,
        sha256=hashlib.sha256(file.body).digest(),
        name=file.name,
        media_type=file.media_type,
        size=len(file.body),
        body=file.body,
        received_by=file.received_by,
        at=at,
    )


def _drop_unfinished(tx: Tx, head: BatchHead) -> None:
    """Take away what an upload of the same till that was cut off has left behind."""
    shop = {"community_id": head.community_id, "claimant_id": head.claimant_id}
    for row in tx.all(_UNFINISHED, **shop, terminal_id=head.terminal_id):
        batch = {"community_id": head.community_id, "batch_id": row.batch_id}
        while tx.run(_DROP_CLAIMS, **batch, claimant_id=head.claimant_id, most=CHUNK):
            pass
        tx.run(_DROP_AGAIN, **batch)
        tx.run(_DROP_BATCH, **batch)


def _put_some(
    tx: Tx, head: BatchHead, kept: Mapping[str, Any], lines: Sequence[ClaimLine], seen: set[str]
) -> int:
    """Write a part of a batch, unless a newer upload of the same till has taken it away."""
    if tx.find(_STILL_OURS, **kept) is None:
        raise GuardMissedError("claim_batch")
    return _put(tx, head, batch_id_of(head), lines, seen)


def _put(tx: Tx, head: BatchHead, batch_id: int, lines: Sequence[ClaimLine], seen: set[str]) -> int:
    """Write some claims one by one, as SQLite takes them; returns how many repeated a reference."""
    seen |= _known(tx, head, [line.ref for line in lines])
    first, again = _sort_out(lines, seen)
    tx.many(_KEEP_CLAIM, [_row(head, batch_id, line) for line in first])
    tx.many(_KEEP_AGAIN, [_row(head, batch_id, line) for line in again])
    return len(again)


def _put_all(
    tx: Tx, head: BatchHead, batch_id: int, lines: Sequence[ClaimLine], seal: LineSeal
) -> int:
    """Write all claims in bulk, as PostgreSQL takes them; returns how many repeated a reference."""
    first, again = _sort_out(lines, set())
    if not _copied(tx, head, batch_id, first, seal):
        # Some were claimed in an earlier upload: find out which, and copy the others.
        known = _known(tx, head, [line.ref for line in first])
        first, more = _sort_out(first, known)
        again += more
        if not _copied(tx, head, batch_id, first, seal):
            raise GuardMissedError("claim")  # another upload was quicker: look again
    tx.many(_KEEP_AGAIN, [_row(head, batch_id, line) for line in again])
    return len(again)


def _sort_out(
    lines: Sequence[ClaimLine], seen: set[str]
) -> tuple[list[ClaimLine], list[ClaimLine]]:
    """First claims and repeats; `seen` learns the first ones."""
    first, again = [], []
    for line in lines:
        if line.ref in seen:
            again.append(line)
        else:
            seen.add(line.ref)
            first.append(line)
    return first, again


def _known(tx: Tx, head: BatchHead, refs: list[str]) -> set[str]:
    shop = {"community_id": head.community_id, "claimant_id": head.claimant_id}
    if tx.dialect == "sqlite":
        rows = tx.all(_KNOWN_SQLITE, **shop, refs=json.dumps(refs))
    else:
        rows = tx.all(_KNOWN_POSTGRESQL, **shop, refs=refs)
    return {row.ref for row in rows}


def _copied(
    tx: Tx, head: BatchHead, batch_id: int, lines: Sequence[ClaimLine], seal: LineSeal
) -> bool:
    """Whether PostgreSQL took them all; False, with nothing written, where one was there before."""
    front, claimant = f"{head.community_id}\t{batch_id}\t", head.claimant_id
    try:
        with tx.raw.transaction(), tx.raw.cursor() as cursor, cursor.copy(_COPY) as copy:
            for start in range(0, len(lines), _COPIED_AT_ONCE):
                text = [
                    f"{front}{n}\t{claimant}\t{ref}\t{kind}\t{units}\t{fen}\t{at}\t{date}\n"
                    for n, ref, kind, units, fen, at, date in lines[start : start + _COPIED_AT_ONCE]
                ]
                copy.write("".join(text))
                # The server files what it was sent while this goes on here.
                seal.go_on()
    except psycopg.errors.UniqueViolation:
        return False
    return True


def _row(head: BatchHead, batch_id: int, line: ClaimLine) -> dict[str, Any]:
    return {
        "community_id": head.community_id,
        "batch_id": batch_id,
        "claimant_id": head.claimant_id,
        **line._asdict(),
    }


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
