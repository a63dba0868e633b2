"""On SQLite there is one writer: no sale waits half a second while files come in and a night runs."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

import pytest

from ledger.database import Database
from ledger.sql import Sql, Tx
from tests.bench.night import DAY, night
from tests.bench.night_data import fill_book, make_files

BEAT = Sql("UPDATE community SET config_version = config_version + 1 WHERE community_id = :c")


@pytest.mark.slow
def test_no_write_waits_half_a_second_while_a_night_runs(sqlite_url: str, tmp_path: Path) -> None:
    db = Database(sqlite_url)
    files = make_files(tmp_path, 30_000, 1, random.Random(5), DAY)
    fill_book(db, files)
    waits: list[int] = []
    done = threading.Event()

    def sell() -> None:
        while not done.is_set():
            began = time.perf_counter_ns()
            db.write(_beat)
            waits.append((time.perf_counter_ns() - began) // 1_000_000)
            time.sleep(0.002)

    seller = threading.Thread(target=sell)
    seller.start()
    try:
        night(db, files)
    finally:
        done.set()
        seller.join()
        db.close()

    assert len(waits) > 20
    assert max(waits) < 500, sorted(waits)[-5:]


def _beat(tx: Tx) -> None:
    tx.run(BEAT, c=1)
