"""`jifen stock`: goods in and out by command, what is needed, and the check against the book."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kiosk.cli import main
from ledger.database import Database
from tests.support.shelf import EGGS, shelve
from tests.support.town import START, build_town

Run = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`jifen stock …` in a town with eight bags of eggs on its shelf; gives the JSON answer."""
    monkeypatch.setenv("JIFEN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.setattr("kiosk.commands.stock.now_us", lambda: START)
    runner = CliRunner()
    assert runner.invoke(main, ["migrate"]).exit_code == 0
    db = Database(f"sqlite:///{tmp_path / 'jifen.db'}")
    shelve(build_town(db), EGGS)
    db.close()

    def invoke(*words: str, says: int = 0) -> Any:
        result = runner.invoke(main, ["stock", *words, "--json"], catch_exceptions=False)
        assert result.exit_code == says, result.output
        return json.loads(result.stdout) if says == 0 else result.output

    return invoke


def test_goods_come_and_go_by_command_and_the_shelf_agrees_with_the_book(run: Run) -> None:
    given = run("in", "M01", "G001", "20", "--donor", "银枫粮油店", "--best-before", "2026-04-01")
    assert (given["quantity"], given["worth_fen"]) == (20, 25_000)
    run("in", "M01", "G001", "10", "--paid", "13000", "--request", "delivery-7")
    run("in", "M01", "G001", "10", "--paid", "13000", "--request", "delivery-7")
    run("out", "M01", "G001", "3", "--reason", "visits")

    [eggs] = run("show", "M01")["goods"]
    assert (eggs["code"], eggs["stock"], eggs["free"]) == ("G001", 35, 35)
    assert run("check") == {"differences": []}
    assert run("release") == {"freed_pieces": 0}


def test_alerts_name_what_expires_and_what_the_shelf_is_worth(run: Run) -> None:
    run("in", "M01", "G001", "20", "--donor", "银枫粮油店", "--best-before", "2026-04-01")
    said = run("alerts", "M01")
    assert said["expiring"] == [{"code": "G001", "left": 20, "best_before": 20260401}]
    assert (said["low"], said["to_count"], said["shelf_at_cost_fen"]) == ([], [], 35_000)


def test_an_unknown_good_or_shop_is_refused_in_words(run: Run) -> None:
    assert "good_not_found" in run("out", "M01", "G009", "1", "--reason", "x", says=2)
    assert "merchant_not_found" in run("show", "M99", says=2)
