"""The second engine's audit of a large book: how long the export takes, and how many transfers a second are audited.

    python -m tests.bench.audit [--sales 200000] [--rounds 3] [--engines sqlite,postgresql]

The book is made by the product's own steps and nights (`tests.bench.honest_book`) and has no fault; an audit that finds
one fails the benchmark. What is timed is `jifen export` (one snapshot, to CSV and to Parquet) and `jifen audit` over
those files, from opening the folder to the result: hashing every file, every leaf and the root, and every check there
is. Where others use the machine, transfers a CPU second say more than those a second.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ledger.database import Database
from settlement import gate
from settlement.auditor.report import Report
from settlement.auditor.run import audit
from settlement.export.write import write_export
from tests.bench.honest_book import Made, fill
from tests.support.auditing import found_nothing
from tests.support.engines import PostgresDatabases, SqliteFiles
from tests.support.night_plant import HOUR, midnight
from tests.support.postgres import Cluster
from tests.support.town import HERE

AT = midnight(20260401) + 3 * HOUR


def main() -> None:
    """Fill a book on each engine, export and audit it, print the rates."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--sales", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engines", default="sqlite,postgresql")
    parser.add_argument("--keep", type=Path, help="keep the export in this folder")
    chosen = parser.parse_args()
    # The nights that build the book are measured elsewhere; here the audit itself is.
    gate.second_engine = found_nothing
    with tempfile.TemporaryDirectory() as name:
        for engine in chosen.engines.split(","):
            with _database(engine, Path(name)) as url:
                _measure(engine, url, Path(name) / engine, chosen)


def _measure(engine: str, url: str, folder: Path, chosen: argparse.Namespace) -> None:
    db = Database(url)
    made, built_s, _ = _timed(lambda: fill(db, chosen.sales))
    print(f"  built in {built_s:.0f} s", file=sys.stderr)
    folder.mkdir()
    for form in ("csv", "parquet"):
        _measure_form(db, engine, made, folder / form, form, chosen)
    db.close()
    if chosen.keep is not None:
        shutil.copytree(folder / "csv-0", chosen.keep)


def _measure_form(
    db: Database, engine: str, made: Made, stem: Path, form: str, chosen: argparse.Namespace
) -> None:
    places = [stem.with_name(f"{form}-{n}") for n in range(chosen.rounds)]
    exports = [
        _timed(lambda out=out: write_export(db, HERE, out, at=AT, parquet=form == "parquet"))  # type: ignore[misc]
        for out in places
    ]
    audits = [_timed(lambda: audit(places[0])) for _ in range(chosen.rounds)]
    report = audits[0][0]
    if report.findings or report.not_asked:
        raise SystemExit(report.to_text("en"))
    if form == "csv":
        _print(engine, made, report)
    size = sum(path.stat().st_size for path in places[0].iterdir()) / 2**20
    print(f"  {form}, {size:.0f} MiB, load average {os.getloadavg()[0]:.1f}")
    for label, runs in (("export", exports), ("audit", audits)):
        wall = statistics.median(seconds for _, seconds, _ in runs)
        cpu = statistics.median(cpu for _, _, cpu in runs)
        print(
            f"    {label:6} {wall:7.2f} s  {cpu:7.2f} s CPU  {report.transfers / wall:10,.0f} transfers/s"
            f"  {report.transfers / cpu:10,.0f} a CPU second  {wall * 1_000_000 / report.transfers:6.2f} s a million"
        )


def _print(engine: str, made: Made, report: Report) -> None:
    print(
        f"{engine}: {made.sales} sales, {report.transfers} transfers, {report.size} entries,"
        f" {made.nights} nights, {len(report.asked)} checks"
    )


def _timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    before, began = _cpu(), time.perf_counter()
    result = work()
    return result, time.perf_counter() - began, _cpu() - before


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


@contextmanager
def _database(engine: str, folder: Path) -> Iterator[str]:
    if engine == "sqlite":
        yield SqliteFiles(folder).copy_to(folder / "book.db")
        return
    with Cluster() as cluster, PostgresDatabases(cluster).fresh() as url:
        yield url


if __name__ == "__main__":
    main()
