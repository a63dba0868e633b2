"""A till files its day: the claims of its own daybook, checked against its own totals."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from ledger.database import Database
from ledger.errors import GuardMissedError, Refusal
from ledger.members.device_keys import is_signature
from ledger.members.leaving import check_may_claim
from ledger.offline.waiting import unexplained_counters
from ledger.recovery.intake import keys_of
from ledger.sql import Row, Sql, Tx
from settlement.batch_seal import (
    BatchSeal,
    check_follows,
    check_names,
    hash_of,
    read_seal,
    wrong_sums,
)
from settlement.batches import (
    BatchHead,
    StoredFile,
    find_batch,
    last_batch_no,
    store_batch,
)
from settlement.daybook import (
    ClaimLine,
    Daybook,
    DaybookLine,
    Totals,
    check_lines,
    missing_counters,
    read_daybook,
    totals_of,
)
from settlement.refused_batches import keep_refused
from settlement.verdicts import FileFault

_TERMINAL: Final = Sql(
    "SELECT code, merchant_id, enrolled_at FROM terminal WHERE community_id = :community_id"
    " AND terminal_id = :terminal_id"
)
_KEPT_AS_EVIDENCE: Final = frozenset(
    {
        "claim_batch_changed",
        "claim_batch_gap",
        "claim_batch_not_chained",
        "claim_batch_rows",
        "claim_batch_signature",
        "claim_batch_unsigned",
        "claim_line_bad",
    }
)
"""Refusals of a batch that is kept all the same, word for word, and shown to the office."""

_CLAIMED: Final = Sql(
    "SELECT ref FROM claim WHERE community_id = :community_id AND claimant_id = :claimant_id"
    " AND ref = :ref"
)


def is_claimed(tx: Tx, community_id: int, merchant_id: int, ref: str) -> bool:
    """Whether the shop has filed a claim that carries this receipt."""
    return (
        tx.find(_CLAIMED, community_id=community_id, claimant_id=merchant_id, ref=ref) is not None
    )


def file_daybook(
    db: Database,
    community_id: int,
    terminal_id: int,
    batch: Daybook | Mapping[str, Any],
    *,
    at: int,
) -> dict[str, Any]:
    """Take one upload of a till and answer with our totals beside its own.

    Answer: `batch_no`, `outcome` (`ok`, `replayed`, `totals_wrong`), `differences` (names of
    totals that differ, and counters nobody rang up), `server_totals`, `again` (lines claimed
    before). With wrong totals the upload is kept as evidence and held as a whole: the till sends
    the day again under the next number. Refuses: terminal_not_found, claim_batch_changed (same
    number, other content), claim_batch_gap (numbers left out), claim_batch_too_long, claims_over,
    claim_line_bad; of a sealed batch also claim_batch_signature (none of the till's keys),
    claim_batch_rows (sealed over other rows), claim_batch_not_chained (it names another batch
    before it), and claim_batch_unsigned (a till that sealed before sends one without). Each of
    these is kept as it came.
    """
    book = batch if isinstance(batch, Daybook) else read_daybook(batch)
    try:
        return _file(db, community_id, terminal_id, book, at=at)
    except Refusal as refusal:
        if refusal.code in _KEPT_AS_EVIDENCE:
            _keep_evidence(db, community_id, terminal_id, book, refusal.code, at=at)
        raise


def _file(
    db: Database, community_id: int, terminal_id: int, book: Daybook, *, at: int
) -> dict[str, Any]:
    body = _body(book)
    sha256 = hashlib.sha256(body).digest()
    with db.read() as tx:
        terminal = tx.find(_TERMINAL, community_id=community_id, terminal_id=terminal_id)
        if terminal is None:
            raise Refusal("terminal_not_found")
        known = find_batch(tx, community_id, terminal.merchant_id, terminal_id, book.batch_no)
        if known is not None and known.outcome != "receiving":
            return _replay(known, sha256)
        check_may_claim(tx, community_id, terminal.merchant_id, at=at)
        seal = _check_seal(tx, community_id, terminal_id, terminal, book, at=at)
        missing = _missing(tx, community_id, terminal_id, book)
    check_lines(book, terminal.code)
    ours = totals_of(book.lines)
    wrong = _wrong(book, ours, seal)
    outcome = FileFault.TOTALS_WRONG.value if wrong else _outcome(book)
    head = _head(book, community_id, terminal.merchant_id, terminal_id, sha256)
    file = StoredFile(f"{terminal.code}-{book.batch_no}.json", "application/json", body, 0)
    answer = _answer(book, ours, wrong, missing)
    try:
        lines = [_claim(book, n, line) for n, line in enumerate(book.lines, 1) if line.offset_fen]
        return store_batch(db, head, lines, outcome, answer, file, at=at)
    except GuardMissedError:
        # The same till sent the number twice at once: what is kept now decides.
        with db.read() as tx:
            kept = find_batch(tx, community_id, terminal.merchant_id, terminal_id, book.batch_no)
        if kept is None or kept.outcome == "receiving":
            raise  # another copy of it is being taken: its answer comes when that is done
        return _replay(kept, sha256)


def _check_seal(
    tx: Tx, community_id: int, terminal_id: int, terminal: Row, book: Daybook, *, at: int
) -> BatchSeal | None:
    """The number, the signature and the chain; None for a till whose program does not seal yet."""
    last_no = last_batch_no(tx, community_id, terminal.merchant_id, terminal_id)
    last = find_batch(tx, community_id, terminal.merchant_id, terminal_id, last_no)
    last_hash = _seal_hash(last)
    seal = read_seal(book.seal, book.batch_no) if book.seal else None
    if seal is not None:
        _check_signature(tx, community_id, terminal_id, seal, at=at)
    if book.batch_no != last_no + 1:
        raise Refusal("claim_batch_gap", expected=last_no + 1)
    if seal is None:
        if last_hash:
            raise Refusal("claim_batch_unsigned", batch_no=book.batch_no)
        return None
    check_names(seal, book, community_id, terminal_id)
    enrolled_at = terminal.enrolled_at or 0
    check_follows(seal, last_hash, may_start=last is not None and enrolled_at > last.filed_at)
    return seal


def _check_signature(
    tx: Tx, community_id: int, terminal_id: int, seal: BatchSeal, *, at: int
) -> None:
    """By a key that was the till's at that time, so that what was filed before a loss is filed again as it was."""
    keys = keys_of(tx, community_id, terminal_id)
    valid = [key for key in keys if key.ended_at is None or at < key.ended_at]
    if not any(is_signature(key.public_jwk, seal.signature, seal.signed) for key in valid):
        raise Refusal("claim_batch_signature", batch_no=seal.batch_no)


def _seal_hash(batch: Row | None) -> str:
    return "" if batch is None else hash_of(json.loads(batch.header).get("seal", ""))


def _missing(tx: Tx, community_id: int, terminal_id: int, book: Daybook) -> list[int]:
    """Counters left out that nothing explains: one of another day stands in that day's batch."""
    missing = missing_counters(book.lines)
    if not missing:
        return []
    return unexplained_counters(tx, community_id, terminal_id, missing, book.business_date)


def _wrong(book: Daybook, ours: Totals, seal: BatchSeal | None) -> list[dict[str, Any]]:
    """Each control total that differs: name, the till's figure, ours."""
    theirs = asdict(book.totals)
    plain: list[dict[str, Any]] = [
        {"name": name, "till": theirs[name], "server": value}
        for name, value in asdict(ours).items()
        if abs(theirs[name]) != value
    ]
    return plain + ([] if seal is None else wrong_sums(seal, book.lines))


def _keep_evidence(
    db: Database, community_id: int, terminal_id: int, book: Daybook, code: str, *, at: int
) -> None:
    body = _body(book)
    with db.read() as tx:
        terminal = tx.get(_TERMINAL, community_id=community_id, terminal_id=terminal_id)
    file = StoredFile(f"{terminal.code}-{book.batch_no}.json", "application/json", body, 0)
    batch = (int(terminal.merchant_id), terminal_id, book.batch_no, book.business_date)
    db.write(lambda tx: keep_refused(tx, community_id, batch, code, file, at=at))


def _replay(known: Row, sha256: bytes) -> dict[str, Any]:
    if bytes(known.sha256) != sha256:
        raise Refusal("claim_batch_changed", batch_no=int(known.batch_no))
    stored: dict[str, Any] = json.loads(known.answer)
    return stored if stored["outcome"] == "totals_wrong" else {**stored, "outcome": "replayed"}


def _outcome(book: Daybook) -> str:
    return "ok" if book.lines else FileFault.EMPTY.value


def _answer(
    book: Daybook, ours: Totals, wrong: list[dict[str, Any]], missing: list[int]
) -> dict[str, Any]:
    gaps = [{"name": "missing_counter", "counter": counter} for counter in missing]
    differences: list[dict[str, Any]] = [*wrong, *gaps]
    return {
        "batch_no": book.batch_no,
        "outcome": "totals_wrong" if wrong else "ok",
        "differences": differences,
        "server_totals": asdict(ours),
    }


def _head(
    book: Daybook, community_id: int, claimant_id: int, terminal_id: int, sha256: bytes
) -> BatchHead:
    return BatchHead(
        community_id=community_id,
        claimant_id=claimant_id,
        terminal_id=terminal_id,
        batch_no=book.batch_no,
        source="till",
        first_date=book.business_date,
        last_date=book.business_date,
        sha256=sha256,
        line_count=len(book.lines),
        header={
            "opened_at": book.opened_at,
            "closed_at": book.closed_at,
            "totals": asdict(book.totals),
            **({"seal": book.seal} if book.seal else {}),
        },
    )


def _claim(book: Daybook, line_no: int, line: DaybookLine) -> ClaimLine:
    return ClaimLine(
        line_no=line_no,
        ref=line.ref,
        kind=line.kind,
        units=line.sign * abs(line.offset_units),
        fen=line.sign * abs(line.offset_fen),
        occurred_at=line.occurred_at,
        business_date=book.business_date,
    )


def _body(book: Daybook) -> bytes:
    said = asdict(book)
    if not book.seal:
        del said[
            "seal"
        ]  # as tills wrote it before batches were sealed: the same bytes, the same hash
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


def last_filed(tx: Tx, community_id: int, claimant_id: int, terminal_id: int) -> dict[str, Any]:
    """The till's last batch, so that a new tablet goes on behind it: its `no`, and the `hash` the next one names."""
    no = last_batch_no(tx, community_id, claimant_id, terminal_id)
    return {
        "no": no,
        "hash": _seal_hash(find_batch(tx, community_id, claimant_id, terminal_id, no)),
    }
