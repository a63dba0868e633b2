"""Backups of both engines: whole, sealed, without the key, put back row by row; the drill; what is refused."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger import audit
from ledger.copies import backups, drill
from ledger.copies.manifest import KEY_PURPOSE, Manifest
from ledger.copies.sources import find_program, source_of
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members.key_vault import KeyVault
from ledger.seal import sealer
from tests.support.engines import ENGINES
from tests.support.http import everything
from tests.support.invariants import check_invariants
from tests.support.postgres import Cluster
from tests.support.tampering import as_insider
from tests.support.town import HERE, Town, build_town

MASTER = bytes(range(32))
KEY = KeyVault(MASTER).derive(KEY_PURPOSE)


@pytest.fixture
def town(db: Database) -> Town:
    return build_town(db, grant_units=50_000)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "backups"
    place.mkdir()
    return place


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "keys" / "master.key"
    file.parent.mkdir()
    file.write_text(MASTER.hex())
    return file


@pytest.fixture
def empty_url(db: Database, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty place of the same engine."""
    if db.dialect == "sqlite":
        yield f"sqlite:///{tmp_path / 'back' / 'jifen.db'}"
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    name = cluster.new_database()
    yield cluster.url(name)
    cluster.drop_database(name)


def make(town: Town, folder: Path, key_file: Path) -> Manifest:
    return backups.make(
        source_of(town.db.url), folder, key=KEY, at=town.later(1), key_file=key_file
    )


def test_what_is_put_back_is_what_was_there_row_by_row(
    town: Town, folder: Path, key_file: Path, empty_url: str
) -> None:
    made = make(town, folder, key_file)
    before = everything(town.db)
    town.grant(1, 100)

    backups.verify(folder, made, key=KEY)
    backups.put_back(folder, made, source_of(empty_url))

    back = Database(empty_url)
    assert everything(back) == before != everything(town.db)
    check_invariants(back.engine)
    back.close()


def test_a_backup_taken_while_others_write_is_the_book_of_one_moment(
    town: Town, folder: Path, key_file: Path, empty_url: str
) -> None:
    stop, granted = threading.Event(), [0]

    def write() -> None:
        while not stop.is_set():
            town.grant(1, 10)
            granted[0] += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = [make(town, folder, key_file) for _ in range(3)]
    finally:
        stop.set()
        writer.join()

    assert granted[0] > 3
    backups.put_back(folder, made[-1], source_of(empty_url))
    back = Database(empty_url)
    check_invariants(back.engine)
    back.close()


def test_neither_the_key_nor_a_word_of_it_lies_in_a_copy(
    town: Town, folder: Path, key_file: Path
) -> None:
    make(town, folder, key_file)

    content = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    assert MASTER not in content
    assert MASTER.hex().encode() not in content
    assert KEY.hex().encode() not in content


def test_copies_beside_the_key_are_refused(town: Town, tmp_path: Path, key_file: Path) -> None:
    with pytest.raises(Refusal, match="backup_beside_key"):
        make(town, key_file.parent, key_file)
    with pytest.raises(Refusal, match="backup_folder_missing"):
        make(town, tmp_path / "not mounted", key_file)


def test_only_its_owner_may_read_a_copy(town: Town, folder: Path, key_file: Path) -> None:
    made = make(town, folder, key_file)

    assert (folder / made.name).stat().st_mode & 0o077 == 0
    assert (folder / made.name / made.file).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("place", [0, 4_096, -1])
def test_a_copy_with_one_bit_turned_is_found(
    town: Town, folder: Path, key_file: Path, place: int
) -> None:
    made = make(town, folder, key_file)
    copied = folder / made.name / made.file
    content = bytearray(copied.read_bytes())
    content[place] ^= 1
    copied.write_bytes(content)

    with pytest.raises(Refusal, match="backup_damaged"):
        backups.verify(folder, made, key=KEY)


def test_a_manifest_that_was_changed_or_belongs_to_another_key_is_found(
    town: Town, folder: Path, key_file: Path
) -> None:
    made = make(town, folder, key_file)
    file = folder / made.name / "manifest.json"
    values = json.loads(file.read_text())
    values["rows"]["audit"] += 1
    file.write_text(json.dumps(values))

    changed = backups.get_backup(folder, made.name)
    with pytest.raises(Refusal, match="backup_changed"):
        backups.verify(folder, changed, key=KEY)
    with pytest.raises(Refusal, match="backup_other_key"):
        backups.verify(folder, made, key=KeyVault(b"o" * 32).derive(KEY_PURPOSE))
    file.write_text("{")
    with pytest.raises(Refusal, match="backup_unreadable"):
        backups.get_backup(folder, made.name)
    assert backups.all_backups(folder) == []


