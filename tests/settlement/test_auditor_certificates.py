"""Each sum of certificates is broken once, and the second engine names the check; a replay gives the same bytes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ledger.certificates.desk import expire
from ledger.database import Database
from ledger.seal.sealer import seal
from settlement.export.write import write_export
from settlement.replay import replay
from tests.settlement.test_auditor_services import named_in
from tests.support.certificates import cancelled, certificate_town, printed, shown
from tests.support.engines import SqliteFiles
from tests.support.forger import forge
from tests.support.invariants import check_invariants
from tests.support.town import HERE, moment


@pytest.fixture(scope="module")
def book(sqlite_files: SqliteFiles, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates used in part, cancelled, expired and good."""
    path = tmp_path_factory.mktemp("certificates") / "book.db"
    db = Database(sqlite_files.copy_to(path))
    town = certificate_town(db, certificate_days=2)
    shown(town, printed(town, 400)["number"], 10_000, 300)
    cancelled(town, printed(town, 100))
    printed(town, 60, person=2)
    town.later(2 * 86_400)
    assert expire(db, HERE, town.day, at=town.at) == 1
    printed(town, 40)
    seal(db, HERE)
    db.close()
    return path


BROKEN: dict[str, str] = {
    "an end is forgotten": "DELETE FROM certificate_end WHERE how = 'cancelled'",
    "it was printed for more": (
        "UPDATE certificate SET units = units + 2000 WHERE certificate_id NOT IN"
        " (SELECT certificate_id FROM certificate_end)"
    ),
    "more was taken than the sale says": (
        "UPDATE certificate_end SET used_units = used_units + 2000 WHERE how = 'used'"
    ),
    "another shop": "UPDATE certificate_end SET merchant_id = 2 WHERE how = 'used'",
    "another sale": "UPDATE certificate_end SET ref = 'M02T1-260302-00009-X' WHERE how = 'used'",
    "used after its last day": (
        "UPDATE certificate SET last_day = 20260301, business_date = 20260301 WHERE certificate_id IN"
        " (SELECT certificate_id FROM certificate_end WHERE how = 'used')"
    ),
    "expired before its last day": (
        "UPDATE certificate SET last_day = 20260330 WHERE certificate_id IN"
        " (SELECT certificate_id FROM certificate_end WHERE how = 'expired')"
    ),
    "another's points": "UPDATE certificate SET wallet_owner_id = 3",
    "an end of its own kind": "UPDATE certificate_end SET how = 'given' WHERE how = 'cancelled'",
}


def test_untouched_nothing_is_named(book: Path, tmp_path: Path) -> None:
    path = shutil.copy(book, tmp_path / "book.db")

    named, said = named_in(Path(path), tmp_path / "out")

    assert named == set(), said


@pytest.mark.parametrize("what", BROKEN)
def test_what_was_broken_is_named(book: Path, tmp_path: Path, what: str) -> None:
    path = tmp_path / "book.db"
    shutil.copy(book, path)
    forge(path, BROKEN[what])

    named, said = named_in(path, tmp_path / "out")

    assert named == {"certificate"}, said


def test_replayed_into_an_empty_database_it_is_the_same_to_the_byte(
    book: Path, db: Database, tmp_path: Path
) -> None:
    path = shutil.copy(book, tmp_path / "book.db")
    named_in(Path(path), tmp_path / "out")

    replay(db, tmp_path / "out")

    check_invariants(db.engine)
    write_export(db, HERE, tmp_path / "again", at=moment("2026-03-05 03:00"))
    for name in ("certificate", "certificate_end", "hold", "hold_end", "balance"):
        first, second = (
            (tmp_path / side / f"{name}.csv").read_bytes() for side in ("out", "again")
        )
        assert first == second, name
