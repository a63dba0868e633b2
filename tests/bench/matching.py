"""Matching alone against DataComPy on the same tables of the same PostgreSQL server, in turns.

    python -m tests.bench.matching [--shapes 100000:0,100000:1,1000000:1] [--rounds 3]

A shape is so many lines, so many in a hundred of them wrong. Ours: from the tables to every verdict of all passes,
nothing written. DataComPy (from the lock of `.ci/bench.sh`): from the tables to the lists of what does not agree, which
is our first pass; its times are given for its pandas and its Polars engine, the reading of the tables apart.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from ledger.book.offsets import span_of
from ledger.database import Database
from settlement.collect import collect
from settlement.night_input import fix_input, run_of, seal_day
from settlement.pairs import join
from settlement.reckoning import reckon
from settlement.sides import Run
from tests.bench.night import postgres_books
from tests.bench.night_data import make_files
from tests.bench.night_once import take_files
from tests.support.night_plant import HOUR, midnight, next_day
from tests.support.postgres import Cluster
from tests.support.town import HERE

DAY = 20260302


def _begun(db: Database) -> Run:
    """The night with its input fixed and nothing compared yet."""
    at = midnight(next_day(DAY)) + 2 * HOUR
    end_leaf = seal_day(db, HERE, DAY, at=at)
    row = fix_input(db, HERE, DAY, end_leaf, at=at)
    with db.read() as tx:
        return run_of(tx, HERE, row)


def _ours(db: Database, run: Run, rounds: int) -> tuple[float, float, int]:
    """Median seconds of the first pass alone and of all passes to the verdicts; how many lines do not simply agree."""
    firsts, alls, odd = [], [], 0
    for _ in range(rounds + 1):
        with db.read() as tx:
            began = time.perf_counter()
            pairs = join(tx, run)
            between = time.perf_counter()
            reckon(collect(tx, run), run)
            alls.append(time.perf_counter() - between)
            firsts.append(between - began)
        odd = len(pairs.odd) + len(pairs.filed)
    return statistics.median(firsts[1:]), statistics.median(alls[1:]), odd


def _theirs(url: str, db: Database, run: Run, rounds: int) -> dict[str, dict[str, float]]:
    with db.read() as tx:
        first, last = span_of(tx, HERE, run.first_leaf, run.end_leaf)
    words = [url, str(first), str(last), str(run.run_no), str(rounds)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.datacompy_once", *words],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _shape(cluster: Cluster, folder: Path, lines: int, percent: int, rounds: int) -> None:
    files = make_files(folder, lines, percent, random.Random(lines + percent), DAY)
    with postgres_books(cluster, files, in_place=True) as fresh, fresh() as url:
        db = Database(url)
        take_files(db, [str(path) for path in files.csv], DAY)
        run = _begun(db)
        first, whole, odd = _ours(db, run, rounds)
        load = os.getloadavg()[0]
        print(
            f"{lines} lines, {percent} % wrong: ours {whole:.3f} s to every verdict (first pass alone {first:.3f} s),"
            f" {odd} lines of both sides do not simply agree; load {load:.1f}",
            flush=True,
        )
        for name, one in _theirs(url, db, run, rounds).items():
            if one["odd"] != odd:
                raise SystemExit(f"DataComPy finds {one['odd']} lines, we {odd}")
            both = one["read_s"] + one["compare_s"]
            print(
                f"  DataComPy on {name}: reads {one['read_s']:.3f} s, compares {one['compare_s']:.3f} s,"
                f" at most {one['peak_mib']} MiB: {both / whole:.1f} times ours from the tables,"
                f" {one['compare_s'] / whole:.1f} times with them read already"
                f" ({both / first:.1f} and {one['compare_s'] / first:.1f} times our first pass)",
                flush=True,
            )
        db.close()


def main() -> None:
    """Print a line for each shape and engine."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--shapes", default="100000:0,100000:1,1000000:1")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, Cluster() as cluster:
        for shape in options.shapes.split(","):
            lines, percent = map(int, shape.split(":"))
            _shape(cluster, Path(name), lines, percent, options.rounds)


if __name__ == "__main__":
    main()
