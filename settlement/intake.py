"""Takes in a shop's claim file: all of it, or none of it and every bad line by its number."""

from __future__ import annotations

import csv
import hashlib
from itertools import islice
from typing import Any, Final, NamedTuple

from ledger.database import Database
from ledger.errors import GuardMissedError, Refusal
from ledger.members.communities import get_community
from ledger.members.leaving import check_may_claim
from ledger.members.merchants import get_merchant
from ledger.sql import Row, Tx
from settlement.batches import (
    BatchHead,
    Progress,
    StoredFile,
    find_same,
    keep_file,
    last_batch_no,
    store_batch,
)
from settlement.claim_file import MOST_BYTES, ClaimFile, read_claim_file
from settlement.claim_headings import NEEDED, Head, find_head, is_complete
from settlement.claim_layouts import change_from_last, confirmed, seen_columns
from settlement.claim_rows import ZIP, UnreadableError, open_rows
from settlement.claim_versions import check_unchanged
from settlement.coverage import WHOLE_SHOP
from settlement.file_span import days_of
from settlement.verdicts import FileFault

_TRIES: Final = 5
_OLD_BOOK: Final = b"\xd0\xcf\x11\xe0"
_LOOKED_AT: Final = 20


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
        head = head_of(tx, community_id, merchant_id, body)
        found = _read(tx, community_id, merchant_id, body, precision, head=head)
    seen = {} if head is None else seen_columns(head)
    return {**_answer(found, _outcome(found)), **seen}


def take_claim_file(
    db: Database,
    community_id: int,
    merchant_id: int,
    upload: Upload,
    *,
    day: int,
    at: int,
    precision: int = 2,
    progress: Progress = lambda _done, _of: None,
) -> dict[str, Any]:
    """Take one file of a shop in. `day` (yyyymmdd): the day it is for where its lines do not say.

    Answer: `outcome` (`ok`, `EMPTY`, `UNREADABLE`, `TOTALS_WRONG`, `seen_before`), `batch_no`,
    `lines`, `again` (claimed before), `faults` (line, column, fault), the stated and counted
    totals, `other_month` (lines that name another month than their own day: they count by their
    day). A file with any bad line, or with totals that do not add up, is kept as evidence and
    none of its lines count. The same bytes again, under any name, are told as `seen_before`.
    A list whose headings are not those of our form is asked about once (claim_columns_unconfirmed), and again when
    they change (claim_columns_changed): the file is kept, `settlement.claim_layouts.confirm` says what its columns are.
    Refuses: merchant_not_found, claims_over, claim_file_too_large, claim_file_not_csv, claim_columns_unconfirmed,
    claim_columns_changed, claim_file_changed (an earlier list with lines changed or taken out; it is kept as evidence).
    """
    sha256 = hashlib.sha256(upload.body).digest()
    for _ in range(_TRIES):
        with db.read() as tx:
            known = find_same(tx, community_id, merchant_id, sha256, day=day)
            if known is not None and not _is_another_days(known, day):
                return _seen_before(known)
            check_may_claim(tx, community_id, merchant_id, at=at)
            found = _look(tx, community_id, merchant_id, upload, precision)
            batch_no = last_batch_no(tx, community_id, merchant_id, WHOLE_SHOP) + 1
            lines = () if isinstance(found, Refusal) else found.lines
            span = days_of(tx, community_id, merchant_id, lines, day=day)
        if isinstance(found, Refusal):
            _keep_evidence(db, community_id, upload, at=at)
            raise found
        outcome = _outcome(found)
        head = BatchHead(
            community_id=community_id,
            claimant_id=merchant_id,
            terminal_id=WHOLE_SHOP,
            batch_no=batch_no,
            source="file",
            first_date=span[0],
            last_date=span[1],
            sha256=sha256,
            line_count=found.row_count,
            header={"encoding": found.encoding},
        )
        answer = {**_answer(found, outcome), "batch_no": batch_no}
        try:
            return store_batch(
                db, head, found.lines, outcome, answer, _file(upload), at=at, progress=progress
            )
        except GuardMissedError:
            continue  # another file of the shop took the number
    raise Refusal("busy_try_again")


