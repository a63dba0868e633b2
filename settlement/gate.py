"""The second engine's say: no day is locked before it passed the book as it stands, and its result is on record."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import duckdb

from ledger import audit
from ledger.audit import SYSTEM, By
from ledger.database import Database
from ledger.sql import Sql, Tx
from settlement.auditor.report import Finding, Report, cut_off, sentence
from settlement.auditor.run import audit as audit_export
from settlement.auditor.run import audit_part
from settlement.auditor.source import NotAnExportError
from settlement.export.write import write_export

PASSED: Final = "audit.passed"
FAILED: Final = "audit.failed"

MEMORY: Final = "1GB"
"""What DuckDB may use beside a running server; what does not fit goes to temporary files."""

_MOST: Final = 50
"""Findings kept of one night: whoever altered more is found by these too."""

_KEEP: Final = Sql(
    "INSERT INTO audit_finding (community_id, run_no, finding_no, check_name, file, row_key, facts,"
    " follows, found_at, cleared_at) VALUES (:community_id, :run_no, :finding_no, :check_name, :file,"
    " :row_key, :facts, :follows, :at, NULL)"
)
_CLEAR: Final = Sql(
    "UPDATE audit_finding SET cleared_at = :at WHERE community_id = :community_id"
    " AND run_no = :run_no AND cleared_at IS NULL"
)
_LAST_NO: Final = Sql(
    "SELECT coalesce(max(finding_no), 0) AS n FROM audit_finding"
    " WHERE community_id = :community_id AND run_no = :run_no"
)
_OPEN: Final = Sql(
    "SELECT f.run_no, r.business_date, f.check_name, f.file, f.row_key, f.facts, f.follows"
    " FROM audit_finding f JOIN night_run r ON r.community_id = f.community_id"
    "  AND r.run_no = f.run_no WHERE f.community_id = :community_id AND f.cleared_at IS NULL"
    " ORDER BY f.run_no, f.finding_no LIMIT :most"
)


class Kept(NamedTuple):
    """A finding as it is kept: which night's day it holds open, file, row and figures."""

    run_no: int
    business_date: int
    check: str
    file: str
    row_key: str
    facts: str
    follows: str

    def reason(self, language: str) -> str:
        """What must hold and does not, with the row's figures."""
        facts: dict[str, str] = json.loads(self.facts)
        said = " ".join(f"{name}={value}" for name, value in facts.items())
        return f"{sentence(self.check, language)} {said}".rstrip()


class SecondEngine(Protocol):
    """Whatever looks at a whole book and says what it found."""

    def __call__(
        self, db: Database, community_id: int, *, at: int, since: Report | None = None
    ) -> Report:
        """Audit one community as it stands, or what came into its book since a whole audit of this night."""
        ...


def audit_book(db: Database, community_id: int, *, at: int, since: Report | None = None) -> Report:
    """Export one community and let the second engine work everything out from the files alone.

    With `since`, the report of the whole book a moment ago, only what came in after it is written and worked out, on
    from the balances of that report. Nothing is sealed for it: what was altered before it is sealed shall be found
    before it is. An audit that cannot be finished has passed nothing: its report says why.
    """
    carried = None if since is None else since.carried
    try:
        with tempfile.TemporaryDirectory(prefix="jifen-audit-") as folder:
            out = Path(folder) / "export"
            if carried is not None:
                write_export(db, community_id, out, at=at, since=carried.size)
                return audit_part(out, carried, memory=MEMORY)
            write_export(db, community_id, out, at=at)
            return audit_export(out, memory=MEMORY, carry=True)
    except (OSError, duckdb.Error, NotAnExportError) as error:
        return cut_off(community_id, str(error).splitlines()[0] if str(error) else repr(error))


second_engine: SecondEngine = audit_book
"""What every night asks before it locks its day."""


def record_audit(
    tx: Tx, community_id: int, report: Report, *, by: By, at: int, after: Report | None = None
) -> int:
    """Record what the second engine said of an export: which export, and the digest of its result.

    `after`: what it said of the part that came in since.
    """
    facts: audit.Facts = {
        "manifest": report.manifest_digest,
        "result": report.digest,
        "size": str(report.size),
        "root": report.root,
        "findings": sum(report.counts.values()),
    }
    if after is not None:
        facts = {**facts, "part": after.manifest_digest, "part_result": after.digest}
    act = PASSED if report.passed else FAILED
    subject = f"export:{report.manifest_digest}"
    return audit.record(tx, community_id, by, act, subject, at=at, after=facts)


def keep_result(
    tx: Tx, community_id: int, run_no: int, report: Report, *, at: int, after: Report | None = None
) -> None:
    """Record a night's audit; what it found now stands in place of what an earlier try found."""
    here = {"community_id": community_id, "run_no": run_no}
    record_audit(tx, community_id, report, by=SYSTEM, at=at, after=after)
    tx.run(_CLEAR, **here, at=at)
    number = int(tx.get(_LAST_NO, **here).n)
    ordered = sorted(report.findings, key=lambda finding: finding.explained_by != "")
    tx.many(
        _KEEP,
        [
            {**here, **_row(finding), "finding_no": number + n, "at": at}
            for n, finding in enumerate(ordered[:_MOST], start=1)
        ],
    )


def _row(finding: Finding) -> dict[str, str]:
    return {
        "check_name": finding.check,
        "file": finding.file,
        "row_key": finding.key,
        "facts": json.dumps(dict(finding.facts), ensure_ascii=False, separators=(",", ":")),
        "follows": finding.explained_by,
    }


def open_findings(tx: Tx, community_id: int, *, most: int = _MOST) -> list[Kept]:
    """What keeps a night's day from being locked, the faults before what follows from them."""
    return [Kept(*row) for row in tx.all(_OPEN, community_id=community_id, most=most)]
