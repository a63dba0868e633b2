"""Run every benchmark in one go and write docs/benchmarks.md: ratios in one run, medians, the machine beside them.

python -m tests.bench [NAME …]      NAME: checkout, night, audit, shelf, waiting, copying, check, kit, seal, seal_cost,
                                    camera, scan, till_load, forty, first_sale
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


def main(names: list[str]) -> None:
    """Run the named benchmarks (all of them where none is named) and write the page when all ran."""
    parts = []
    for name in names or list(BENCHES):
        bench = BENCHES[name]
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