def _look(
    tx: Tx, community_id: int, merchant_id: int, upload: Upload, precision: int
) -> ClaimFile | Refusal:
    """The list as read; the refusal of one that is to be kept all the same, as it came."""
    head = head_of(tx, community_id, merchant_id, upload.body)
    if head is not None and _must_ask(tx, community_id, merchant_id, head):
        return _asking(tx, community_id, merchant_id, head, upload)
    found = _read(tx, community_id, merchant_id, upload.body, precision, head=head)
    if _outcome(found) == "ok":
        try:
            check_unchanged(tx, community_id, merchant_id, found.lines)
        except Refusal as refusal:
            return refusal
    return found


def _file(upload: Upload) -> StoredFile:
    return StoredFile(upload.name, _media_type(upload.body), upload.body, upload.by)


def _keep_evidence(db: Database, community_id: int, upload: Upload, *, at: int) -> None:
    """Keep a file that is refused as it came: nobody can say later that it was another one."""
    db.write(lambda tx: keep_file(tx, community_id, _file(upload), at=at))


def head_of(tx: Tx, community_id: int, merchant_id: int, body: bytes) -> Head | None:
    """A list's headings with the columns confirmed for this shop, else those guessed; None where it has no headings."""
    try:
        first = list(islice(open_rows(body, lambda _row: False).rows, _LOOKED_AT))
    except (UnreadableError, csv.Error):
        return None
    head = find_head(first)
    if head is None:
        return None
    return confirmed(tx, community_id, merchant_id, head) or head


def first_lines(body: bytes, head: Head, *, most: int = 5) -> list[list[str]]:
    """The first lines below the headings, for a person who confirms them."""
    try:
        rows = list(islice(open_rows(body, lambda _row: False).rows, _LOOKED_AT + most))
    except (UnreadableError, csv.Error):
        return []
    after = next((n for n, row in enumerate(rows) if head.is_row(row)), len(rows))
    return [row[: len(head.cells)] for row in rows[after + 1 :] if any(row)][:most]


def _must_ask(tx: Tx, community_id: int, merchant_id: int, head: Head) -> bool:
    """Whether a person has to say first what the columns are: they are guessed, and never yet confirmed."""
    return (
        len([cell for cell in head.cells if cell]) >= len(NEEDED)
        and not head.is_certain
        and confirmed(tx, community_id, merchant_id, head) is None
    )


def _asking(tx: Tx, community_id: int, merchant_id: int, head: Head, upload: Upload) -> Refusal:
    """What there is to confirm, and what is new since the shop's last list."""
    change = change_from_last(tx, community_id, merchant_id, head)
    return Refusal(
        "claim_columns_unconfirmed" if change is None else "claim_columns_changed",
        file=upload.name,
        headings=", ".join(head.cells),
        new=", ".join(change.new) if change else "",
        gone=", ".join(change.gone) if change else "",
        sha256=hashlib.sha256(upload.body).hexdigest(),
    )


def _read(
    tx: Tx, community_id: int, merchant_id: int, body: bytes, precision: int, *, head: Head | None
) -> ClaimFile:
    merchant = get_merchant(tx, community_id, merchant_id)
    if len(body) > MOST_BYTES:
        raise Refusal("claim_file_too_large", most_bytes=MOST_BYTES)
    if body.startswith(_OLD_BOOK):
        raise Refusal("claim_file_not_csv")
    timezone = get_community(tx, community_id).timezone
    known = None if head is None or not is_complete(head) else head
    found = read_claim_file(
        body, merchant_code=merchant.code, timezone=timezone, precision=precision, head=known
    )
    if found.faults and found.faults[0].fault == "workbook":
        raise Refusal("claim_file_not_csv")
    return found


def _media_type(body: bytes) -> str:
    book = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return book if body.startswith(ZIP) else "text/csv"


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
        "other_month": found.other_month,
        "faults": [fault._asdict() for fault in found.faults],
    }


def _is_another_days(known: Row, day: int) -> bool:
    """Whether the same bytes say something new: a list nobody can read a line of speaks for no other day."""
    without_days = {FileFault.EMPTY.value, FileFault.UNREADABLE.value}
    return bool(known.outcome in without_days and known.last_date != day)


def _seen_before(known: Row) -> dict[str, Any]:
    return {
        "outcome": "seen_before",
        "batch_no": int(known.batch_no),
        "first_outcome": str(known.outcome),
        "filed_at": int(known.filed_at),
    }
