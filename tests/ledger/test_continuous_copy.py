"""The copy at the second place: never older than a look, never torn, its age and its failures in sight."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledger.clock import SECOND_US
from ledger.copies import backups, continuous
from ledger.copies.continuous import PREFIX, SqliteCopier, Status, is_late, read_status, run_copier
from ledger.copies.manifest import KEY_PURPOSE
from ledger.copies.sources import source_of
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members.key_vault import KeyVault
from tests.support.invariants import check_invariants
from tests.support.town import CIVIC, HERE, START, Town, build_town

KEY = KeyVault(bytes(range(32))).derive(KEY_PURPOSE)


@pytest.fixture
def town(sqlite_url: str) -> Iterator[Town]:
    db = Database(sqlite_url)
    yield build_town(db, grant_units=50_000)
    db.close()


@pytest.fixture
def second(tmp_path: Path) -> Path:
    place = tmp_path / "second"
    place.mkdir()
    return place


@pytest.fixture
def copier(town: Town, second: Path, tmp_path: Path) -> Iterator[SqliteCopier]:
    made = SqliteCopier(file_of(town), second, key=KEY, key_file=tmp_path / "master.key")
    yield made
    made.close()


def file_of(town: Town) -> Path:
    return Path(town.db.url.removeprefix("sqlite:///"))


def wallet(path: Path) -> int:
    """Person 1's points in a copied file."""
    with sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True) as copy:
        found = copy.execute(
            "SELECT b.posted FROM balance b JOIN account a ON a.account_id = b.account_id"
            " WHERE a.kind = 'wallet' AND a.owner_id = 1 AND a.commodity = ?",
            (CIVIC,),
        ).fetchone()
    copy.close()
    return int(found[0]) if found else 0


def newest(second: Path) -> Path:
    made = backups.all_backups(second, PREFIX)[0]
    backups.verify(second, made, key=KEY)
    return second / made.name / made.file


def test_a_look_copies_what_changed_and_only_then(
    town: Town, second: Path, copier: SqliteCopier
) -> None:
    first = copier.look(at=START)
    idle = copier.look(at=START + 60 * SECOND_US)
    town.grant(1, 123)
    changed = copier.look(at=START + 120 * SECOND_US)

    assert (first.copied_at, idle.copied_at) == (START, START)
    assert idle.looked_at == START + 60 * SECOND_US
    assert changed.copied_at == START + 120 * SECOND_US
    assert wallet(newest(second)) == 50_123
    assert read_status(second) == changed


def test_two_copies_stay(town: Town, second: Path, copier: SqliteCopier) -> None:
    for minute in range(5):
        town.grant(1, 1)
        copier.look(at=START + minute * 60 * SECOND_US)

    assert len(list(second.glob(f"{PREFIX}*"))) == continuous.KEEP


def test_while_tills_write_every_copy_holds_what_was_committed_before_it(
    town: Town, second: Path, copier: SqliteCopier
) -> None:
    stop, granted = threading.Event(), [0]

    def write() -> None:
        while not stop.is_set():
            town.grant(1, 1)
            granted[0] += 1

    writer = threading.Thread(target=write)
    writer.start()
    lost_by_hand = 0
    try:
        for look in range(8):
            before = granted[0]
            assert copier.look(at=START + look * SECOND_US).failed == ""
            assert wallet(newest(second)) >= 50_000 + before
            # The control: the file alone, copied as one copies any file, lacks what still lies in its -wal.
            by_hand = second.parent / "by_hand.db"
            before = granted[0]
            shutil.copyfile(file_of(town), by_hand)
            lost_by_hand += wallet(by_hand) < 50_000 + before
    finally:
        stop.set()
        writer.join()

    assert granted[0] > 8
    assert lost_by_hand > 0
    back = Database(f"sqlite:///{second.parent / 'back.db'}")
    made = backups.all_backups(second, PREFIX)[0]
    backups.put_back(second, made, source_of(back.url))
    check_invariants(back.engine)
    back.close()


def test_a_second_place_that_is_gone_is_said_and_its_age_grows(
    town: Town, second: Path, copier: SqliteCopier
) -> None:
    copier.look(at=START)
    away = second.rename(second.with_name("away"))
    town.grant(1, 1)

    failed = copier.look(at=START + 60 * SECOND_US)
    assert failed.failed == "backup_folder_missing"
    away.rename(second)
    shown = read_status(second)
    assert shown is not None
    assert shown.age_s(START + 600 * SECOND_US) == 600
    assert is_late(shown, at=START + 600 * SECOND_US, every_s=60)

    again = copier.look(at=START + 660 * SECOND_US)
    assert again.failed == ""
    assert wallet(newest(second)) == 50_001


