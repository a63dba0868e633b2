"""Each sum of vouchers, times, orders and benefits is broken once, and the second engine names the check."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ledger.audit import SYSTEM
from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, post
from ledger.database import Database
from ledger.seal.sealer import seal
from ledger.services import orders, slots
from ledger.services.lapse import run_vouchers
from ledger.sql import Sql, Tx
from settlement.auditor.run import audit
from settlement.export.write import write_export
from settlement.night import run_night
from settlement.replay import replay
from tests.support.engines import SqliteFiles
from tests.support.forger import forge
from tests.support.invariants import check_invariants
from tests.support.night_plant import midnight, next_day
from tests.support.town import CIVIC, HERE, Town, moment
from tests.support.vouchers import (
    BARBER,
    buy,
    claim_line,
    dearer,
    file_day,
    offer,
    redeem,
    returned,
    row_of,
    voucher_town,
)

HOUR = 3_600_000_000
TEN = moment("2026-03-04 10:00")
_SLOT = Sql("SELECT slot_id FROM slot WHERE community_id = :community_id")


@pytest.fixture(scope="module")
def book(sqlite_files: SqliteFiles, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Vouchers used, given back, lapsed, come back and open; a time booked; a night settled."""
    path = tmp_path_factory.mktemp("vouchers") / "book.db"
    db = Database(sqlite_files.copy_to(path))
    town = voucher_town(db)
    cut, short = offer(town), offer(town, "SHORT", valid_days=2, unused="lapse")
    one, two, three = (buy(town, cut)["number"] for _ in range(3))
    buy(town, short)
    taken = redeem(town, one)
    _book_a_time(town, cut, two)
    returned(town, buy(town, cut)["number"])
    file_day(town, [claim_line(taken)])
    run_vouchers(db, HERE, town.day, notice_days=7, at=town.at)
    dearer(town, cut, 20260304)
    assert (
        run_night(db, HERE, town.day, at=midnight(next_day(town.day)) + 2 * HOUR).state == "locked"
    )
    town.at = moment("2026-03-04 11:00")
    assert run_vouchers(db, HERE, town.day, notice_days=1, at=town.at).lapsed == 1
    buy(town, cut)
    assert three
    seal(db, HERE)
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return path


def _book_a_time(town: Town, service: int, number: str) -> None:
    def work(tx: Tx) -> None:
        slots.open_slots(tx, HERE, service, [TEN], minutes=30, capacity=1, by=SYSTEM, at=town.at)
        slot = int(tx.get(_SLOT, community_id=HERE).slot_id)
        orders.ask(tx, HERE, int(row_of_tx(tx, number)), slot, today=town.day, at=town.at)

    def row_of_tx(_tx: Tx, number: str) -> int:
        return voucher_ids[number]

    voucher_ids = {number: int(row_of(town, number).voucher_id)}
    town.db.write(work)


def named_in(path: Path, out: Path) -> tuple[set[str], str]:
    """The checks that name a fault of their own, and the report."""
    db = Database(f"sqlite:///{path}")
    write_export(db, HERE, out, at=moment("2026-03-05 03:00"))
    db.close()
    report = audit(out)
    return {one.check for one in report.faults}, report.to_text("en")


USED = "(SELECT voucher_id FROM voucher_end WHERE how = 'used')"
OPEN = "(SELECT min(voucher_id) FROM voucher WHERE voucher_id NOT IN (SELECT voucher_id FROM voucher_end))"

LAST = OPEN.replace("min(", "max(")

