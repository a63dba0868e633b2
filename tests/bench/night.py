"""The night against its floor: from claim files on disk to a locked day, on both engines.

    python -m tests.bench.night [--sizes 1000,10000,100000] [--rounds 3] [--json FILE]
    python -m tests.bench.night --sizes 1000000,10000000 --engines postgresql --rounds 1 --warm 0 --in-place

The floor is the same database doing only the unavoidable: COPY (SQLite: executemany) of the claim
files into a table with the same keys, the FULL JOIN with the booked offsets, and the INSERT of
exceptions and shop totals. Both read their files from disk; both commit what they write. The second engine's audit,
which goes before a lock, is a measure of its own (`tests.bench.audit`): it grows with the book, not with the night;
`--audit` has it take part. One line in a hundred is wrong, in seven ways: five verdicts, and two slips of the hand that
only the later passes can place. Each night runs in a process of its own, whose peak memory is read from the kernel.
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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.engine.url import make_url

from ledger.database import Database
from tests.bench.night_book import fill_book
from tests.bench.night_data import Files, make_files
from tests.bench.night_once import Once
from tests.support.engines import PostgresDatabases, SqliteFiles
from tests.support.postgres import Cluster

DAY = 20260302
FAULTS_PERCENT = 1

_EXCEPTIONS = """
INSERT INTO floor_exception
SELECT coalesce(o.claimant_id, c.claimant_id), coalesce(o.ref, c.ref), o.fen, c.fen, o.units, c.units
FROM offset_booked o FULL JOIN floor_claim c
  ON c.community_id = o.community_id AND c.claimant_id = o.claimant_id AND c.ref = o.ref
WHERE o.ref IS NULL OR c.ref IS NULL OR o.fen <> c.fen OR o.units <> c.units
"""
_TOTALS = """
INSERT INTO floor_total
SELECT o.claimant_id, count(*), sum(o.units), sum(o.fen)
FROM offset_booked o JOIN floor_claim c
  ON c.community_id = o.community_id AND c.claimant_id = o.claimant_id AND c.ref = o.ref
