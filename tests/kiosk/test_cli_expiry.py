"""`jifen expiry`: notices, the lapse, and the list, as cron and people run them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kiosk.cli import main
from ledger.book.fund import grant
from ledger.database import Database
from tests.support.town import CIVIC, moment

OWNERS = 10


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """`jifen expiry …` at a moment, in a community where ten owners hold 7.50 points of March 2026 each."""
    monkeypatch.setenv("JIFEN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    runner = CliRunner()
    opened = (
        *("community", "new", "--issuer", "CA01", "--name", "常安社区"),
        *("--hotline", "0398-1234567", "--scheme", "changan", "--json"),
    )
    assert runner.invoke(main, ["migrate"]).exit_code == 0
    made = runner.invoke(main, opened)
    db = Database(f"sqlite:///{tmp_path / 'jifen.db'}")
    for owner in range(1, OWNERS + 1):
        grant(
            db,
            int(json.loads(made.stdout)["community_id"]),
            owner,
            CIVIC,
            750,
            request_id=f"grant-{owner}",
            by=0,
            at=moment("2026-03-02 10:00"),
            business_date=20260302,
            reason="opening",
        )
    db.close()

    def invoke(when: str, *words: str) -> Any:
        monkeypatch.setattr("kiosk.commands.expiry.now_us", lambda: moment(when))
        result = runner.invoke(main, ["expiry", *words], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout) if "--json" in words else result.output

    return invoke


def test_the_night_tells_what_it_gave_and_what_stays(run) -> None:
    given = run("2028-01-01 00:40", "notices", "--json")
    stays = run("2028-04-01 00:50", "run", "--json")

    [notice] = given["notices"]
    assert {name: notice[name] for name in ("points", "days_before", "wallets", "units")} == {
        "points": "civic",
        "days_before": 90,
        "wallets": OWNERS,
        "units": 7_500,
    }
    assert notice["slips"] == OWNERS
    assert stays == {"expired": [], "skipped": {"notice_missing": OWNERS}}


def test_the_list_says_the_dates_and_the_wall_no_sum_of_a_few(run, monkeypatch) -> None:
    run("2028-01-01 00:40", "notices")

    said = run("2028-01-01 08:00", "list")
    wall = run("2028-01-01 08:00", "list", "--wall", "--json")
    monkeypatch.setattr("ledger.expiry.lists.FEWEST_ON_A_WALL", OWNERS + 1)
    few = run("2028-01-01 08:00", "list", "--wall", "--json")

    assert "points civic  last_day 20280331  wallets 10" in said
    assert "slips_waiting 10" in said
    assert wall["dates"] == [
        {"points": "civic", "last_day": 20280331, "wallets": 10, "total": "75.00"}
    ]
    assert few["dates"] == [
        {"points": "civic", "last_day": 20280331, "wallets": None, "total": None}
    ]


def test_nothing_to_do_is_no_fault(run) -> None:
    assert run("2026-05-01 00:40", "notices", "--json") == {"notices": [], "withdrawn": 0}
    assert run("2026-05-01 00:50", "run", "--json") == {"expired": [], "skipped": {}}
    assert "dates 0" in run("2026-05-01 08:00", "list")
