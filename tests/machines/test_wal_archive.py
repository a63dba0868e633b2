"""PostgreSQL's continuous copy with a real server: lost with its disk, it comes back to the last segment that left."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from kiosk.config import settings_from
from kiosk.copy_age import copy_status
from ledger.book.balances import wallet_of
from ledger.clock import SECOND_US, now_us
from ledger.copies.continuous import is_late
from ledger.database import Database
from tests.support.engines import create_schema
from tests.support.invariants import check_invariants
from tests.support.postgres import Cluster, programs
from tests.support.town import CIVIC, HERE, Town, build_town

ROOT = Path(__file__).parents[2]
PATIENCE_S = 900
"""Each segment starts a program, which takes its time where other work is done beside it."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_800), pytest.mark.usefixtures("fresh_ids")]


@pytest.fixture
def second() -> Iterator[Path]:
    """The second place, which the server's own account can write to."""
    place = Path(tempfile.mkdtemp(prefix="jifen-second-"))
    place.chmod(0o777)
    (place / "base").mkdir(mode=0o777)
    (place / "base").chmod(0o777)
    yield place
    shutil.rmtree(place)


def jifen(second: Path, words: str) -> str:
    """`jifen …` as a line of PostgreSQL's configuration runs it."""
    settings = f"JIFEN_DATA_DIR={second}/none JIFEN_COPY_DIR={second} HOME={second}"
    # The server's account may not reach the interpreter of the tests (a root's own): any of the same version will do.
    libraries = next(path for path in sys.path if path.endswith("site-packages"))
    python = "/usr/bin/python3" if os.geteuid() == 0 else sys.executable
    path = f"PYTHONPATH={ROOT}:{libraries} PYTHONDONTWRITEBYTECODE=1"
    return f"env {path} {settings} {python} -m kiosk.cli {words}"


def archiving(second: Path) -> Cluster:
    return Cluster(settings=("archive_mode=on", f"archive_command={jifen(second, 'copy wal %p')}"))


def wait_for(done: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < until, what
        time.sleep(0.1)


def ask(cluster: Cluster, database: str, query: str) -> str:
    with psycopg.connect(cluster.url(database)) as connection:
        return str((connection.execute(query.encode()).fetchone() or ("",))[0])


def as_server(cluster: Cluster, *words: str | Path) -> None:
    become = ["setpriv", "--reuid", cluster.user, "--clear-groups"] if os.geteuid() == 0 else []
    subprocess.run([*become, *words], check=True, capture_output=True, cwd="/")


def ship(cluster: Cluster, second: Path) -> None:
    """End the current segment and wait until it lies at the second place, and the server knows it."""
    name = ask(cluster, "postgres", "SELECT pg_walfile_name(pg_switch_wal())")
    wait_for((second / f"{name}.gz").exists, f"{name} did not arrive")
    # The file is there before the server has heard how its command ended.
    told = f"SELECT last_archived_wal >= '{name}' FROM pg_stat_archiver"
    wait_for(lambda: ask(cluster, "postgres", told) == "True", f"{name} was not counted")


def points(db: Database) -> int:
    with db.read() as tx:
        return wallet_of(tx, HERE, 1, CIVIC).posted


def test_a_lost_server_comes_back_to_the_last_segment_that_left(second: Path) -> None:
    with archiving(second) as cluster:
        name = cluster.new_database()
        create_schema(cluster.url(name))
        db = Database(cluster.url(name))
        town = build_town(db, grant_units=50_000)
        as_server(cluster, programs() / "pg_basebackup", "--checkpoint=fast", "--wal-method=none",
                  f"--host={cluster.folder}", f"--username={cluster.user}",
                  "--pgdata", second / "base")  # fmt: skip
        town.grant(1, 200)
        ship(cluster, second)
        check_age(town, cluster.url(name), second)
        town.grant(1, 4_000)
        db.close()
        cluster.stop(crash=True)

        back = come_back(cluster, second)
        try:
            db = Database(back.url(name))
            # The base backup alone had 500 points; what left with a segment is there, the rest is not.
            assert points(db) == 50_200
            check_invariants(db.engine)
            db.close()
        finally:
            back.stop()
            shutil.rmtree(back.folder)


def check_age(town: Town, url: str, second: Path) -> None:
    """The age is told by the server's own account."""
    settings = settings_from({"data_dir": str(second), "database_url": url})
    at = now_us()
    status = copy_status(town.db, settings, at=at)
    assert status is not None
    assert status.failed == ""
    assert not is_late(status, at=at, every_s=60)
    later = at + 3_600 * SECOND_US
    # The town's clock stands in the past: nothing was written since, so an hour later the copy is still as new.
    assert status.age_s(at) == 0
    assert copy_status(town.db, settings, at=later) == status.__class__(later, status.copied_at)


def come_back(lost: Cluster, second: Path) -> Cluster:
    """A new server from the base backup and the segments at the second place."""
    back = Cluster(settings=(f"restore_command={jifen(second, 'copy wal-back %f %p')}",))
    back.user = lost.user
    back.folder = Path(tempfile.mkdtemp(prefix="jifen-pg-"))
    with contextlib.suppress(PermissionError):
        shutil.chown(back.folder, back.user)
    as_server(lost, "cp", "-r", second / "base", back.folder / "data")
    as_server(lost, "chmod", "700", back.folder / "data")
    as_server(lost, "touch", back.folder / "data" / "recovery.signal")
    back.start()
    wait_for(
        lambda: ask(back, "postgres", "SELECT pg_is_in_recovery()") == "False",
        "the server did not finish its recovery",
    )
    return back


def test_a_second_place_that_cannot_be_written_is_seen_by_its_age(second: Path) -> None:
    with archiving(second) as cluster:
        name = cluster.new_database()
        create_schema(cluster.url(name))
        second.chmod(0o555)
        db = Database(cluster.url(name))
        build_town(db)
        cluster.execute("postgres", "SELECT pg_switch_wal()")
        failed = "SELECT failed_count > 0 FROM pg_stat_archiver"
        wait_for(lambda: ask(cluster, "postgres", failed) == "True", "archiving did not fail")

        settings = settings_from({"data_dir": str(second), "database_url": cluster.url(name)})
        status = copy_status(db, settings, at=now_us())
        assert status is not None
        assert status.failed == "copy_failed"
        assert is_late(status, at=now_us(), every_s=60)
        db.close()
