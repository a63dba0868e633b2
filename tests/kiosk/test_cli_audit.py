"""`jifen audit` from outside, and the same without the product around it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.database import Database
from ledger.sql import Sql
from settlement.export.write import write_export
from tests.kiosk.test_cli import Run, answer, open_community, run
from tests.support.engines import SqliteFiles
from tests.support.lived_month import live_month
from tests.support.town import HERE, moment

__all__ = ["run"]

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def export(sqlite_files: SqliteFiles, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lived month, exported."""
    folder = tmp_path_factory.mktemp("month")
    db = Database(sqlite_files.copy_to(folder / "month.db"))
    live_month(db, folder / "channel")
    write_export(db, HERE, folder / "out", at=moment("2026-04-05 03:00"))
    db.close()
    return folder / "out"


@pytest.fixture
def altered(export: Path, tmp_path: Path) -> Path:
    """The same with one claim altered in its file."""
    out = tmp_path / "altered"
    out.mkdir()
    for path in export.iterdir():
        (out / path.name).write_bytes(path.read_bytes())
    body = (out / "claim.csv").read_bytes()
    (out / "claim.csv").write_bytes(body.replace(b",800,", b",801,", 1))
    return out


def test_a_clean_export_passes(run: Run, export: Path) -> None:
    told = answer(run("audit", str(export), "--json"))

    assert (told["passed"], told["findings"]) == (True, [])
    assert "PASSED" in run("audit", str(export)).output


def test_an_altered_file_is_named_with_its_row(run: Run, altered: Path) -> None:
    result = run("audit", str(altered), "--json")

    assert result.exit_code == 1
    found = json.loads(result.stdout)["findings"]
    claims = [row for row in found if row["check"] == "claims_filed"]
    assert [(row["file"], row["facts"]["wrong"]) for row in claims] == [("claim.csv", "altered")]
    assert "line by line" in claims[0]["reason"]
    plain = run("audit", str(altered))
    assert (plain.exit_code, "claim.csv" in plain.output) == (1, True)


def test_what_is_no_export_is_refused(run: Run, tmp_path: Path) -> None:
    refused = run("audit", str(tmp_path))

    assert refused.exit_code == 2
    assert "export_unreadable" in refused.stderr


def test_it_speaks_chinese_too(run: Run, altered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")

    assert "审计未通过" in run("audit", str(altered)).output


def test_the_result_is_recorded_where_it_is_asked_for(
    run: Run, export: Path, tmp_path: Path
) -> None:
    open_community(run)
    told = answer(run("audit", str(export), "--json", "--record"))

    db = Database(f"sqlite:///{tmp_path / 'server/jifen.db'}")
    with db.read() as tx:
        act = tx.get(
            Sql("SELECT act, after FROM audit WHERE community_id > 0 AND act LIKE 'audit.%'")
        )
    db.close()
    assert act.act == "audit.passed"
    assert json.loads(act.after)["result"] == told["digest"]


def test_the_auditor_runs_by_itself(export: Path, altered: Path) -> None:
    def by_itself(path: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "settlement.auditor", str(path), "--language", "en"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    assert (by_itself(export).returncode, by_itself(altered).returncode) == (0, 1)
    assert by_itself(altered.parent).returncode == 2
