"""Exported files altered, damaged or gone: the auditor says which, and reads what is left."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ledger.database import Database
from settlement.auditor.report import Finding
from settlement.auditor.run import audit
from settlement.export.pack import pack
from settlement.export.write import write_export
from tests.settlement.test_auditor import faults
from tests.support.lived_month import EXPORTED_AT
from tests.support.town import HERE

CHANGED = {
    "a digit": ("transfer.csv", b",10000\n", b",10001\n", {"file", "entry"}),
    "a claim": ("claim.csv", b",800,", b",801,", {"file", "claims_filed"}),
    "a letter where a number was": ("balance.csv", b",318451,", b",3184x1,", {"file", "format"}),
    "a value away": ("night_total.csv", b"\n1,1,", b"\n1,,", {"file", "row"}),
    "a column's name": ("payout.csv", b"amount_fen", b"amount_fex", {"file", "format"}),
}


@pytest.mark.parametrize("what", CHANGED)
def test_a_file_altered_after_the_export_is_found_and_named(
    clean: Path, tmp_path: Path, what: str
) -> None:
    name, old, new, wanted = CHANGED[what]
    out = tmp_path / "out"
    shutil.copytree(clean, out)
    body = (out / name).read_bytes()
    assert body.count(old) > 0
    (out / name).write_bytes(body.replace(old, new, 1))

    report = audit(out)

    assert wanted <= faults(report), report.to_text("en")
    assert all(name in _named(finding) for finding in report.faults), report.to_text("en")


def _named(finding: Finding) -> str:
    return f"{finding.file} {dict(finding.row)}"


def test_a_file_that_is_gone_is_found(clean: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(clean, out)
    (out / "transfer.csv").unlink()

    report = audit(out)

    assert faults(report) == {"file"}
    assert {finding.file for finding in report.faults} == {"transfer.csv"}
    assert "I4" in report.not_asked


def test_a_file_damaged_in_the_middle_is_read_as_far_as_it_goes(
    clean: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(clean, out)
    lines = (out / "txn.csv").read_bytes().splitlines(keepends=True)
    lines[5] = b"garbage\n"
    (out / "txn.csv").write_bytes(b"".join(lines))

    report = audit(out)

    assert {"file", "format"} == faults(report)
    damaged = [finding for finding in report.faults if finding.check == "format"]
    assert {(finding.file, finding.row["line"]) for finding in damaged} == {("txn.csv", "6")}


# --- an audit reads files and nothing else


def test_parquet_and_zip_are_audited_alike(lived: Path, tmp_path: Path) -> None:
    db = Database(f"sqlite:///{lived}")
    write_export(db, HERE, tmp_path / "csv", at=EXPORTED_AT)
    write_export(db, HERE, tmp_path / "parquet", at=EXPORTED_AT, parquet=True)
    db.close()
    pack(tmp_path / "csv", tmp_path / "book.zip")

    reports = [audit(tmp_path / name) for name in ("csv", "parquet", "book.zip")]

    assert [report.findings for report in reports] == [(), (), ()]
    assert reports[0].digest == reports[2].digest
    assert {report.transfers for report in reports} == {reports[0].transfers}
