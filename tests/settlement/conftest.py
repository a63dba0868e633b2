"""A town with ten shops, ready for nights."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.database import Database
from tests.support.engines import SqliteFiles
from tests.support.lived_month import export_of, live_month
from tests.support.night_plant import reserve_cover
from tests.support.town import Town, build_town


@pytest.fixture
def town(db: Database) -> Town:
    """Ten shops with a till each, one resident with points enough, cover for every sale."""
    made = build_town(db, people=1, shops=10, fund_fen=1_000_000_000)
    made.grant(1, 10**12)
    reserve_cover(made, 50_000_000)
    return made


@pytest.fixture(scope="session")
def lived(sqlite_files: SqliteFiles, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with a lived month in it."""
    folder = tmp_path_factory.mktemp("month")
    db = Database(sqlite_files.copy_to(folder / "month.db"))
    live_month(db, folder / "channel")
    db.close()
    return folder / "month.db"


@pytest.fixture(scope="session")
def clean(lived: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The export of that month."""
    return export_of(lived, tmp_path_factory.mktemp("clean") / "out")
