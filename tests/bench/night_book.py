"""The book beside a day's claim files, written in bulk as checkouts would have left it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ledger.database import Database
from ledger.seal.tiles import Tiles, grown
from ledger.seal.tree import EMPTY_ROOT, leaf_hash
from ledger.units import CNY
from tests.bench.night_data import FIRST_TXN, SHOPS, Files
from tests.support.town import CIVIC, HERE, Town, build_town

_AT_ONCE = 200_000
_OFFSET, _COVER = 7_000_000, 8_000_000
BOOKED = (
    "community_id, txn_id, claimant_id, terminal_id, ref, kind, units, fen, units_per_fen,"
    " business_date, occurred_at"
)
# Of each booked line: the sale's entry, and the points' way from the wallet to the shop.
_TXN = (
    "INSERT INTO txn (community_id, txn_id, request_id, kind, ref, business_date, scheme_period, occurred_at,"
    " recorded_at, scheme_version, issuing_community, accepting_community, reason_key, source, provisional,"
    " merchant_id, wallet_owner_id) SELECT community_id, txn_id, 'r' || txn_id, 'sale', ref, business_date, '',"
    f" occurred_at, occurred_at, '', {HERE}, {HERE}, '', 'till', 0, claimant_id, 1 FROM offset_booked"
)
_TRANSFER = (
    "INSERT INTO transfer (community_id, txn_id, line_no, commodity, debit_id, credit_id, amount)"
    f" SELECT b.community_id, b.txn_id, 0, {CIVIC}, w.account_id, {_OFFSET} + b.claimant_id, b.units"
    " FROM offset_booked b JOIN account w ON w.kind = 'wallet' AND w.owner_id = 1"
)


def fill_book(db: Database, files: Files, **chosen: Any) -> Town:
    """Write the booked side: transfers, offsets, order, bound cover; `chosen` goes to the town that is built."""
    given: dict[str, Any] = {"people": 1, "fund_fen": 0, **chosen}
    town = build_town(db, shops=len(SHOPS), tills_each=files.tills_each, **given)
    town.grant(1, 10**14)
    with in_bulk(db) as driver:
        _load_accounts(driver, db.dialect, files, town.at)
        for path in files.booked:
            _load_file(driver, db.dialect, "offset_booked", BOOKED, path)
        driver.execute(_TXN)
        driver.execute(_TRANSFER)
        _load_leaves(driver, db.dialect, files.booked_count)
    return town


@contextmanager
def in_bulk(db: Database) -> Iterator[Any]:
    """A connection of the engine's own driver, to load rows whose keys are true as written; committed at the end."""
    raw = db.engine.raw_connection()
    driver: Any = raw.driver_connection
    if db.dialect == "sqlite":
        driver.execute("PRAGMA foreign_keys=OFF")
        driver.execute("BEGIN IMMEDIATE")
    else:
        # Looking each of the keys up would take longer than all the rest.
        driver.execute("SET session_replication_role = replica")
    yield driver
    driver.commit()
    if db.dialect == "postgresql":
        # What autovacuum has long done to a book that fills over a day.
        driver.autocommit = True
        driver.execute("ANALYZE")
        driver.execute("SET session_replication_role = origin")
        driver.autocommit = False
    else:
        driver.execute("PRAGMA foreign_keys=ON")
    raw.close()


def _load_accounts(driver: Any, dialect: str, files: Files, at: int) -> None:
    load(
        driver,
        dialect,
        "account",
        "community_id, account_id, commodity, kind, owner_id, bounded, opened_at",
        [(HERE, _OFFSET + s, CIVIC, "offset", s, 0, at) for s in SHOPS]
        + [(HERE, _COVER + s, CNY, "cover", s, 1, at) for s in SHOPS],
    )
    load(
        driver,
        dialect,
        "balance",
        "community_id, account_id, posted, held",
        [(HERE, _COVER + s, files.bound[s], files.bound[s]) for s in SHOPS],
    )


def _load_leaves(driver: Any, dialect: str, count: int) -> None:
    # The night asks where an offset stands, never what its leaf says: any leaves do.
    tiles: Tiles = {}
    for first in range(0, count, _AT_ONCE):
        numbers = range(FIRST_TXN + first, FIRST_TXN + min(first + _AT_ONCE, count))
        leaves = [leaf_hash(b"%d" % n) for n in numbers]
        load(
            driver,
            dialect,
            "leaf",
            "community_id, leaf_index, kind, entry_id, leaf_hash",
            [
                (HERE, n - FIRST_TXN, "txn", n, leaf)
                for n, leaf in zip(numbers, leaves, strict=True)
            ],
        )
        tiles |= grown(tiles, first, leaves)
    load(
        driver,
        dialect,
        "tile",
        "community_id, level, tile_index, hashes",
        [(HERE, key.level, key.number, hashes) for key, hashes in tiles.items()],
    )
    load(
        driver,
        dialect,
        "log_head",
        "community_id, size, signed_size, signed_root",
        [(HERE, count, 0, EMPTY_ROOT)],
    )


def load(
    driver: Any, dialect: str, table: str, columns: str, rows: Sequence[Sequence[Any]]
) -> None:
    """Write rows in bulk, as the engine takes them fastest."""
    if dialect == "postgresql":
        with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            for first in range(0, len(rows), 10_000):
                some = rows[first : first + 10_000]
                copy.write("".join("\t".join(map(_copied, row)) + "\n" for row in some))
    else:
        driver.executemany(_insert(table, columns), rows)


def _load_file(driver: Any, dialect: str, table: str, columns: str, path: Path) -> None:
    if dialect == "postgresql":
        with (
            path.open("rb") as stream,
            driver.cursor() as cursor,
            cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy,
        ):
            while block := stream.read(1 << 18):
                copy.write(block)
    else:
        driver.executemany(_insert(table, columns), _cells(path))


def _insert(table: str, columns: str) -> str:
    return f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(columns.split(',')))})"


def _cells(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8") as stream:
        for line in stream:
            yield line[:-1].split("\t")


def _copied(value: object) -> str:
    if value is None:
        return "\\N"
    return f"\\\\x{value.hex()}" if isinstance(value, bytes) else str(value)