@pytest.mark.parametrize("name", ["", "..", "../backups", "backup-2", "a/b"])
def test_a_name_that_is_no_copy_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(Refusal, match="backup_not_found"):
        backups.get_backup(folder, name)


def test_nothing_that_is_there_is_overwritten(town: Town, folder: Path, key_file: Path) -> None:
    made = make(town, folder, key_file)
    before = everything(town.db)

    with pytest.raises(Refusal, match="restore_place_taken"):
        backups.put_back(folder, made, source_of(town.db.url))
    assert everything(town.db) == before


def test_what_a_crash_left_half_written_is_no_backup_and_goes_away(
    town: Town, folder: Path, key_file: Path
) -> None:
    half = folder / ".part-backup-20260302T010000000Z"
    half.mkdir()
    (half / "jifen.db").write_bytes(b"half")

    assert backups.all_backups(folder) == []
    made = make(town, folder, key_file)
    assert [path.name for path in folder.iterdir()] == [made.name]


def test_a_failed_copy_leaves_nothing_behind(
    town: Town, folder: Path, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backups, "sync", full)
    with pytest.raises(Refusal, match="backup_no_room"):
        make(town, folder, key_file)
    assert list(folder.iterdir()) == []


def test_old_backups_go_and_the_newest_stays(town: Town, folder: Path, key_file: Path) -> None:
    old = [make(town, folder, key_file) for _ in range(2)]
    town.later(40 * 86_400)
    new = make(town, folder, key_file)

    assert backups.prune(folder, at=town.at) == [one.name for one in old]
    assert backups.all_backups(folder) == [new]


def test_the_drill_puts_back_checks_reports_and_leaves_nothing(
    town: Town, folder: Path, key_file: Path
) -> None:
    made = make(town, folder, key_file)

    held = drill.run_drill(folder, made, town.db.url, key=KEY)
    drill.note(town.db, held, at=town.at)

    assert held.failed == ""
    assert list(held.steps) == ["verify", "restore", "migrate", "check", "seal"]
    with town.db.read() as tx:
        acts = audit.acts_on(tx, HERE, f"backup:{made.name}")
    assert [(row.act, json.loads(row.after)) for row in acts] == [
        ("backup.drill", {"total_ms": held.total_ms})
    ]


def test_the_drill_says_what_does_not_hold(town: Town, folder: Path, key_file: Path) -> None:
    with town.db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE balance SET posted = posted + 7 WHERE posted > 0")
    made = make(town, folder, key_file)

    held = drill.run_drill(folder, made, town.db.url, key=KEY)

    assert held.failed.startswith("balances_are_sums (")
    (folder / made.name / made.file).write_bytes(b"gone")
    assert drill.run_drill(folder, made, town.db.url, key=KEY).failed == "backup_damaged"


def test_the_drill_works_the_log_out_again(town: Town, folder: Path, key_file: Path) -> None:
    sealer.seal(town.db, HERE)
    with as_insider(town.db) as connection:
        connection.exec_driver_sql(
            "UPDATE audit SET after = '{}' WHERE audit_id = (SELECT min(entry_id) FROM leaf WHERE kind = 'act')"
        )
    made = make(town, folder, key_file)

    held = drill.run_drill(folder, made, town.db.url, key=KEY)

    assert held.failed == "log_is_of_the_rows (1)"


def test_a_copy_goes_back_to_its_own_engine_only(
    sqlite_url: str, postgres_url: str, folder: Path, key_file: Path
) -> None:
    made = [
        backups.make(source_of(url), folder, key=KEY, at=at * 1_000, key_file=key_file)
        for at, url in enumerate((sqlite_url, postgres_url))
    ]

    assert [one.engine for one in made] == list(ENGINES)
    for one, url in zip(made, (postgres_url, sqlite_url), strict=True):
        with pytest.raises(Refusal, match="restore_other_engine"):
            backups.put_back(folder, one, source_of(url))


def test_a_missing_database_and_a_missing_program_are_said(
    tmp_path: Path, folder: Path, key_file: Path
) -> None:
    gone = source_of(f"sqlite:///{tmp_path / 'gone.db'}")
    with pytest.raises(Refusal, match="backup_source_missing"):
        backups.make(gone, folder, key=KEY, at=0, key_file=key_file)
    with pytest.raises(Refusal, match="backup_tool_missing"):
        find_program("pg_never")
    assert list(folder.iterdir()) == []
