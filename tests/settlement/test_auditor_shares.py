"""The second engine reckons shops' shares itself: each figure of a line, the agreement behind it and the booking."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ledger.database import Database
from ledger.seal.sealer import seal
from settlement.auditor.run import audit
from settlement.export.write import write_export
from tests.settlement.test_cofund import agree, live_april, live_march, statement_of
from tests.support.engines import SqliteFiles
from tests.support.forger import forge
from tests.support.town import HERE, build_town, moment


@pytest.fixture(scope="module")
def shared(sqlite_files: SqliteFiles, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two closed months: a fifth of March is the shop's, half of April, and a refund takes back at March's share."""
    path = tmp_path_factory.mktemp("shares") / "book.db"
    db = Database(sqlite_files.copy_to(path))
    town = build_town(db, people=4, shops=2, grant_units=100_000)
    agree(town, 1, 20260301, 2_000, at=moment("2026-01-20 10:00"))
    agree(town, 1, 20260401, 5_000, at=moment("2026-02-10 10:00"))
    bought = live_march(town)
    statement_of(town, 202603, "2026-04-05 09:00")
    live_april(town, bought)
    statement_of(town, 202604, "2026-05-06 09:00")
    seal(db, HERE)
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return path


def named_in(path: Path, out: Path) -> tuple[set[str], str]:
    db = Database(f"sqlite:///{path}")
    write_export(db, HERE, out, at=moment("2026-05-08 03:00"))
    db.close()
    report = audit(out)
    return {one.check for one in report.faults}, report.to_text("en")


MARCH = "month = 202603"
BROKEN = {
    "another share": f"UPDATE cofund_line SET share_bp = 2001 WHERE {MARCH}",
    "points left out": f"UPDATE cofund_line SET units_plus = units_plus - 20 WHERE {MARCH}",
    "points taken back left out": "UPDATE cofund_line SET units_minus = 0 WHERE units_minus > 0",
    "a fen more, and booked so": f"UPDATE cofund_line SET fen = fen + 1 WHERE {MARCH}",
    "a fraction lost": "UPDATE cofund_line SET rest_num = 0, rest_den = 1 WHERE rest_num > 0",
    "a line left out": "DELETE FROM cofund_line WHERE given_month = 202603 AND month = 202604",
    "another agreement": "UPDATE agreement SET cofund_bp = 3000 WHERE effective_from = 20260301",
}


def test_untouched_nothing_is_named(shared: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(shared, tmp_path / "book.db"))

    named, said = named_in(path, tmp_path / "out")

    assert named == set(), said


@pytest.mark.parametrize("what", BROKEN)
def test_what_was_broken_is_named(shared: Path, tmp_path: Path, what: str) -> None:
    path = Path(shutil.copy(shared, tmp_path / "book.db"))
    forge(path, BROKEN[what])

    named, said = named_in(path, tmp_path / "out")

    assert named == {"cofund"}, said
