"""The shelf at a day's close (C4): how long its sums take over all that was ever handed out, on both engines.

    python -m tests.bench.shelf [--sizes 10000,100000,500000] [--rounds 5]

One hand-out goes through the counter; the rest are its rows again under other numbers, so that book, slips and moves
agree and the sums have to come out. A size is hand-outs: a supermarket with 300 a week has 15,000 a year.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect

from ledger.audit import SYSTEM
from ledger.database import Database
from ledger.stock.goods import NewGood, put_good
from settlement.shelf import sums_of
from settlement.shelf_sums import shelf_breaks
from tests.support.engines import PostgresDatabases, SqliteFiles
from tests.support.postgres import Cluster
from tests.support.shelf import hand_over
from tests.support.town import CIVIC, HERE, build_town

_NUMBERS: Final = (
    "WITH RECURSIVE n (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < {count})"
)
_DAY: Final = "20200101 + CAST(n.k AS BIGINT) % 28"
_NEW: Final = "{column} + CAST(n.k AS BIGINT) * 1000000"
_TEXT: Final = "{column} || '-' || n.k"
# Which columns of a copied row are its own; where it says for which rows of the one hand-out.
_TABLES: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "txn": (
        "kind = 'redeem'",
        {"txn_id": _NEW, "request_id": _TEXT, "ref": _TEXT, "business_date": _DAY},
    ),
    "transfer": (
        "txn_id IN (SELECT txn_id FROM txn WHERE kind = 'redeem' AND business_date > 20200200)",
        {"txn_id": _NEW},
    ),
    "redemption": (
        "true",
        {
            "redemption_id": _TEXT,
            "request_id": _TEXT,
            "ref": _TEXT,
            "txn_id": _NEW,
            "business_date": _DAY,
        },
    ),
    "redemption_line": (
        "redemption_id IN (SELECT redemption_id FROM redemption WHERE business_date > 20200200)",
        {"redemption_id": _TEXT},
    ),
    "stock_move": (
        "kind = 'redeem'",
        {
            "move_id": _NEW,
            "request_id": _TEXT,
            "ref": _TEXT,
            "txn_id": _NEW,
            "business_date": _DAY,
        },
    ),
}


def fill(db: Database, count: int) -> int:
    """A shelf from which so many hand-outs went; gives the business date of the close."""
    town = build_town(db, people=1, grant_units=200_000)
    eggs = NewGood(
        merchant_id=1, code="G001", name="eggs", price_units=1_000, commodity=CIVIC, cost_fen=800,
        stock=10,
    )  # fmt: skip
    good_id = db.write(lambda tx: put_good(tx, HERE, eggs, by=SYSTEM, at=town.at))
    hand_over(town, good_id)
    with db.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        for table in _TABLES:
            _copy(connection, table, count)
    with db.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    return town.day


def _copy(connection: Connection, table: str, count: int) -> None:
    which, own = _TABLES[table]
    names = [column["name"] for column in inspect(connection).get_columns(table)]
    shown = [own.get(name, "{column}").format(column=f"o.{name}") for name in names]
    statement = (
        f"INSERT INTO {table} ({', '.join(names)}) {_NUMBERS.format(count=count)}"
        f" SELECT {', '.join(shown)} FROM {table} o CROSS JOIN n WHERE {which}"
    )
    # PostgreSQL's driver reads a percent sign as the place of a value.
    is_postgres = connection.dialect.name == "postgresql"
    connection.exec_driver_sql(statement.replace("%", "%%") if is_postgres else statement)


def measure(url: str, engine: str, count: int, rounds: int) -> None:
    """Fill one database and print the median of so many closes."""
    db = Database(url)
    day = fill(db, count)
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        with db.read() as tx:
            sums = sums_of(tx, HERE, day)
        took.append(time.perf_counter() - began)
        assert shelf_breaks(sums) == [], sums
        assert sums[0].pieces_slip == count + 1
    db.close()
    print(
        f"{engine:<11}{count:>8} hand-outs  close {statistics.median(took):7.3f} s"
        f"  {statistics.median(took) / count * 1e6:6.2f} us a hand-out"
    )


def main() -> None:
    """Measure every size on both engines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10000,100000,500000")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, Cluster() as cluster:
        folder = Path(name)
        files, databases = SqliteFiles(folder), PostgresDatabases(cluster)
        for count in (int(size) for size in asked.sizes.split(",")):
            measure(files.copy_to(folder / f"{count}.db"), "sqlite", count, asked.rounds)
            with databases.fresh() as url:
                measure(url, "postgresql", count, asked.rounds)


if __name__ == "__main__":
    main()
