"""A SQLite file as it may lie on disk after a power cut: its log torn, or a bit of it turned.

The log is taken from a real shop that acknowledged one sale after the other; each image damages a copy of it.
What a fresh connection then reads must be the first so many sales, whole, and none of those written before the
damage may be missing.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import create_engine, event

from ledger.database import Database
from pos.checkout import check_out
from tests.support.invariants import broken
from tests.support.town import build_town

PEOPLE: Final = 5
_SECTOR: Final = 512


@dataclass(frozen=True)
class Log:
    """The file, its log, and how long the log was when each sale was acknowledged."""

    main: bytes
    wal: bytes
    acknowledged: tuple[tuple[str, int], ...]
    """Sale id and the log's length in bytes at its acknowledgement, in order."""

    def sales_before(self, offset: int) -> int:
        """How many sales lie wholly before a place in the log."""
        return sum(1 for _, length in self.acknowledged if length <= offset)


class Image(NamedTuple):
    """One damaged copy: what was done, where the damage begins, and the bytes."""

    damage: str
    offset: int
    main: bytes
    wal: bytes


def record(url: str, sales: int) -> Log:
    """Let a shop sell; the log is kept whole, nothing is written back into the file meanwhile."""
    path = Path(url.removeprefix("sqlite:///"))
    db = Database(url)

    @event.listens_for(db.engine, "connect")
    def _keep_log(raw: sqlite3.Connection, _record: object) -> None:
        raw.execute("PRAGMA wal_autocheckpoint=0")

    town = build_town(db, people=PEOPLE, grant_units=200_000)
    with sqlite3.connect(path) as raw:
        assert raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    raw.close()
    main, wal = path.read_bytes(), Path(f"{path}-wal")
    acknowledged = []
    for n in range(sales):
        sale = town.sale(n % PEOPLE + 1, 1_000 + n, 2_000 if n % 3 else 0)
        check_out(town.desk, sale, at=town.at)
        acknowledged.append((sale.request_id, wal.stat().st_size))
        town.later(60)
    kept = Log(main, wal.read_bytes(), tuple(acknowledged))
    db.close()
    return kept


def damage(log: Log, chance: random.Random) -> Image:
    """One way a log comes back from a power cut."""
    way = chance.choice(WAYS)
    offset = chance.randrange(len(log.wal))
    return Image(way.__name__, offset, log.main, way(log.wal, offset, chance))


def cut_off(wal: bytes, offset: int, _chance: random.Random) -> bytes:
    """The end never reached the disk."""
    return wal[:offset]


def zeroed(wal: bytes, offset: int, _chance: random.Random) -> bytes:
    """The length did, the bytes did not."""
    return wal[:offset] + bytes(len(wal) - offset)


def garbage(wal: bytes, offset: int, chance: random.Random) -> bytes:
    """Something else lies where the end should be."""
    return wal[:offset] + chance.randbytes(len(wal) - offset)


def lost_sector(wal: bytes, offset: int, _chance: random.Random) -> bytes:
    """One sector in the middle was not written."""
    end = min(offset + _SECTOR, len(wal))
    return wal[:offset] + bytes(end - offset) + wal[end:]


def turned_bit(wal: bytes, offset: int, chance: random.Random) -> bytes:
    """One bit turned."""
    turned = wal[offset] ^ (1 << chance.randrange(8))
    return wal[:offset] + bytes([turned]) + wal[offset + 1 :]


WAYS: Final[tuple[Callable[[bytes, int, random.Random], bytes], ...]] = (
    cut_off,
    zeroed,
    garbage,
    lost_sector,
    turned_bit,
)


def in_the_file_itself(log: Log, chance: random.Random) -> Image:
    """The control: the same turned bit where no checksum guards it, in the file the log was written back to."""
    offset = chance.randrange(len(log.main))
    # Most of a young book is empty pages, where nothing could be noticed.
    while log.main[offset] == 0:
        offset = chance.randrange(len(log.main))
    return Image("main file", len(log.wal), turned_bit(log.main, offset, chance), log.wal)


def faults_of(log: Log, image: Image, folder: Path) -> list[str]:
    """What is wrong with the book a fresh connection reads from a damaged copy; [] when all is well."""
    path = folder / "image.db"
    for ending in ("", "-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)
    path.write_bytes(image.main)
    Path(f"{path}-wal").write_bytes(image.wal)
    engine = create_engine(f"sqlite:///{path}")
    try:
        with engine.connect() as connection:
            ids = connection.exec_driver_sql(
                "SELECT sale_id FROM sale WHERE state = 'done' ORDER BY txn_id"
            ).scalars()
            sold = list(ids)
            wrong = [f"{name}: {rows}" for name, rows in broken(connection).items()]
    except Exception as error:  # noqa: BLE001 - a file that cannot be read is a finding
        return [f"unreadable: {error}"]
    finally:
        engine.dispose()
    order = [sale_id for sale_id, _ in log.acknowledged]
    if sold != order[: len(sold)]:
        wrong.append("what is there is not the first so many sales")
    if len(sold) < log.sales_before(image.offset):
        wrong.append(
            f"{log.sales_before(image.offset) - len(sold)} sales before the damage are lost"
        )
    return wrong
