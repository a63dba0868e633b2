"""One night in a process of its own: takes the files in, runs the night, prints its times and its peak memory.

    python -m tests.bench.night_once URL FILES.json [audit]

`audit`: the second engine looks at the book both times, as every real night has it do; what it finds in a planted book
is known and passed over.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from ledger.database import Database
from ledger.sql import Sql
from settlement import gate
from settlement.intake import Upload, take_claim_file
from settlement.night import run_night
from tests.support.auditing import found_nothing
from tests.support.night_plant import HOUR, midnight, next_day
from tests.support.town import HERE

_PAIRED = Sql(
    "SELECT how, count(*) AS n FROM claim_pairing WHERE community_id = :community_id GROUP BY how"
)


class Once(NamedTuple):
    """Seconds of the whole, of the files in it, of CPU in this process; MiB: before, after the files, at most."""

    night_s: float
    intake_s: float
    cpu_s: float
    bare_mib: int
    files_mib: int
    peak_mib: int


def peak_mib() -> int:
    """The most memory this process ever had at once, in MiB (resident)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) // 1024


def _audit_for_the_load_of_it(
    db: Database, community_id: int, *, at: int, since: Any = None
) -> Any:
    gate.audit_book(db, community_id, at=at, since=since)
    return found_nothing(db, community_id, at=at)


def take_files(db: Database, csv: list[str], day: int) -> None:
    """Every shop's file, one after another."""
    at = midnight(day) + 22 * HOUR
    for shop, name in enumerate(csv, start=1):
        path = Path(name)
        answer = take_claim_file(
            db, HERE, shop, Upload(path.name, path.read_bytes(), by=1), day=day, at=at
        )
        if answer["outcome"] != "ok":
            raise RuntimeError(answer)


def once(db: Database, files: dict[str, Any], *, audited: bool) -> Once:
    """From the files to the locked day; raises where the night finds anything but what was planted."""
    day, bare = files["day"], peak_mib()
    gate.second_engine = _audit_for_the_load_of_it if audited else found_nothing
    began, cpu = time.perf_counter(), time.process_time()
    take_files(db, files["csv"], day)
    intake_s, files_mib = time.perf_counter() - began, peak_mib()
    result = run_night(db, HERE, day, at=midnight(next_day(day)) + 2 * HOUR)
    night_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    found = {row.code: row.count for row in result.codes}
    with db.read() as tx:
        paired = {row.how: row.n for row in tx.all(_PAIRED, community_id=HERE)}
    if (result.state, found, paired) != ("locked", files["planted"], files["paired"]):
        raise RuntimeError((result.state, found, paired, files))
    return Once(night_s, intake_s, cpu_s, bare, files_mib, peak_mib())


def main(url: str, named: str, *how: str) -> None:
    """Run it and print a line of JSON."""
    files = json.loads(Path(named).read_text())
    if files.get("nice"):
        os.nice(files["nice"])
    db = Database(url)
    print(json.dumps(once(db, files, audited="audit" in how)._asdict()), flush=True)
    db.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
