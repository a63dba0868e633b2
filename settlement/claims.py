"""A till files its day: the claims of its own daybook, checked against its own totals."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from ledger.database import Database
from ledger.errors import GuardMissedError, Refusal
from ledger.sql import Row, Sql, Tx
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
from settlement.verdicts import FileFault

_TERMINAL: Final = Sql(
    "SELECT code, merchant_id FROM terminal WHERE community_id = :community_id"
    " AND terminal_id = :terminal_id"
)

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
    number, other content), claim_batch_gap (numbers left out), claim_batch_too_long,
    claim_line_bad.
    """
    book = batch if isinstance(batch, Daybook) else read_daybook(batch)
    body = _body(book)
    sha256 = hashlib.sha256(body).digest()
    with db.read() as tx:
        terminal = tx.find(_TERMINAL, community_id=community_id, terminal_id=terminal_id)
        if terminal is None:
            raise Refusal("terminal_not_found")
        known = find_batch(tx, community_id, terminal.merchant_id, terminal_id, book.batch_no)
        last = last_batch_no(tx, community_id, terminal.merchant_id, terminal_id)
    if known is not None and known.outcome != "receiving":
        return _replay(known, sha256)
    if book.batch_no != last + 1:
        raise Refusal("claim_batch_gap", expected=last + 1)
    check_lines(book, terminal.code)
    ours = totals_of(book.lines)
    wrong = [n for n, value in asdict(ours).items() if abs(asdict(book.totals)[n]) != value]
    outcome = FileFault.TOTALS_WRONG.value if wrong else _outcome(book)
    head = _head(book, community_id, terminal.merchant_id, terminal_id, sha256)
    file = StoredFile(f"{terminal.code}-{book.batch_no}.json", "application/json", body, 0)
    answer = _answer(book, ours, wrong)
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


def _replay(known: Row, sha256: bytes) -> dict[str, Any]:
    if bytes(known.sha256) != sha256:
        raise Refusal("claim_batch_changed", batch_no=int(known.batch_no))
    stored: dict[str, Any] = json.loads(known.answer)
    return stored if stored["outcome"] == "totals_wrong" else {**stored, "outcome": "replayed"}


def _outcome(book: Daybook) -> str:
    return "ok" if book.lines else FileFault.EMPTY.value


def _answer(book: Daybook, ours: Totals, wrong: list[str]) -> dict[str, Any]:
    differences: list[dict[str, Any]] = [
        {"name": name, "till": asdict(book.totals)[name], "server": asdict(ours)[name]}
        for name in wrong
    ]
    differences += [
        {"name": "missing_counter", "counter": counter} for counter in missing_counters(book.lines)
    ]
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
    return json.dumps(asdict(book), sort_keys=True, separators=(",", ":")).encode()


def last_filed(tx: Tx, community_id: int, claimant_id: int, terminal_id: int) -> int:
    """The number of the till's last upload, so that a new tablet can go on counting."""
    return last_batch_no(tx, community_id, claimant_id, terminal_id)
