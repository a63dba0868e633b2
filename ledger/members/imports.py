"""Tables of households, residents, shops and opening balances: looked at, then taken whole."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ledger import audit
from ledger.audit import SYSTEM, By
from ledger.errors import Refusal
from ledger.members import approvals, files, import_checks, import_takers
from ledger.members.import_rows import KINDS, Fault, Row, Words, columns_of, read_row
from ledger.members.sheets import read_sheet
from ledger.sql import Tx

APPROVAL: Final = "import.balances"


def _nothing() -> None:
    """What is done after each row where nobody shows progress."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A table as it came: the bytes, the file's name, what kind it should be, the people's words."""

    raw: bytes
    name: str
    kind: str
    words: Words


@dataclass(frozen=True, slots=True)
class Preview:
    """What a table would do: rows that can be taken, and every cell that cannot."""

    kind: str
    sha256: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]

    @property
    def bad_rows(self) -> int:
        """How many rows have at least one fault."""
        return len({fault.row for fault in self.faults})


def preview(tx: Tx, community_id: int, upload: Upload) -> Preview:
    """Look at a table without taking anything; every bad row is named with column and reason.

    Refusals: import_kind and those of `read_sheet` and `columns_of`.
    """
    kind = upload.kind
    if kind not in KINDS:
        raise Refusal("import_kind", kind=kind[:40])
    sheet = read_sheet(upload.raw)
    columns = columns_of(kind, sheet.columns, upload.words)
    good: list[Row] = []
    faults: list[Fault] = []
    for line in sheet.lines:
        read = read_row(kind, columns, line, upload.words)
        if isinstance(read, Row):
            good.append(read)
        else:
            faults += read
    faults += import_checks.faults_of(tx, community_id, kind, good)
    bad = {fault.row for fault in faults}
    return Preview(
        kind=kind,
        sha256=hashlib.sha256(upload.raw).hexdigest(),
        columns=columns,
        rows=tuple(row for row in good if row.number not in bad),
        faults=tuple(sorted(faults, key=lambda fault: (fault.row, fault.column))),
    )


def take(
    tx: Tx,
    community_id: int,
    upload: Upload,
    *,
    by: By,
    at: int,
    seen_sha256: str | None = None,
    each: Callable[[], object] = _nothing,
) -> int:
    """Take a whole table in the caller's transaction and keep its file; returns how many rows it had.

    `seen_sha256` is the hash of the table that was looked at. Opening balances need a second
    person's approval (`propose_balances`), except from a command on the server itself.
    Refusals: those of `preview`, import_file_changed, import_rows_wrong, approval_missing.
    """
    seen = preview(tx, community_id, upload)
    if seen_sha256 is not None and seen_sha256 != seen.sha256:
        raise Refusal("import_file_changed")
    if seen.faults:
        raise Refusal("import_rows_wrong", count=seen.bad_rows)
    if upload.kind == "balances" and by != SYSTEM:
        approvals.check_approved(tx, community_id, APPROVAL, f"file:{seen.sha256}", {})
    files.keep(
        tx,
        community_id,
        upload.raw,
        name=upload.name,
        media_type="application/octet-stream",
        source=f"import {upload.kind}",
        by=by,
        at=at,
    )
    take_row = import_takers.taker(tx, community_id, upload.kind, by=by, at=at)
    for row in seen.rows:
        take_row(row)
        each()
    after: audit.Facts = {"rows": len(seen.rows), "kind": upload.kind}
    audit.record(tx, community_id, by, "import.take", f"file:{seen.sha256}", at=at, after=after)
    return len(seen.rows)


def propose_balances(tx: Tx, community_id: int, upload: Upload, *, by: By, at: int) -> int:
    """Propose opening balances for a second person to approve; returns the proposal's number.

    Refusals: those of `preview`, import_rows_wrong.
    """
    seen = preview(tx, community_id, upload)
    if seen.faults:
        raise Refusal("import_rows_wrong", count=seen.bad_rows)
    subject = f"file:{seen.sha256}"
    return approvals.propose(tx, community_id, APPROVAL, subject, {}, by=by, at=at)
