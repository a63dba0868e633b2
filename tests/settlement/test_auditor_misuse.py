"""Each sum of unauthorised use is broken once, and the second engine names the check; a replay gives the same bytes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ledger.audit import By
from ledger.database import Database
from ledger.seal.sealer import seal
from settlement.export.write import write_export
from settlement.replay import replay
from tests.settlement.test_auditor_services import named_in
from tests.support import misuse
from tests.support.engines import SqliteFiles
from tests.support.fake_channel import FakeChannel
from tests.support.forger import forge
from tests.support.invariants import check_invariants
from tests.support.staff_rows import add_staff
from tests.support.town import HERE, build_town, moment


@pytest.fixture(scope="module")
def book(sqlite_files: SqliteFiles, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One form upheld, one rejected with points spent meanwhile, one with points given for now."""
    path = tmp_path_factory.mktemp("misuse") / "book.db"
    db = Database(sqlite_files.copy_to(path))
    town = build_town(db, people=3, grant_units=20_000, channel=FakeChannel())
    staff = {By("staff", misuse.CLERK): "grid_worker", By("staff", misuse.OTHER): "committee"}
    add_staff(db, staff, at=town.at)
    for person in (1, 2, 3):
        form_id = misuse.report(town, misuse.spend(town, 8_000, person=person), person=person)
        misuse.give(town, form_id)
        if person < 3:
            misuse.end(town, form_id, *((0,) if person == 1 else ()))
    seal(db, HERE)
    db.close()
    return path


BROKEN: dict[str, str] = {
    "more was given than was posted": "UPDATE misuse_given SET units = units - 1",
    "given for a PIN nobody looked into": "UPDATE misuse_entry SET pin_asked = 1",
    "a gift without a form": (
        "DELETE FROM misuse_given WHERE txn_id NOT IN (SELECT txn_id FROM misuse_end)"
    ),
    "decided by whoever took it in": "UPDATE misuse_end SET decided_by = 71",
    "less was taken than was posted": (
        "UPDATE misuse_end SET taken_units = taken_units - 1 WHERE how = 'rejected'"
    ),
    "rejected became upheld": "UPDATE misuse_end SET how = 'upheld' WHERE how = 'rejected'",
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

    assert named == {"misuse"}, said


def test_replayed_into_an_empty_database_it_is_the_same_to_the_byte(
    book: Path, db: Database, tmp_path: Path
) -> None:
    path = shutil.copy(book, tmp_path / "book.db")
    named_in(Path(path), tmp_path / "out")

    replay(db, tmp_path / "out")

    check_invariants(db.engine)
    write_export(db, HERE, tmp_path / "again", at=moment("2026-03-05 03:00"))
    for name in ("misuse_form", "misuse_entry", "misuse_given", "misuse_end", "balance"):
        first, second = (
            (tmp_path / side / f"{name}.csv").read_bytes() for side in ("out", "again")
        )
        assert first == second, name
