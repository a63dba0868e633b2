"""`jifen night` locks nothing that the second engine did not pass, and says which row of which file it was."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.database import Database
from ledger.migrate import upgrade
from ledger.sql import Sql
from settlement.gate import open_findings
from tests.kiosk.test_cli import Run, answer, open_community, run
from tests.support.lived_month import start_month
from tests.support.night_plant import into
from tests.support.town import HERE

__all__ = ["run"]

ROOT = Path(__file__).parents[2]
CLAIM = "UPDATE claim SET units = units {} 1 WHERE ref = (SELECT max(ref) FROM claim)"
STATE = Sql(
    "SELECT state FROM night_run WHERE community_id = :community_id AND business_date = 20260303"
)


@pytest.fixture
def server(run: Run, tmp_path: Path) -> Database:
    """A server whose community has lived two days; one night is still to be run."""
    answer(run("migrate", "--json"))
    db = Database(f"sqlite:///{tmp_path / 'server/jifen.db'}")
    upgrade(db.engine)
    start_month(db, tmp_path / "channel")
    return db


@pytest.mark.usefixtures("audited")
def test_a_clean_night_is_audited_and_locked(run: Run, server: Database) -> None:
    told = answer(run("night", "2026-03-03", "--json"))

    assert (told["state"], told["findings"], told["found"]) == ("locked", 0, [])
    server.close()


@pytest.mark.usefixtures("audited")
def test_an_altered_claim_is_named_and_the_day_stays_open(run: Run, server: Database) -> None:
    into(server, CLAIM.format("+"))

    result = run("night", "2026-03-03", "--json")

    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["state"] == "audit_failed"
    assert told["found"][0]["file"] == "claim.csv"
    assert "claimant_id=2 ref=M02T1-260303" in told["found"][0]["row"]
    assert "line by line" in told["found"][0]["reason"]
    plain = run("night", "2026-03-03")
    assert (plain.exit_code, "claim.csv" in plain.stdout) == (1, True)
    into(server, CLAIM.format("-"))
    assert answer(run("night", "2026-03-03", "--json"))["state"] == "locked"
    server.close()


def test_a_night_started_from_a_shell_is_audited(
    server: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process of its own, in which no test has put anything aside."""
    into(server, CLAIM.format("+"))
    monkeypatch.setenv("JIFEN_DATA_DIR", str(tmp_path / "server"))

    done = subprocess.run(
        [sys.executable, "-m", "kiosk.cli", "night", "2026-03-03", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, json.loads(done.stdout)["state"]) == (1, "audit_failed"), done.stderr
    with server.read() as tx:
        assert tx.get(STATE, community_id=HERE).state == "audit_failed"
        assert open_findings(tx, HERE)[0].file == "claim.csv"
    server.close()


def test_the_clockwork_does_what_is_due_once_and_says_how_it_stands(run: Run) -> None:
    open_community(run)
    ended = answer(run("clockwork", "run", "--once", "--json"))
    assert {one["state"] for one in ended["runs"]} <= {"done"}
    assert answer(run("clockwork", "run", "--once", "--json"))["runs"] == []
    steps = answer(run("clockwork", "status", "--json"))["steps"]
    assert [one["step"] for one in steps] == [
        "notices",
        "expiry",
        "night",
        "keys",
        "silence",
        "month",
        "reports",
    ]
    assert {one["state"] for one in steps} == {"good"}