BROKEN: dict[str, tuple[tuple[str, ...], set[str]]] = {
    "an end is forgotten": (
        ("DELETE FROM voucher_end WHERE how = 'returned'",),
        {"voucher", "cover"},
    ),
    "a voucher cost less": (
        (f"UPDATE voucher SET units = units - 1 WHERE voucher_id = {OPEN}",),
        {"voucher"},
    ),
    "a voucher was never sold": (
        (f"DELETE FROM voucher WHERE voucher_id = {LAST}",),
        {"voucher", "cover"},
    ),
    "the provider is paid more": (
        (f"UPDATE voucher_end SET fen = fen + 1 WHERE voucher_id = {USED}",),
        {"voucher"},
    ),
    "the contract was better": (
        (f"UPDATE voucher SET contract_fen = contract_fen + 1 WHERE voucher_id = {USED}",),
        {"voucher"},
    ),
    "another provider": (
        (f"UPDATE voucher_end SET provider_id = 2 WHERE voucher_id = {USED}",),
        {"voucher"},
    ),
    "used after its last day": (
        (
            f"UPDATE voucher SET last_day = business_date - 1 WHERE voucher_id = {USED}",
            f"UPDATE voucher_end SET business_date = 20260303 WHERE voucher_id = {USED}",
        ),
        {"voucher"},
    ),
    "lapsed without notice": (("DELETE FROM voucher_notice",), {"voucher"}),
    "lapsed though points come back": (("UPDATE voucher SET unused = 'back'",), {"voucher"}),
    "less money bound than vouchers are open": (
        (f"UPDATE voucher SET contract_fen = contract_fen - 1 WHERE voucher_id = {OPEN}",),
        {"voucher"},
    ),
    "it may not be given back any more": (
        (f"UPDATE voucher SET returnable = 0 WHERE voucher_id = {OPEN}",),
        {"voucher"},
    ),
    "good for a day less": (
        (f"UPDATE voucher SET last_day = last_day - 1 WHERE voucher_id = {OPEN}",),
        {"voucher"},
    ),
    "sold before its new terms": (
        ("UPDATE service_terms SET from_date = 20260302",),
        {"voucher"},
    ),
    "a place counted twice": (("UPDATE slot SET capacity = 2, taken = 2",), {"service_order"}),
    "done without a voucher used": (
        ("UPDATE service_order SET state = 'done' WHERE state = 'asked'",),
        {"service_order"},
    ),
}


def test_untouched_nothing_is_named(book: Path, tmp_path: Path) -> None:
    path = shutil.copy(book, tmp_path / "book.db")

    assert named_in(Path(path), tmp_path / "out")[0] == set()


@pytest.mark.parametrize("what", BROKEN)
def test_what_was_broken_is_named(book: Path, tmp_path: Path, what: str) -> None:
    path, (statements, checks) = tmp_path / "book.db", BROKEN[what]
    shutil.copy(book, path)
    forge(path, *statements)

    named, said = named_in(path, tmp_path / "out")

    assert named == checks, said


def test_replayed_into_an_empty_database_it_is_the_same_to_the_byte(
    book: Path, db: Database, tmp_path: Path
) -> None:
    path = shutil.copy(book, tmp_path / "book.db")
    named_in(Path(path), tmp_path / "out")

    replay(db, tmp_path / "out")

    check_invariants(db.engine)
    write_export(db, HERE, tmp_path / "again", at=moment("2026-03-05 03:00"))
    for name in ("voucher", "voucher_end", "service_order", "slot", "balance", "offset_booked"):
        first, second = (
            (tmp_path / side / f"{name}.csv").read_bytes() for side in ("out", "again")
        )
        assert first == second, name


def test_a_second_end_of_one_voucher_is_named_in_the_files(book: Path, tmp_path: Path) -> None:
    path, out = shutil.copy(book, tmp_path / "book.db"), tmp_path / "out"
    named_in(Path(path), out)
    rows = (out / "voucher_end.csv").read_text().splitlines(keepends=True)
    (out / "voucher_end.csv").write_text("".join([*rows, rows[1]]))

    found = {one.check for one in audit(out).findings}

    assert "voucher" in found


def test_points_that_nobody_sold_a_voucher_for_are_named(book: Path, tmp_path: Path) -> None:
    path = tmp_path / "book.db"
    shutil.copy(book, path)
    db = Database(f"sqlite:///{path}")

    def work(tx: Tx) -> int:
        at = moment("2026-03-05 02:00")
        sides = [
            Side(account_id(tx, HERE, kind, CIVIC, owner, at=at), kind)
            for kind, owner in ((Account.VOUCHER, 0), (Account.OFFSET, BARBER))
        ]
        line = Line(sides[0], sides[1], CIVIC, 3_000)
        return post(
            tx,
            Posting(
                community_id=HERE, kind=Kind.VOUCHER_USE, request_id="invented", occurred_at=at, at=at,
                business_date=20260305, lines=[line], merchant_id=BARBER, reason_key="invented",
            ),
        )  # fmt: skip

    db.write(work)
    seal(db, HERE)
    db.close()

    named, said = named_in(path, tmp_path / "out")

    assert "voucher" in named, said
