"""Run every benchmark in one go and write docs/benchmarks.md: ratios in one run, medians, the machine beside them.

python -m tests.bench [NAME …]      NAME: checkout, night, matching, audit, shelf, waiting, copying, check, kit, seal,
                                    seal_cost, camera, scan, till_load, forty, first_sale; and, run only when
                                    named, since each takes minutes: night_million, night_ten_million,
                                    checkout_at_night, month_end
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Written by `make bench`. Every figure is a ratio or a median of one run on one machine; a machine with other work to do
shows other absolute figures, the ratios move little. The floor of each measure is described in its module's first lines
(`tests/bench/`).

"""


class Bench(NamedTuple):
    """One benchmark: its module, what it must reach, its options."""

    module: str
    aim: str
    options: tuple[str, ...] = ()


BENCHES = {
    "checkout": Bench(
        "tests.bench.checkout",
        "checkout at least 0.5 of its floor on PostgreSQL and 0.4 on SQLite, 8 clients, 4,000 wallets",
    ),
    "night": Bench(
        "tests.bench.night",
        "a night of 100,000 claim lines, 1 % faults, at most 3.0 times its floor on PostgreSQL; linear",
        ("--sizes", "1000,10000,100000", "--rounds", "5"),
    ),
    "matching": Bench(
        "tests.bench.matching",
        "matching alone at least 3 times faster than DataComPy on the same tables",
        ("--shapes", "100000:0,100000:1"),
    ),
    "audit": Bench(
        "tests.bench.audit",
        "the second engine audits 500,000 transfers a second; an export takes seconds a million",
        ("--sales", "300000", "--rounds", "3"),
    ),
    "shelf": Bench(
        "tests.bench.shelf",
        "the shelf's sums at a close grow with what was ever handed out, and no faster",
        ("--sizes", "10000,100000", "--rounds", "3"),
    ),
    "waiting": Bench(
        "tests.bench.waiting",
        "no sale waits over 500 ms while a night runs on SQLite, the second engine's audits in it",
    ),
    "copying": Bench(
        "tests.bench.copying", "no sale waits over 500 ms while a file of 1,000 MB is copied on"
    ),
    "check": Bench(
        "tests.bench.check",
        "a receipt among 10,000 entries checked in under 1 s on a device six times slower than this machine",
    ),
    "kit": Bench(
        "tests.bench.kit",
        "none; the auditor's kit of 10,000 and 300,000 sales, written and checked in the browser",
    ),
    "seal": Bench(
        "tests.bench.seal", "at 300,000 entries an inclusion proof in under 2 ms on both engines"
    ),
    "seal_cost": Bench(
        "tests.bench.seal_cost",
        "a checkout costs at most 5 % more CPU with the sealer on, median of 10 interleaved pairs",
    ),
    "camera": Bench(
        "tests.bench.camera",
        "from getUserMedia to a verified token at most 500 ms (cold decoder); from the first frame at most 200 ms",
    ),
    "scan": Bench(
        "tests.bench.scan",
        "from a code in the camera's picture to the till's sound under 500 ms at p95, also at a quarter of the speed",
    ),
    "till_load": Bench(
        "tests.bench.till_load",
        "the till's first load under 100 kB packed before the code reader and usable within 5 s on Fast 3G, at a"
        " quarter of the speed; again without network within 1.5 s",
    ),
    "forty": Bench(
        "tests.bench.forty",
        "forty sales in an hour's tempo, each with at most three touches and its digits",
    ),
    "first_sale": Bench(
        "tests.bench.first_sale",
        "an owner who has read the enrolment slip makes a first real sale within five minutes of holding it",
    ),
}

LONG = {
    "night_million": Bench(
        "tests.bench.night",
        "a night of 1,000,000 lines on PostgreSQL at most 4.0 times its floor, under 1.5 GiB in the Python process",
        ("--sizes", "1000000", "--engines", "postgresql", "--rounds", "3", "--warm", "0"),
    ),
    "night_ten_million": Bench(
        "tests.bench.night",
        "10,000,000 lines in at most 12 times the time of 1,000,000, under 4 GiB in the Python process",
        (
            "--sizes",
            "1000000,10000000",
            "--engines",
            "postgresql",
            "--rounds",
            "1",
            "--warm",
            "0",
            "--in-place",
        ),
    ),
    "checkout_at_night": Bench(
        "tests.bench.checkout_at_night",
        "p99 of checkout while a night of 1,000,000 lines, sealer and backup run at most twice the quiet figure",
    ),
    "month_end": Bench(
        "tests.bench.month_end",
        "none; the month end of 1,100 merchants with all its files, step by step",
    ),
}
"""Too long to be run with all the others, or in need of gigabytes of disk."""


def main(names: list[str]) -> None:
    """Run the named benchmarks (all of them where none is named) and write the page when all ran."""
    parts = []
    for name in names or list(BENCHES):
        bench = (BENCHES | LONG)[name]
        print(f"== {name}: {bench.aim}", flush=True)
        done = subprocess.run(
            [sys.executable, "-m", bench.module, *bench.options],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        print(done.stdout, flush=True)
        parts.append(f"## {name}\n\nAim: {bench.aim}.\n\n```\n{done.stdout.strip()}\n```\n")
    if not names:
        PAGE.write_text(HEAD + _machine() + "\n".join(parts), encoding="utf-8")
        print(f"written: {PAGE.name}")


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    day = datetime.now(UTC).date().isoformat()
    return (
        f"Machine of {day}: {os.cpu_count()} cores, {memory} GiB, {platform.system()} {platform.machine()},"
        f" Python {platform.python_version()}; load average at the start {os.getloadavg()[0]:.1f}.\n\n"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
