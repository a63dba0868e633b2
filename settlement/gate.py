"""The second engine's say: its result on record, and no day locked without it."""

from __future__ import annotations

from typing import Final

from ledger import audit
from ledger.audit import By
from ledger.sql import Tx
from settlement.auditor.report import Report

PASSED: Final = "audit.passed"
FAILED: Final = "audit.failed"


def record_audit(tx: Tx, community_id: int, report: Report, *, by: By, at: int) -> int:
    """Record what the second engine said of an export: which export, and the digest of its result."""
    facts: audit.Facts = {
        "manifest": report.manifest_digest,
        "result": report.digest,
        "size": str(report.size),
        "root": report.root,
        "findings": sum(report.counts.values()),
    }
    act = PASSED if report.passed else FAILED
    return audit.record(
        tx, community_id, by, act, f"export:{report.manifest_digest}", at=at, after=facts
    )
