"""`jifen offline debts`, `forgive` and `forgive-agree`: a debt is let go by two people who sign."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kiosk.cli import main
from kiosk.commands import household_writes
from kiosk.context import pepper_of
from ledger.database import Database
from ledger.members.key_vault import KeyVault, write_master_key
from pos.checkout import check_out
from tests.kiosk.test_cli_households import WORDS, sign_in
from tests.support.engines import SqliteFiles
from tests.support.offline_shops import OfflineShops


@pytest.fixture
def shop(
    sqlite_files: SqliteFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> OfflineShops:
    """Person 1 owes 100 points."""
    made = OfflineShops(Database(sqlite_files.copy_to(tmp_path / "jifen.db")))
    made.allow()
    late = made.made(made.policy(), 1, 10_000)
    check_out(made.town.desk, made.town.sale(1, 10_000, 30_000, till=1), at=made.town.at)
    made.send(late)
    write_master_key(tmp_path / "master.key")
    pepper = pepper_of(KeyVault.from_file(tmp_path / "master.key"))
    for login, role in (("liu", "secretary"), ("wu", "committee")):
        sign_in(made.town, login, role, pepper)
    monkeypatch.setenv("JIFEN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.delenv("JIFEN_CONFIG", raising=False)
    monkeypatch.setattr(household_writes, "now_us", lambda: made.town.at)
    return made


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["offline", *words, "--json"], input=f"{WORDS}\n")


def test_one_proposes_another_agrees_and_the_rest_is_still_owed(shop: OfflineShops) -> None:
    assert json.loads(run("debts").stdout) == {"1": 10_000}

    asked = run("forgive", "H00001", "60", "--why", "住院", "--by", "liu")
    proposal = json.loads(asked.stdout)["proposal"]
    alone = run("forgive-agree", "H00001", proposal, "--by", "liu")
    agreed = run("forgive-agree", "H00001", proposal, "--by", "wu")

    assert "not_allowed" in alone.stderr
    assert json.loads(agreed.stdout) == {"proposal": proposal, "units": 6_000}
    assert json.loads(run("debts").stdout) == {"1": 4_000}
    assert shop.wallet(1) == (0, 4_000)
