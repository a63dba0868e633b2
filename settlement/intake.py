"""Takes in a shop's claim file: all of it, or none of it and every bad line by its number."""

from __future__ import annotations

import hashlib
from typing import Any, Final, NamedTuple

from ledger.database import Database
from ledger.errors import GuardMissedError, Refusal
from ledger.members.communities import get_community
from ledger.members.merchants import get_merchant
from ledger.sql import Row, Tx
from settlement.batches import BatchHead, StoredFile, find_same, last_batch_no, store_batch
from settlement.claim_file import MOST_BYTES, ClaimFile, read_claim_file
from settlement.coverage import WHOLE_SHOP
from settlement.verdicts import FileFault

_TRIES: Final = 5
_ZIP: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


class Upload(NamedTuple):
    """A file as somebody sent it; `by`: the staff or merchant login."""

    name: str
    body: bytes
    by: int


def preview_claim_file(
    db: Database, community_id: int, merchant_id: int, body: bytes, *, precision: int = 2
) -> dict[str, Any]:
    """What taking the file in would say; nothing is written. Refusals as `take_claim_file`."""
    with db.read() as tx:
        known = find_same(tx, community_id, merchant_id, hashlib.sha256(body).digest())
        if known is not None:
            return _seen_before(known)
        found = _read(tx, community_id, merchant_id, body, precision)
    return _answer(found, _outcome(found))


def take_claim_file(
    db: Database,
    community_id: int,
    merchant_id: int,
    upload: Upload,
    *,
    day: int,
    at: int,
    precision: int = 2,
) -> dict[str, Any]:
    """Take one file of a shop in. `day` (yyyymmdd): the day it is for where its lines do not say.

    Answer: `outcome` (`ok`, `EMPTY`, `UNREADABLE`, `TOTALS_WRONG`, `seen_before`), `batch_no`,
    `lines`, `again` (claimed before), `faults` (line, column, fault), the stated and counted
    totals. A file with any bad line, or with totals that do not add up, is kept as evidence and
    none of its lines count. The same bytes again, under any name, are told as `seen_before`.
    Refuses: merchant_not_found, claim_file_too_large, claim_file_not_csv.
    """
    body = upload.body
    sha256 = hashlib.sha256(body).digest()
    for _ in range(_TRIES):
        with db.read() as tx:
            known = find_same(tx, community_id, merchant_id, sha256)
            if known is not None:
                return _seen_before(known)
            found = _read(tx, community_id, merchant_id, body, precision)
            batch_no = last_batch_no(tx, community_id, merchant_id, WHOLE_SHOP) + 1
        outcome = _outcome(found)
        head = BatchHead(
            community_id=community_id,
            claimant_id=merchant_id,
            terminal_id=WHOLE_SHOP,
            batch_no=batch_no,
            source="file",
            first_date=found.first_date or day,
            last_date=max(found.last_date, day),
            sha256=sha256,
            line_count=found.row_count,
            header={"encoding": found.encoding},
        )
        file = StoredFile(upload.name, "text/csv", body, upload.by)
        answer = {**_answer(found, outcome), "batch_no": batch_no}
        try:
            return store_batch(db, head, found.lines, outcome, answer, file, at=at)
        except GuardMissedError:
            continue  # another file of the shop took the number
    raise Refusal("busy_try_again")


def _read(tx: Tx, community_id: int, merchant_id: int, body: bytes, precision: int) -> ClaimFile:
    merchant = get_merchant(tx, community_id, merchant_id)
    if len(body) > MOST_BYTES:
        raise Refusal("claim_file_too_large", most_bytes=MOST_BYTES)
    if body.startswith(_ZIP):
        raise Refusal("claim_file_not_csv")
    timezone = get_community(tx, community_id).timezone
    return read_claim_file(
        body, merchant_code=merchant.code, timezone=timezone, precision=precision
    )


def _outcome(found: ClaimFile) -> str:
    if found.faults:
        return FileFault.UNREADABLE.value
    if not found.lines:
        return FileFault.EMPTY.value
    return "ok" if found.totals_agree else FileFault.TOTALS_WRONG.value


def _answer(found: ClaimFile, outcome: str) -> dict[str, Any]:
    return {
        "outcome": outcome,
        "lines": found.row_count,
        "encoding": found.encoding,
        "first_date": found.first_date,
        "last_date": found.last_date,
        "counted_units": found.counted_units,
        "counted_fen": found.counted_fen,
        "stated_units": found.stated_units,
        "stated_fen": found.stated_fen,
        "faults": [fault._asdict() for fault in found.faults],
    }


def _seen_before(known: Row) -> dict[str, Any]:
    return {
        "outcome": "seen_before",
        "batch_no": int(known.batch_no),
        "first_outcome": str(known.outcome),
        "filed_at": int(known.filed_at),
    }
