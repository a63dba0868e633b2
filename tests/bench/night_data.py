"""A book with many offsets, written in bulk, and claim files with faults: data for a benchmark."""

from __future__ import annotations

import io
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ledger.database import Database
from ledger.refs import make_reference
from ledger.seal.tiles import grown
from ledger.seal.tree import EMPTY_ROOT, leaf_hash
from ledger.units import CNY
from tests.support.night_plant import HOUR, midnight
from tests.support.town import CIVIC, HERE, ZONE, Town, build_town

SHOPS = tuple(range(1, 13))
WALLET_OF = 1
_UNITS_PER_FEN = 20


@dataclass
class Files:
    """The booked lines, and for each shop its file twice: as shops write it, and for COPY."""

    day: int
    booked: list[tuple[int, str, int, int]] = field(default_factory=list)  # shop, ref, fen, at
    csv: list[Path] = field(default_factory=list)
    tsv: list[Path] = field(default_factory=list)
    planted: dict[str, int] = field(default_factory=dict)


def make_files(
    folder: Path, claims: int, faults_percent: int, rng: random.Random, day: int
) -> Files:
    """Write one file a shop, `claims` lines in all, with X1, X2, X3, V1 and V2 in equal parts.

    Repeats stand in the shop's own file alone: the floor's key could not take them.
    """
    files = Files(day)
    start = midnight(day)
    for shop in SHOPS:
        count = claims // len(SHOPS) + (shop <= claims % len(SHOPS))
        lines: list[tuple[str, int, int]] = []
        again: list[tuple[str, int, int]] = []
        for n in range(count):
            ref = make_reference(f"M{shop:02d}T1", day, n + 1)
            fen, at = rng.randint(1, 40) * 100, start + 7 * HOUR + n * 1_000_000 % (12 * HOUR)
            fault = rng.choice(("X1", "X2", "X3", "V1", "V2")) if _hit(rng, faults_percent) else ""
            files.planted[fault] = files.planted.get(fault, 0) + 1
            if fault != "X1":
                files.booked.append((shop, ref, fen, at))
            if fault == "X2":
                continue
            claimed = fen * 100 if fault == "V1" else fen - 50 if fault == "V2" else fen
            lines.append((ref, claimed, at))
            if fault == "X3":
                again.append((ref, claimed, at))
        files.csv.append(_write_csv(folder / f"{claims}-{shop}.csv", shop, [*lines, *again]))
        files.tsv.append(_write_tsv(folder / f"{claims}-{shop}.tsv", shop, day, lines))
    files.planted.pop("", None)
    return files


def _hit(rng: random.Random, percent: int) -> bool:
    return rng.randrange(100) < percent


def _write_csv(path: Path, shop: int, lines: Sequence[tuple[str, int, int]]) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        out.write("申报月份,商户号,抵扣凭证号,抵扣时间,抵扣积分,抵扣金额,小票号,备注\r\n")
        for ref, fen, at in lines:
            when = datetime.fromtimestamp(at / 1_000_000, ZONE).strftime("%Y-%m-%d %H:%M:%S")
            units = fen * _UNITS_PER_FEN
            out.write(
                f"202603,M{shop:02d},{ref},{when},{units // 100}.{units % 100:02d},"
                f"{fen // 100}.{fen % 100:02d},{ref[-7:-2]},\r\n"
            )
    return path


