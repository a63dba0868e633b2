"""The auditor's kit: how long it takes to write, and how long the page needs from the file to its verdict.

    python -m tests.bench.kit [--sizes 10000,300000]

A book of so many sales with points at 12 shops, claimed and settled in one night, sealed and signed; the page is
opened from the disk in the machine's Chromium and in Chromium 92. There is no floor: nothing else reads such a kit.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from zipfile import ZipFile

from playwright.sync_api import sync_playwright
from sqlalchemy import text

from kiosk.kit.packing import Kit, Period, write_kit
from ledger.database import Database
from ledger.seal.checkpoints import publish
from ledger.seal.last_signed import LastSigned
from settlement.intake import Upload, take_claim_file
from settlement.night import run_night
from tests.bench.night_book import fill_book
from tests.bench.night_data import SHOPS, make_files
from tests.browser.auditor import BLANK, Said, Task, auditor, in_old_chromium
from tests.support.engines import SqliteFiles
from tests.support.kit_files import read_files
from tests.support.night_plant import HOUR, midnight, next_day
from tests.support.tampering import as_insider
from tests.support.town import HERE

DAY = 20260302
T = TypeVar("T")

# What was loaded in bulk, as if it had come in one by one: rules named, wallet moved, nothing sealed yet.
_AS_LIVED = (
    "UPDATE txn SET scheme_version = 'changan/2026.1', units_per_fen = 20 WHERE kind = 'sale'",
    (
        "UPDATE balance SET posted = posted - (SELECT sum(units) FROM offset_booked) WHERE account_id ="
        " (SELECT account_id FROM account WHERE kind = 'wallet' AND owner_id = 1)"
    ),
    (
        "INSERT INTO transfer (community_id, txn_id, line_no, commodity, debit_id, credit_id, amount)"
        " SELECT 1, 9000000, 90 + a.owner_id, 156, (SELECT account_id FROM account WHERE kind = 'fund'),"
        " a.account_id, b.posted FROM account a JOIN balance b ON b.account_id = a.account_id"
        " WHERE a.kind = 'cover' AND b.posted > 0"
    ),
    (
        "UPDATE balance SET posted = posted - (SELECT sum(b.posted) FROM account a JOIN balance b"
        " ON b.account_id = a.account_id WHERE a.kind = 'cover') WHERE account_id ="
        " (SELECT account_id FROM account WHERE kind = 'fund')"
    ),
    "DELETE FROM leaf",
    "DELETE FROM tile",
    "DELETE FROM log_head",
    "DELETE FROM outbox",
    (
        "INSERT INTO outbox (community_id, entry_id, recorded_at, kind)"
        " SELECT community_id, txn_id, recorded_at, 'txn' FROM txn"
    ),
    (
        "INSERT INTO outbox (community_id, entry_id, recorded_at, kind)"
        " SELECT community_id, audit_id, at, 'act' FROM audit"
    ),
)


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What it gives and the seconds it took."""
    began = time.perf_counter()
    found = work()
    return found, time.perf_counter() - began


def make_kit(files: SqliteFiles, folder: Path, sales: int) -> tuple[Path, Kit, float]:
    """A settled day of so many sales as a kit; the seconds are those of writing the kit alone."""
    db = Database(files.copy_to(folder / "jifen.db"))
    rng = random.Random(sales)
    claims = make_files(folder, sales, 0, rng, DAY)
    town = fill_book(db, claims, fund_fen=10**12)
    with as_insider(db) as connection:
        for statement in _AS_LIVED:
            connection.execute(text(statement))
    mark = LastSigned(folder / "seal")
    publish(db, HERE, town.vault, mark, at=midnight(DAY) + 20 * HOUR)
    for shop, path in zip(SHOPS, claims.csv, strict=True):
        upload = Upload(path.name, path.read_bytes(), by=7)
        take_claim_file(db, HERE, shop, upload, day=DAY, at=midnight(DAY) + 22 * HOUR)
    at = midnight(next_day(DAY)) + 2 * HOUR
    run_night(db, HERE, DAY, at=at)
    publish(db, HERE, town.vault, mark, at=at + HOUR)
    out = folder / "kit.zip"
    kit, seconds = timed(
        lambda: write_kit(db, HERE, out, Period(20260301, 20260331), at=at + 2 * HOUR)
    )
    db.close()
    return out, kit, seconds


def checked(said: Said) -> str:
    """The verdict in a word, for the table."""
    return "holds" if said.tone == "good" else f"{len(said.found)} findings {said.found[:3]}"


def main() -> None:
    """Print a line for each size and browser."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", default="10000,300000")
    sizes = [int(size) for size in parser.parse_args().sizes.split(",")]
    with tempfile.TemporaryDirectory() as home:
        template = SqliteFiles(Path(home))
        for sales in sizes:
            folder = Path(home) / str(sales)
            folder.mkdir()
            out, kit, seconds = make_kit(template, folder, sales)
            rows, size = kit.rows, out.stat().st_size >> 20
            print(
                f"{sales:>7} sales, {rows} rows: written in {seconds:6.1f} s, kit {size} MB, inside: {kit.is_embedded}"
            )
            _measure(out, folder)


def _measure(out: Path, folder: Path) -> None:
    sale = read_files(out).find("txn", lambda row: row["kind"] == "sale")["ref"] or ""
    with ZipFile(out) as archive:
        archive.extract("auditor.html", folder)
    with sync_playwright() as driver, auditor(driver) as opened:
        opened.open()
        said, seconds = timed(lambda: opened.run(Task(out)))
        _, receipt = timed(lambda: opened.receipt(sale))
        _line("Chromium, ZIP chosen", seconds, receipt, said)
        opened.open(folder / "auditor.html")
        said, seconds = timed(lambda: opened.run(Task(None)))
        _line("Chromium, data inside the page", seconds, None, said)
        assert opened.errors == []
    old: Any = timed(lambda: in_old_chromium("92", BLANK, [Task(out)]))
    _line("Chromium 92, ZIP chosen (with its start)", old[1], None, old[0][0])


def _line(name: str, seconds: float, receipt: float | None, said: Said) -> None:
    found = "" if receipt is None else f", a receipt found in {receipt:.2f} s"
    print(f"          {name:<42} {seconds:6.1f} s{found}: {checked(said)}")


if __name__ == "__main__":
    main()
