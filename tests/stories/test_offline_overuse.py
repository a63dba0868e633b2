"""What was let go twice: the night names both tills once and pays the shops; the figures on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kiosk.cli import main
from ledger.database import Database
from ledger.members import cards
from ledger.offline.bound import bound
from ledger.offline.shops import decide_shop
from ledger.sql import Tx
from settlement.auditor.run import audit
from settlement.export.write import write_export
from settlement.night import run_night
from tests.support.offline_shops import OFFICE, OfflineShops
from tests.support.town import HERE, START, moment

HOUR_S = 3_600


def lived(db: Database, **build: Any) -> OfflineShops:
    """One card at two tills, and a card reported lost between the sync and the sale."""
    shops = OfflineShops(db, grant_units=10_000, **build)
    shops.allow()
    told = [shops.policy(0), shops.policy(1)]
    first, second = shops.made(told[0], 1, 10_000, till=0), shops.made(told[1], 1, 10_000, till=1)
    shops.made(told[0], 2, 2_000, till=0)  # its number is drawn, and it is never sent
    never = shops.made(told[0], 3, 10_000, till=0)
    shops.town.later(60)
    at = shops.town.at
    db.write(lambda tx: cards.set_state(tx, HERE, 2, "lost", by=OFFICE, at=at))
    shops.town.later(60)
    lost = shops.made(told[1], 2, 4_000, till=1)
    shops.town.later(HOUR_S)
    for request in (first, second, never, lost):
        shops.send(request)
    return shops


def named(shops: OfflineShops) -> list[tuple[Any, ...]]:
    return sorted(
        shops.rows(
            "discrepancy WHERE code IN ('A2', 'A5')", "ref, sub_code, rest_units, held_fen, state"
        )
    )


def test_the_night_names_both_tills_once_and_pays_both_shops(db: Database, tmp_path: Path) -> None:
    shops = lived(db)

    night = run_night(db, HERE, 20_260_302, at=moment("2026-03-03 02:00"))
    run_night(db, HERE, 20_260_303, at=moment("2026-03-04 02:00"))

    by_till = sorted(row[0] for row in shops.rows("sale", "ref"))
    assert night.state == "locked"
    assert named(shops) == [
        (by_till[2], by_till[0], 10_000, 0, "open"),
        (by_till[3], "CARD_REPORTED", 4_000, 0, "open"),
    ]
    assert not any(row[0] for row in shops.rows("discrepancy", "held_fen"))
    write_export(db, HERE, tmp_path / "out", at=moment("2026-03-04 03:00"))
    assert audit(tmp_path / "out").findings == ()


def test_a_decision_taken_back_counts_until_its_limits_have_ended(db: Database) -> None:
    shops = OfflineShops(db)
    shops.allow(100_000)
    terms = shops.town.desk.refresh(HERE)

    def off(tx: Tx) -> None:
        decide_shop(tx, HERE, 1, 0, why="网络好了", by=OFFICE, at=START + HOUR_S * 1_000_000)

    db.write(off)

    def units(hours: int) -> int:
        with db.read() as tx:
            found = bound(tx, terms, units_per_fen=20, at=START + hours * HOUR_S * 1_000_000)
        assert found.day_fen == found.day_units // 20
        assert found.moment_fen == 2 * found.day_fen
        return found.day_units

    assert [units(1), units(24), units(25), units(26)] == [200_000, 200_000, 100_000, 100_000]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`jifen offline …` beside the story above; gives the JSON answer."""
    monkeypatch.setenv("JIFEN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.setattr("kiosk.commands.offline.now_us", lambda: START + 3 * HOUR_S * 1_000_000)
    runner = CliRunner()
    assert runner.invoke(main, ["migrate"]).exit_code == 0
    db = Database(f"sqlite:///{tmp_path / 'jifen.db'}")
    lived(db)
    db.close()

    def invoke(*words: str, as_json: bool = True) -> Any:
        more = ["--json"] if as_json else []
        result = runner.invoke(main, ["offline", *words, *more], catch_exceptions=False)
        return json.loads(result.stdout) if as_json and result.exit_code == 0 else result.output

    return invoke


def test_the_bound_is_printed_in_points_and_yuan(run: Any) -> None:
    assert run("bound") == {
        "day_units": 400_000,
        "day_fen": 20_000,
        "moment_units": 800_000,
        "moment_fen": 40_000,
        "one_spare_code_units": 40_000,
        "one_spare_code_fen": 2_000,
        "tills": {"M01T1": 200_000, "M02T1": 200_000},
    }
    said = run("bound", as_json=False)
    assert "4000.00" in said.replace(",", "")
    assert "200.00" in said


def test_a_shop_is_allowed_and_overuse_and_missing_slips_are_listed(run: Any) -> None:
    allowed = run("allow", "M01", "500", "--why", "网络不稳")
    found = run("overuse")
    slips = run("slips", "M01T1", "4", "--why", "平板坏了")

    assert allowed == {"merchant": "M01", "points_a_till_a_day": 500}
    assert run("bound")["tills"]["M01T1"] == 200_000
    assert sorted(one["units"] for one in found.values()) == [4_000, 10_000]
    # Number 2 was drawn and never sent; 4 is the newest slip.
    assert slips == {"terminal": "M01T1", "missing": [2, 4]}
    assert "offline_units_bad" in run("allow", "M01", "5000", "--why", "x", as_json=False)