def test_what_could_not_be_copied_is_copied_at_the_next_look(
    town: Town, second: Path, copier: SqliteCopier, monkeypatch: pytest.MonkeyPatch
) -> None:
    copier.look(at=START)
    town.grant(1, 5)

    def full(*_words: object, **_more: object) -> None:
        raise Refusal("backup_no_room", reason="full")

    with monkeypatch.context() as broken:
        broken.setattr(continuous, "make", full)
        status = copier.look(at=START + 60 * SECOND_US)
    assert (status.failed, status.looked_at) == ("backup_no_room", START)

    copier.look(at=START + 120 * SECOND_US)
    assert wallet(newest(second)) == 50_005


def test_the_same_disk_is_said(second: Path, copier: SqliteCopier) -> None:
    assert second.is_dir()
    assert copier.look(at=START).same_disk


@pytest.mark.parametrize(
    ("status", "late"),
    [
        (None, True),
        (Status(0, 0), True),
        (Status(START, START), False),
        (Status(START - 299 * SECOND_US, 1), False),
        (Status(START - 301 * SECOND_US, 1), True),
        (Status(START, START, failed="backup_no_room"), True),
    ],
)
def test_late_is_five_rounds_without_a_look(status: Status | None, *, late: bool) -> None:
    assert is_late(status, at=START, every_s=60) is late


def test_a_slow_copy_is_followed_by_a_longer_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0, 30_000_000_000, 0, 1_000_000_000])
    monkeypatch.setattr("ledger.copies.continuous.time.monotonic_ns", lambda: next(clock))
    pauses: list[float] = []

    def goes_on(pause_s: float) -> bool:
        pauses.append(pause_s)
        return len(pauses) < 2

    class Copier:
        look = staticmethod(lambda at: Status(at, at))

    heard: list[Status] = []
    say: Callable[[Status], None] = heard.append
    run_copier(Copier(), every_s=60, now=lambda: START, goes_on=goes_on, say=say)  # type: ignore[arg-type]

    assert pauses == [270, 59]
    assert heard == [Status(START, START)] * 2


# --- PostgreSQL's segments


def test_a_segment_is_kept_once_and_given_back(tmp_path: Path, second: Path) -> None:
    segment, back = tmp_path / "000000010000000000000001", tmp_path / "back"
    segment.write_bytes(b"wal" * 1_000)

    continuous.take_wal(segment, second, segment.name)
    continuous.take_wal(segment, second, segment.name)
    continuous.give_wal(second, segment.name, back)

    assert back.read_bytes() == segment.read_bytes()
    assert len(list(second.iterdir())) == 1


def test_another_segment_under_the_same_name_is_refused(tmp_path: Path, second: Path) -> None:
    segment = tmp_path / "000000010000000000000001"
    segment.write_bytes(b"one")
    continuous.take_wal(segment, second, segment.name)
    segment.write_bytes(b"two")

    with pytest.raises(Refusal, match="wal_other_content"):
        continuous.take_wal(segment, second, segment.name)
    with pytest.raises(Refusal, match="backup_not_found"):
        continuous.give_wal(second, "000000010000000000000002", tmp_path / "back")
    with pytest.raises(Refusal, match="backup_folder_missing"):
        continuous.take_wal(segment, second / "none", segment.name)


def test_a_server_that_does_not_archive_says_so(postgres_url: str) -> None:
    source = source_of(postgres_url)
    with pytest.raises(Refusal, match="copy_not_archiving"):
        continuous.wal_status(source, newest_at=0, at=START)  # type: ignore[arg-type]


@pytest.mark.usefixtures("fresh_ids")
def test_the_newest_write_is_told_by_the_numbers_given_out(db: Database) -> None:
    with db.read() as tx:
        assert continuous.newest_write(tx) == 0
    town = build_town(db)
    town.later(7_200)
    town.grant(1, 5)
    with db.read() as tx:
        assert abs(continuous.newest_write(tx) - town.at) < SECOND_US
    assert town.here == HERE
