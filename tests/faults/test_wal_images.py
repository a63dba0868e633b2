"""Torn and flipped logs: what is read afterwards is always the first so many sales, whole."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.wal import WAYS, Log, damage, faults_of, in_the_file_itself, record
from tests.support.engines import SqliteFiles

SALES = 40

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def log(sqlite_files: SqliteFiles, tmp_path_factory: pytest.TempPathFactory) -> Log:
    """Forty sales and the log they left."""
    folder = tmp_path_factory.mktemp("log")
    return record(sqlite_files.copy_to(folder / "jifen.db"), SALES)


def test_a_damaged_log_gives_back_the_first_so_many_sales(log: Log, tmp_path: Path) -> None:
    try_images(log, tmp_path, 250)


@pytest.mark.proof
@pytest.mark.timeout(3_600)
def test_ten_thousand_damaged_logs_give_back_the_first_so_many_sales(
    log: Log, tmp_path: Path
) -> None:
    try_images(log, tmp_path, 10_000)


def try_images(log: Log, folder: Path, count: int) -> None:
    """Damage `count` copies with a seed drawn now and shown where one fails."""
    seed = random.SystemRandom().randrange(10**6)
    chance = random.Random(seed)
    done: Counter[str] = Counter()
    for _ in range(count):
        image = damage(log, chance)
        assert faults_of(log, image, folder) == [], f"seed {seed}: {image.damage} {image.offset}"
        done[image.damage] += 1

    assert set(done) == {way.__name__ for way in WAYS}
    print(f"seed {seed}: {dict(done)}, 0 bad")  # noqa: T201 - the figure of the proof


def test_the_whole_log_gives_every_sale(log: Log, tmp_path: Path) -> None:
    image = damage(log, random.Random(1))._replace(offset=len(log.wal), wal=log.wal)

    assert faults_of(log, image, tmp_path) == []
    assert log.sales_before(len(log.wal)) == SALES


def test_the_same_bit_turned_where_no_checksum_guards_it_is_noticed(
    log: Log, tmp_path: Path
) -> None:
    """The control: a file that was altered beneath the log is told apart from one that was not."""
    chance = random.Random(5)
    found = [bool(faults_of(log, in_the_file_itself(log, chance), tmp_path)) for _ in range(150)]

    assert any(found)


def test_an_acknowledged_sale_that_is_cut_away_is_noticed(log: Log, tmp_path: Path) -> None:
    """The control: a log that claims to be whole, its last frame gone, has lost a sale."""
    image = damage(log, random.Random(1))._replace(offset=len(log.wal), wal=log.wal[:-4_000])

    assert any("lost" in fault for fault in faults_of(log, image, tmp_path))