def _write_tsv(path: Path, shop: int, day: int, lines: Sequence[tuple[str, int, int]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as out:
        for n, (ref, fen, at) in enumerate(lines, start=1):
            out.write(
                f"{HERE}\t{shop}\t{n}\t{shop}\t{ref}\tsale\t{fen * _UNITS_PER_FEN}\t{fen}\t{at}\t{day}\n"
            )
    return path


def fill_book(db: Database, files: Files, *, people: int = 1, fund_fen: int = 0) -> Town:
    """Write the booked side as checkouts would have: transfers, offsets, order, bound cover."""
    town = build_town(db, people=people, shops=len(SHOPS), fund_fen=fund_fen)
    town.grant(1, 10**14)
    at = town.at
    raw = db.engine.raw_connection()
    driver: Any = raw.driver_connection
    if db.dialect == "sqlite":
        driver.execute("BEGIN IMMEDIATE")
    _, wallet = _rows(
        driver, "SELECT kind, account_id FROM account WHERE kind = 'wallet' AND owner_id = 1"
    )[0]
    offset = {shop: 7_000_000 + shop for shop in SHOPS}
    cover = {shop: 8_000_000 + shop for shop in SHOPS}
    _load(
        driver,
        db.dialect,
        "account",
        "community_id, account_id, commodity, kind, owner_id, bounded, opened_at",
        [(HERE, offset[s], CIVIC, "offset", s, 0, at) for s in SHOPS]
        + [(HERE, cover[s], CNY, "cover", s, 1, at) for s in SHOPS],
    )
    bound = {shop: sum(fen for s, _, fen, _ in files.booked if s == shop) for shop in SHOPS}
    _load(
        driver,
        db.dialect,
        "balance",
        "community_id, account_id, posted, held",
        [(HERE, cover[s], bound[s], bound[s]) for s in SHOPS],
    )
    _load_sales(driver, db.dialect, files, wallet, offset)
    driver.commit()
    if db.dialect == "postgresql":
        # What autovacuum has long done to a book that fills over a day.
        driver.autocommit = True
        driver.execute("ANALYZE")
        driver.autocommit = False
    raw.close()
    return town


def _load_sales(
    driver: Any, dialect: str, files: Files, wallet: int, offset: dict[int, int]
) -> None:
    day, first = files.day, 9_000_000
    numbered = list(enumerate(files.booked, start=first))
    _load(
        driver,
        dialect,
        "txn",
        "community_id, txn_id, request_id, kind, ref, business_date, scheme_period, occurred_at,"
        " recorded_at, scheme_version, issuing_community, accepting_community, reason_key, source,"
        " provisional, merchant_id, wallet_owner_id",
        (
            (HERE, n, f"r{n}", "sale", ref, day, "", at, at, "", HERE, HERE, "", "till", 0, shop, 1)
            for n, (shop, ref, _, at) in numbered
        ),
    )
    _load(
        driver,
        dialect,
        "transfer",
        "community_id, txn_id, line_no, commodity, debit_id, credit_id, amount",
        (
            (HERE, n, 0, CIVIC, wallet, offset[shop], fen * _UNITS_PER_FEN)
            for n, (shop, _, fen, _) in numbered
        ),
    )
    _load(
        driver,
        dialect,
        "offset_booked",
        "community_id, txn_id, claimant_id, terminal_id, ref, kind, units, fen, units_per_fen,"
        " business_date, occurred_at",
        (
            (HERE, n, shop, 1_000 + shop * 10, ref, "sale", fen * 20, fen, 20, day, at)
            for n, (shop, ref, fen, at) in numbered
        ),
    )
    _load_leaves(driver, dialect, [n for n, _ in numbered])


def _load_leaves(driver: Any, dialect: str, numbers: list[int]) -> None:
    # The night asks where an offset stands, never what its leaf says: any leaves do.
    leaves = [leaf_hash(b"%d" % n) for n in numbers]
    _load(
        driver,
        dialect,
        "leaf",
        "community_id, leaf_index, kind, entry_id, leaf_hash",
        (
            (HERE, place, "txn", n, hashed)
            for place, (n, hashed) in enumerate(zip(numbers, leaves, strict=True))
        ),
    )
    tiles = grown({}, 0, leaves)
    _load(
        driver,
        dialect,
        "tile",
        "community_id, level, tile_index, hashes",
        ((HERE, key.level, key.number, hashes) for key, hashes in tiles.items()),
    )
    _load(
        driver,
        dialect,
        "log_head",
        "community_id, size, signed_size, signed_root",
        [(HERE, len(numbers), 0, EMPTY_ROOT)],
    )


def _rows(driver: Any, statement: str) -> list[Any]:
    return list(driver.execute(statement).fetchall())


def _load(
    driver: Any, dialect: str, table: str, columns: str, rows: Iterable[Sequence[Any]]
) -> None:
    if dialect == "postgresql":
        text = io.StringIO()
        for row in rows:
            text.write("\t".join(map(_copied, row)) + "\n")
        with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            copy.write(text.getvalue())
    else:
        marks = ", ".join("?" * len(columns.split(",")))
        driver.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", list(rows))


def _copied(value: object) -> str:
    if value is None:
        return "\\N"
    return f"\\\\x{value.hex()}" if isinstance(value, bytes) else str(value)
