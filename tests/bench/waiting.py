"""How long a sale waits on SQLite while a night runs in another process on the same file.

python -m tests.bench.waiting [--claims 100000]
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ledger.database import Database
from pos.checkout import check_out
from settlement.intake import Upload, take_claim_file
from tests.bench.night_book import fill_book
from tests.bench.night_data import SHOPS, make_files
from tests.support.engines import SqliteFiles
from tests.support.night_plant import HOUR, midnight, next_day
from tests.support.town import HERE, Town

DAY = 20260302
PEOPLE = 600
_NIGHT = """
import sys
from ledger.database import Database
from settlement import gate
from settlement.night import run_night
from tests.support.auditing import found_nothing
def audit_for_the_load_of_it(db, community_id, *, at, since=None):
    # The book is planted, with sales that no till wrote down; the audit runs, what it finds is known.
    gate.audit_book(db, community_id, at=at, since=since)
    return found_nothing(db, community_id, at=at)
gate.second_engine = audit_for_the_load_of_it
db = Database(sys.argv[1])
print(run_night(db, 1, int(sys.argv[2]), at=int(sys.argv[3])).state, flush=True)
db.close()
"""


def main() -> None:
    """Fill a book, start the night, sell until it has ended, print the longest wait."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--claims", type=int, default=100_000)
    claims = parser.parse_args().claims
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = SqliteFiles(folder).copy_to(folder / "waiting.db")
        db = Database(url)
        files = make_files(folder, claims, 1, random.Random(7), DAY)
        town = fill_book(db, files, people=PEOPLE, fund_fen=10**9)
        for person in range(1, PEOPLE + 1):
            town.grant(person, 100_000)
        at = midnight(next_day(DAY)) + 2 * HOUR
        town.at = at
        # The shops' earlier reserve went to what is booked; each gets one for the sales to come.
        for till in range(len(SHOPS)):
            check_out(town.desk, town.sale(PEOPLE - till, 5_000, 2_000, till=till), at=at)
        for shop, path in zip(SHOPS, files.csv, strict=True):
            take_claim_file(db, HERE, shop, Upload(path.name, path.read_bytes(), 0), day=DAY, at=at)
        quiet = _sell(town, None, 100)
        night = subprocess.Popen([sys.executable, "-c", _NIGHT, url, str(DAY), str(at)])
        busy = _sell(town, night, 480)
        if night.wait() != 0:
            raise SystemExit("the night failed")
        db.close()
    print(f"\nsales on SQLite while a night of {claims} claims runs in another process")
    for label, waits in (("quiet", quiet), ("night", busy)):
        waits.sort()
        print(
            f"  {label:6} {len(waits):5} sales  median {waits[len(waits) // 2]:7.1f} ms"
            f"  longest {waits[-1]:7.1f} ms"
        )


_PERSON = iter(range(1, PEOPLE + 1))


def _sell(town: Town, night: subprocess.Popen[bytes] | None, most: int) -> list[float]:
    waits: list[float] = []
    while len(waits) < most and (night is None or night.poll() is None):
        request = town.sale(next(_PERSON), 5_000, 2_000, till=len(waits) % len(SHOPS))
        before = time.perf_counter()
        check_out(town.desk, request, at=town.at)
        waits.append((time.perf_counter() - before) * 1_000)
        time.sleep(0.01)
    return waits


if __name__ == "__main__":
    main()
