"""What a copy of a big SQLite file costs, and how long sales wait meanwhile.

python -m tests.bench.copying [--megabytes 1000]

Floor: the same bytes written and synced by a plain file copy.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ledger.copies import backups
from ledger.copies.sources import sync
from ledger.database import Database
from pos.checkout import check_out
from tests.support.engines import SqliteFiles
from tests.support.town import Town, build_town

PEOPLE = 400
KEY = bytes(32)
_BLOB = 1 << 20
_COPY = """
import os, sys, time
from pathlib import Path
from ledger.copies.continuous import SqliteCopier
os.nice(10)
began = time.monotonic()
copier = SqliteCopier(Path(sys.argv[1]), Path(sys.argv[2]), key=bytes(32), key_file=Path("/none"))
status = copier.look(at=int(sys.argv[3]))
assert not status.failed, status
used = os.times()
print(time.monotonic() - began, used.user + used.system)
"""


def main() -> None:
    """Fill a file, sell quietly, sell while it is copied, print both and what the copy took."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--megabytes", type=int, default=1_000)
    megabytes = parser.parse_args().megabytes
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "big.db"
        url = SqliteFiles(folder).copy_to(path)
        db = Database(url)
        town = build_town(db, people=PEOPLE, shops=4, grant_units=100_000, fund_fen=10**9)
        fill(path, megabytes)
        quiet = sell(town, 1.0, lambda: False)
        second = folder / "second"
        second.mkdir()
        started = time.monotonic()
        shutil.copyfile(path, folder / "floor.db")
        sync(folder / "floor.db")
        floor_s = time.monotonic() - started
        words = [sys.executable, "-c", _COPY, str(path), str(second), str(town.at)]
        copier = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        busy = sell(town, 3_600.0, lambda: copier.poll() is not None)
        wall_s, cpu_s = map(float, copier.communicate()[0].split())
        made = backups.all_backups(second)[0]
        began = time.monotonic()
        backups.verify(second, made, key=KEY)
        verify_s = time.monotonic() - began
        db.close()
    print(f"one copy of a file of {made.size_bytes / 1e6:.0f} MB, hash and rows counted")
    print(f"  plain copy {floor_s:6.2f} s   copy {wall_s:6.2f} s  (CPU {cpu_s:.2f} s)"
          f"   verify {verify_s:6.2f} s")  # fmt: skip
    for label, waits in (("quiet", quiet), ("copying", busy)):
        waits.sort()
        print(
            f"  {label:8} {len(waits):5} sales  median {waits[len(waits) // 2]:7.1f} ms"
            f"  longest {waits[-1]:7.1f} ms"
        )


def fill(path: Path, megabytes: int) -> None:
    """Let the file grow by kept files, as imports would."""
    connection = sqlite3.connect(path)
    with connection:
        for number in range(megabytes):
            connection.execute(
                "INSERT INTO stored_file (community_id, sha256, name, media_type, size, body, source,"
                " received_by, received_at) VALUES (1, ?, 'x', 'x', ?, ?, 'x', 0, 0)",
                (f"{number:064}".encode(), _BLOB, os.urandom(_BLOB)),
            )
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


_PERSON = 0


def sell(town: Town, most_s: float, done) -> list[float]:
    """Sell one after another, ten milliseconds apart."""
    global _PERSON  # noqa: PLW0603 - the next customer
    waits: list[float] = []
    until = time.monotonic() + most_s
    while time.monotonic() < until and not done():
        _PERSON = _PERSON % PEOPLE + 1
        town.later(1)
        request = town.sale(_PERSON, 500, 0, till=len(waits) % 4)
        before = time.perf_counter()
        check_out(town.desk, request, at=town.at)
        waits.append((time.perf_counter() - before) * 1_000)
        time.sleep(0.01)
    return waits


if __name__ == "__main__":
    main()