WHERE o.fen = c.fen AND o.units = c.units GROUP BY o.claimant_id
"""
_CLAIM_TABLE = (
    "CREATE TABLE floor_claim (community_id BIGINT NOT NULL, batch_id BIGINT NOT NULL,"
    " line_no BIGINT NOT NULL, claimant_id BIGINT NOT NULL, ref TEXT NOT NULL, kind TEXT NOT NULL,"
    " units BIGINT NOT NULL, fen BIGINT NOT NULL, occurred_at BIGINT NOT NULL,"
    " business_date BIGINT NOT NULL, PRIMARY KEY (community_id, claimant_id, ref))"
)
_EXCEPTION_TABLE = (
    "CREATE TABLE floor_exception (claimant_id BIGINT, ref TEXT, booked_fen BIGINT,"
    " claimed_fen BIGINT, booked_units BIGINT, claimed_units BIGINT)"
)
_TABLES = (
    _CLAIM_TABLE,
    "CREATE INDEX ix_floor_claim ON floor_claim (community_id, batch_id)",
    _EXCEPTION_TABLE,
    "CREATE TABLE floor_total (claimant_id BIGINT, n BIGINT, units BIGINT, fen BIGINT)",
)
_COPY = (
    "COPY floor_claim (community_id, batch_id, line_no, claimant_id, ref, kind, units, fen,"
    " occurred_at, business_date) FROM STDIN"
)
_INSERT = "INSERT INTO floor_claim VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True)
class Timing:
    """One round: seconds of the floor, and the night."""

    floor_s: float
    night: Once


@dataclass(frozen=True)
class Line:
    """One row of the report: medians over the rounds, the most memory of any."""

    engine: str
    claims: int
    floor_s: float
    night_s: float
    intake_s: float
    ratio: float
    us_per_claim: float
    bare_mib: int
    peak_mib: int
    load: float


def floor(db: Database, files: Files) -> None:
    """Load, join, keep: nothing decided, nothing checked."""
    raw = db.engine.raw_connection()
    try:
        driver: Any = raw.driver_connection
        if db.dialect == "postgresql":
            with driver.cursor() as cursor:
                for path in files.tsv:
                    with cursor.copy(_COPY) as copy, path.open("rb") as stream:
                        while block := stream.read(1 << 18):
                            copy.write(block)
                cursor.execute(_EXCEPTIONS)
                cursor.execute(_TOTALS)
        else:
            driver.execute("BEGIN IMMEDIATE")
            for path in files.tsv:
                with path.open(encoding="utf-8") as stream:
                    driver.executemany(_INSERT, (line[:-1].split("\t") for line in stream))
            driver.execute(_EXCEPTIONS)
            driver.execute(_TOTALS)
        driver.commit()
    finally:
        raw.close()


def night(url: str, files: Files, *, audited: bool) -> Once:
    """From the files to the locked day, in a process of its own."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as facts:
        json.dump(asdict(files), facts, default=str)
        facts.flush()
        command = [sys.executable, "-m", "tests.bench.night_once", url, facts.name]
        done = subprocess.run(
            [*command, *(["audit"] if audited else [])],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    return Once(**json.loads(done.stdout))


def measure(
    fresh: Callable[[], Any], files: Files, options: argparse.Namespace
) -> Iterator[Timing]:
    """Floor and night in turn, each on its own copy of the same book; warming rounds are dropped."""
    for number in range(options.rounds + options.warm):
        with fresh() as url:
            db = Database(url)
            _create(db)
            began = time.perf_counter()
            floor(db, files)
            floor_s = time.perf_counter() - began
            _drop(db)
            db.close()
        with fresh() as url:
            once = night(url, files, audited=options.audit)
        if number >= options.warm:
            yield Timing(floor_s, once)


def _create(db: Database) -> None:
    with db.engine.begin() as connection:
        for statement in _TABLES:
            connection.exec_driver_sql(statement)


def _drop(db: Database) -> None:
    """Take the floor's tables away, and on PostgreSQL what it left to write to disk."""
    with db.engine.begin() as connection:
        for name in ("floor_claim", "floor_exception", "floor_total"):
            connection.exec_driver_sql(f"DROP TABLE {name}")
    if db.dialect == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("CHECKPOINT")


def report(engine: str, claims: int, timings: list[Timing]) -> Line:
    """Medians of the rounds."""
    night_s = statistics.median(t.night.night_s for t in timings)
    return Line(
        engine=engine,
        claims=claims,
        floor_s=round(statistics.median(t.floor_s for t in timings), 4),
        night_s=round(night_s, 4),
        intake_s=round(statistics.median(t.night.intake_s for t in timings), 4),
        ratio=round(statistics.median(t.night.night_s / t.floor_s for t in timings), 2),
        us_per_claim=round(night_s / claims * 1e6, 1),
        bare_mib=timings[0].night.bare_mib,
        peak_mib=max(t.night.peak_mib for t in timings),
        load=round(os.getloadavg()[0], 1),
    )


@contextmanager
def postgres_books(
    cluster: Cluster, files: Files, *, in_place: bool
) -> Iterator[Callable[[], Any]]:
    """Copies of one PostgreSQL book with that many offsets; `in_place`: that book itself, for a single round."""
    databases = PostgresDatabases(cluster)
    with databases.fresh() as url:
        db = Database(url)
        fill_book(db, files)
        db.close()
        template = make_url(url).database or ""

        @contextmanager
        def fresh() -> Iterator[str]:
            if in_place:
                yield url
                return
            name = cluster.new_database(template=template)
            try:
                yield cluster.url(name)
            finally:
                cluster.drop_database(name)

        yield fresh
    cluster.drop_database("with_schema")


@contextmanager
def sqlite_books(
    folder: Path, claims: int, files: Files, *, in_place: bool
) -> Iterator[Callable[[], Any]]:
    """Copies of one SQLite book with that many offsets; `in_place`: that book itself, for a single round."""
    made = folder / f"book{claims}"
    made.mkdir()
    db = Database(SqliteFiles(made).copy_to(made / "book.db"))
    fill_book(db, files)
    db.close()

    @contextmanager
    def fresh() -> Iterator[str]:
        path = made / "round.db"
        if in_place:
            yield f"sqlite:///{made / 'book.db'}"
            return
        path.write_bytes((made / "book.db").read_bytes())
        try:
            yield f"sqlite:///{path}"
        finally:
            for left in made.glob("round.db*"):
                left.unlink()

    yield fresh


def run(options: argparse.Namespace) -> list[Line]:
    """Measure every size on every engine."""
    lines = []
    in_place = options.in_place
    with tempfile.TemporaryDirectory() as name, Cluster() as cluster:
        folder = Path(name)
        for claims in map(int, options.sizes.split(",")):
            files = make_files(folder, claims, FAULTS_PERCENT, random.Random(options.seed), DAY)
            for engine in options.engines.split(","):
                books = (
                    postgres_books(cluster, files, in_place=in_place)
                    if engine == "postgresql"
                    else sqlite_books(folder, claims, files, in_place=in_place)
                )
                with books as fresh:
                    lines.append(report(engine, claims, list(measure(fresh, files, options))))
                _print(lines[-1])
            for path in (*files.csv, *files.tsv, *files.booked):
                path.unlink()
    return lines


def _print(line: Line) -> None:
    print(
        f"{line.engine:<11}{line.claims:>9} claims  floor {line.floor_s:8.3f} s"
        f"  night {line.night_s:8.3f} s (files {line.intake_s:7.3f} s)"
        f"  ratio {line.ratio:5.2f}  {line.us_per_claim:6.1f} us a claim"
        f"  at most {line.peak_mib} MiB ({line.bare_mib} bare)  load {line.load}",
        flush=True,
    )


def _print_growth(lines: list[Line]) -> None:
    """How many times as long the larger of the last two sizes took, by engine."""
    for engine in dict.fromkeys(line.engine for line in lines):
        sizes = [line for line in lines if line.engine == engine][-2:]
        if len(sizes) > 1:
            small, large = sizes
            print(
                f"{engine}: {large.claims} lines take {large.night_s / small.night_s:.2f} times as long as"
                f" {small.claims} (the floor {large.floor_s / small.floor_s:.2f})"
            )


def main() -> None:
    """Read the options, measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--warm", type=int, default=1)
    parser.add_argument("--engines", default="postgresql,sqlite")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--in-place", action="store_true")
    parser.add_argument("--audit", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.in_place and options.rounds + options.warm != 1:
        parser.error("--in-place goes with --rounds 1 --warm 0")
    with_audit = ", the second engine in it" if options.audit else ""
    print(
        f"seed {options.seed}, {options.rounds} rounds, medians{with_audit};"
        f" load average at the start {os.getloadavg()[0]:.1f}"
    )
    lines = run(options)
    _print_growth(lines)
    if options.json:
        options.json.write_text(json.dumps([vars(line) for line in lines], indent=1))


if __name__ == "__main__":
    main()
