"""The night against its floor: from claim files on disk to a locked day, on both engines.

    python -m tests.bench.night [--sizes 1000,10000,100000] [--rounds 3] [--json FILE]

The floor is the same database doing only the unavoidable: COPY (SQLite: executemany) of the claim
files into a table with the same keys, the FULL JOIN with the booked offsets, and the INSERT of
exceptions and shop totals. Both read their files from disk; both commit what they write. The second engine's audit,
which goes before a lock, is a measure of its own (`tests.bench.audit`): it grows with the book, not with the night.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.engine.url import make_url

from ledger.database import Database
from settlement import gate
from settlement.intake import Upload, take_claim_file
from settlement.night import run_night
from tests.bench.night_data import SHOPS, Files, fill_book, make_files
from tests.support.auditing import found_nothing
from tests.support.engines import PostgresDatabases, SqliteFiles
from tests.support.night_plant import HOUR, midnight, next_day
from tests.support.postgres import Cluster
from tests.support.town import HERE

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
    """One round: seconds of the floor and of the night, and the night's parts."""

    floor_s: float
    night_s: float
    intake_s: float
    cpu_s: float


@dataclass(frozen=True)
class Line:
    """One row of the report: medians over the rounds."""

    engine: str
    claims: int
    floor_s: float
    night_s: float
    intake_s: float
    ratio: float
    us_per_claim: float


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


def night(db: Database, files: Files) -> float:
    """From the files to the locked day; returns the seconds the files took."""
    began = time.perf_counter()
    at = midnight(DAY) + 22 * HOUR
    for shop, path in zip(SHOPS, files.csv, strict=True):
        upload = Upload(path.name, path.read_bytes(), by=1)
        answer = take_claim_file(db, HERE, shop, upload, day=DAY, at=at)
        if answer["outcome"] != "ok":
            raise RuntimeError(answer)
    intake_s = time.perf_counter() - began
    gate.second_engine = found_nothing
    result = run_night(db, HERE, DAY, at=midnight(next_day(DAY)) + 2 * HOUR)
    found = {row.code: row.count for row in result.codes}
    if result.state != "locked" or found != files.planted:
        raise RuntimeError((result.state, found, files.planted))
    return intake_s


def measure(fresh: Callable[[], Any], files: Files, rounds: int, warm: int = 1) -> Iterator[Timing]:
    """Floor and night in turn, each on its own copy of the same book; warming rounds are dropped."""
    for number in range(rounds + warm):
        with fresh() as url:
            db = Database(url)
            _create(db)
            began = time.perf_counter()
            floor(db, files)
            floor_s = time.perf_counter() - began
            db.close()
        with fresh() as url:
            db = Database(url)
            began, cpu = time.perf_counter(), time.process_time()
            intake_s = night(db, files)
            night_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
            db.close()
        if number >= warm:
            yield Timing(floor_s, night_s, intake_s, cpu_s)


def _create(db: Database) -> None:
    with db.engine.begin() as connection:
        for statement in _TABLES:
            connection.exec_driver_sql(statement)


def report(engine: str, claims: int, timings: list[Timing]) -> Line:
    """Medians of the rounds."""
    floor_s = statistics.median(t.floor_s for t in timings)
    night_s = statistics.median(t.night_s for t in timings)
    return Line(
        engine=engine,
        claims=claims,
        floor_s=round(floor_s, 4),
        night_s=round(night_s, 4),
        intake_s=round(statistics.median(t.intake_s for t in timings), 4),
        ratio=round(statistics.median(t.night_s / t.floor_s for t in timings), 2),
        us_per_claim=round(night_s / claims * 1e6, 1),
    )


@contextmanager
def postgres_books(cluster: Cluster, files: Files) -> Iterator[Callable[[], Any]]:
    """Copies of one PostgreSQL book with that many offsets."""
    databases = PostgresDatabases(cluster)
    with databases.fresh() as url:
        db = Database(url)
        fill_book(db, files)
        db.close()
        template = make_url(url).database or ""

        @contextmanager
        def fresh() -> Iterator[str]:
            name = cluster.new_database(template=template)
            try:
                yield cluster.url(name)
            finally:
                cluster.drop_database(name)

        yield fresh
    cluster.drop_database("with_schema")


@contextmanager
def sqlite_books(folder: Path, claims: int, files: Files) -> Iterator[Callable[[], Any]]:
    """Copies of one SQLite book with that many offsets."""
    made = folder / f"book{claims}"
    made.mkdir()
    db = Database(SqliteFiles(made).copy_to(made / "book.db"))
    fill_book(db, files)
    db.close()

    @contextmanager
    def fresh() -> Iterator[str]:
        path = made / "round.db"
        path.write_bytes((made / "book.db").read_bytes())
        try:
            yield f"sqlite:///{path}"
        finally:
            for left in made.glob("round.db*"):
                left.unlink()

    yield fresh


def run(sizes: list[int], rounds: int, engines: list[str], seed: int) -> list[Line]:
    """Measure every size on every engine."""
    lines = []
    with tempfile.TemporaryDirectory() as name, Cluster() as cluster:
        folder = Path(name)
        for claims in sizes:
            files = make_files(folder, claims, FAULTS_PERCENT, random.Random(seed), DAY)
            for engine in engines:
                books = (
                    postgres_books(cluster, files)
                    if engine == "postgresql"
                    else sqlite_books(folder, claims, files)
                )
                with books as fresh:
                    lines.append(report(engine, claims, list(measure(fresh, files, rounds))))
                _print(lines[-1])
    return lines


def _print(line: Line) -> None:
    sys.stdout.write(
        f"{line.engine:<11}{line.claims:>8} claims  floor {line.floor_s:8.3f} s"
        f"  night {line.night_s:8.3f} s (files {line.intake_s:7.3f} s)"
        f"  ratio {line.ratio:5.2f}  {line.us_per_claim:6.1f} us a claim\n"
    )
    sys.stdout.flush()


def main() -> None:
    """Read the options, measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engines", default="postgresql,sqlite")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    sys.stdout.write(f"seed {options.seed}, {options.rounds} rounds, medians\n")
    sizes = [int(size) for size in options.sizes.split(",")]
    lines = run(sizes, options.rounds, options.engines.split(","), options.seed)
    if options.json:
        options.json.write_text(json.dumps([vars(line) for line in lines], indent=1))


if __name__ == "__main__":
    main()
