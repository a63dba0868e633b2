"""Each invariant of the design is broken once, on purpose, and must be the one the second engine names."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, post, reverse
from ledger.database import Database
from ledger.members.key_vault import KeyVault
from ledger.seal.checkpoints import publish
from ledger.seal.last_signed import LastSigned
from ledger.seal.sealer import seal
from ledger.sql import Tx
from ledger.units import CNY
from settlement.auditor.invariants import CHECKED_BY, SHOWN_BY_TRIALS, STILL_TO_COME
from settlement.auditor.run import CHECKS, audit
from settlement.export.write import write_export
from tests.support.engines import SqliteFiles
from tests.support.forger import forge, seal_again
from tests.support.lived_month import live_month
from tests.support.town import CIVIC, HERE, moment

AT = moment("2026-04-05 03:00")
DAY = 20260405

pytestmark = pytest.mark.slow


class Broken(NamedTuple):
    """How an invariant is broken: SQL, or a posting of the product's own; and whether the seal is made to fit."""

    statements: tuple[str, ...] = ()
    act: Callable[[Database], object] = lambda _db: None
    sealed_again: bool = False


def sql(*statements: str, sealed_again: bool = False) -> Broken:
    return Broken(statements, sealed_again=sealed_again)


def posted(
    kind: Kind,
    debit: tuple[Account, int],
    credit: tuple[Account, int],
    amount: int,
    *more: str,
    commodity: int = CIVIC,
) -> Broken:
    """A posting nobody decided: the book's own rules are kept, the rest of the books knows nothing of it."""

    def work(tx: Tx) -> int:
        sides = [
            Side(account_id(tx, HERE, which, commodity, owner, at=AT), which)
            for which, owner in (debit, credit)
        ]
        posting = Posting(
            community_id=HERE, kind=kind, request_id=f"forged-{kind}", occurred_at=AT, at=AT,
            business_date=DAY, lines=[Line(sides[0], sides[1], commodity, amount)],
            reason_key="forged", corrects_date=20260331,
        )  # fmt: skip
        return post(tx, posting)

    return Broken(more, act=lambda db: db.write(work))


def reversed_wrongly(db: Database) -> None:
    """Goods brought back; the forger then makes it give back one unit less."""
    with sqlite3.connect(db.url.removeprefix("sqlite:///")) as raw:
        (redeemed,) = raw.execute("SELECT txn_id FROM txn WHERE kind = 'redeem'").fetchone()
    db.write(
        lambda tx: reverse(
            tx, HERE, redeemed, request_id="reversal", at=AT, business_date=DAY, reason_key="forged"
        )
    )


SALE = "(SELECT min(txn_id) FROM txn WHERE kind = 'sale')"
REVERSAL = "(SELECT txn_id FROM txn WHERE kind = 'reversal')"
WALLET = "(SELECT account_id FROM account WHERE kind = 'wallet')"
LAPSE = (
    "INSERT INTO lapse (community_id, commodity, owner_id, earned_until, units, last_day, notice_days,"
    f" state, expired_units, txn_id, opened_on, changed_at) SELECT 1, {CIVIC}, 1, 20260303, 100,"
    " 20260404, '30,7', 'expired', 100, txn_id, 20260303, 0 FROM txn WHERE kind = 'expire'"
)

BROKEN: dict[str, Broken] = {
    "I1": sql("UPDATE account SET commodity = 1002 WHERE kind = 'bank'"),
    "I2": sql(
        "UPDATE transfer SET amount = 0 WHERE txn_id = (SELECT min(txn_id) FROM txn"
        " WHERE kind = 'cover')",
        sealed_again=True,
    ),
    "I3": sql(
        "INSERT INTO hold (community_id, hold_id, account_id, commodity, amount, purpose, request_id,"
        f" opened_at, expires_at) VALUES (1, 7, {WALLET}, {CIVIC}, 99000000, 'sale', 'x', 0, 0)",
        f"UPDATE balance SET held = held + 99000000 WHERE account_id = {WALLET}",
    ),
    "I4": sql(f"UPDATE balance SET posted = posted + 1 WHERE account_id = {WALLET}"),
    "I5": sql(f"UPDATE balance SET held = held + 1 WHERE account_id = {WALLET}"),
    "I6": sql("UPDATE account SET kind = 'subsidy' WHERE kind = 'issued_grant'"),
    "I7": sql("UPDATE hold_end SET captured = captured + 1"),
    "I8": sql("UPDATE hold_end SET captured = captured - 1 WHERE how = 'captured'"),
    "I9": sql(
        "UPDATE txn SET request_id = (SELECT request_id FROM txn WHERE kind = 'grant')"
        " WHERE kind = 'fund_in'",
        sealed_again=True,
    ),
    "I10": sql(
        "UPDATE request SET outcome = 'refused' WHERE request_id = (SELECT min(sale_id) FROM sale)"
    ),
    "I11": posted(Kind.ADJUST, (Account.OFFSET, 1), (Account.RETIRED, 0), 100),
    "I12": sql("UPDATE open_item SET fen = fen + 1 WHERE ref = (SELECT min(ref) FROM open_item)"),
    "I13": sql("UPDATE night_run SET first_leaf = first_leaf + 1 WHERE run_no = 2"),
    "I14": sql(
        "UPDATE night_total SET settled_fen_plus = settled_fen_plus + 1 WHERE run_no = 1"
        " AND claimant_id = 1"
    ),
    "I15": posted(Kind.SETTLE, (Account.PAYABLE, 2), (Account.COVER, 2), 100, commodity=CNY),
    "I16": sql("UPDATE sale SET refunded_fen = refunded_fen + 1 WHERE txn_id = " + SALE),
    "I17": Broken(
        (
            f"UPDATE transfer SET amount = amount - 1 WHERE txn_id = {REVERSAL} AND line_no = 0",
            f"UPDATE balance SET posted = posted - 1 WHERE account_id = {WALLET}",
        ),
        act=reversed_wrongly,
        sealed_again=True,
    ),
    "I18": sql(
        f"UPDATE offset_booked SET units_per_fen = 21 WHERE txn_id = {SALE}", sealed_again=True
    ),
    "I19": posted(Kind.EXPIRE, (Account.WALLET, 1), (Account.EXPIRED, 0), 100, LAPSE),
    "I20": sql("UPDATE book_day SET changed_at = 1 WHERE business_date = 20260302"),
    "I21": sql("UPDATE leaf SET leaf_index = 1000 WHERE leaf_index = 9"),
    "I22": sql("UPDATE checkpoint SET root = zeroblob(32)"),
    "I24": sql("UPDATE night_run SET digest = 'x' || substr(digest, 2) WHERE run_no = 2"),
    "I25": sql("DELETE FROM discrepancy WHERE code = 'V1'"),
    "I26": sql(
        "UPDATE claim_batch SET header = replace(header, '\"sales\":', '\"sales\":1') WHERE batch_no = 1"
        " AND claimant_id = 2"
    ),
    "I27": sql("UPDATE payout_event SET state = 'confirmed' WHERE state = 'approved'"),
    "I28": sql("UPDATE terminal SET revoked_at = 1 WHERE terminal_id = 1010"),
    "I29": sql("UPDATE txn SET issuing_community = 2 WHERE kind = 'grant'", sealed_again=True),
    "I30": sql("UPDATE checkpoint SET signed_at = 1"),
    "I31": sql("UPDATE good SET stock = stock + 1"),
    "I32": sql(
        "UPDATE evidence SET payment_ref = 'P1', route = 'reference' WHERE txn_id IN"
        " (SELECT txn_id FROM evidence WHERE route <> 'gateway' LIMIT 2)"
    ),
    "I34": sql("UPDATE tile SET hashes = zeroblob(length(hashes))"),
}


@pytest.fixture(scope="module")
def lived(sqlite_files: SqliteFiles, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A month through the product, with a signed checkpoint at its end."""
    folder = tmp_path_factory.mktemp("month")
    path = folder / "month.db"
    db = Database(sqlite_files.copy_to(path))
    month = live_month(db, folder / "channel")
    publish(db, HERE, month.town.vault, LastSigned(folder / "signed"), at=AT)
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return path


def named_in(path: Path, out: Path) -> tuple[set[str], str]:
    """The checks that name a fault in the export of a database."""
    db = Database(f"sqlite:///{path}")
    write_export(db, HERE, out, at=AT)
    db.close()
    report = audit(out)
    return {finding.check for finding in report.faults}, report.to_text("en")


def test_the_list_of_invariants_is_whole() -> None:
    numbers = {f"I{n}" for n in range(1, 35)}

    assert set(CHECKED_BY) | set(SHOWN_BY_TRIALS) | set(STILL_TO_COME) == numbers
    assert set(BROKEN) == set(CHECKED_BY)
    assert {name for names in CHECKED_BY.values() for name in names} <= {c.id for c in CHECKS}


def test_unbroken_nothing_is_named(lived: Path, tmp_path: Path) -> None:
    path = shutil.copy(lived, tmp_path / "book.db")

    assert named_in(Path(path), tmp_path / "out")[0] == set()


@pytest.mark.parametrize("number", BROKEN)
def test_the_invariant_that_was_broken_is_the_one_that_is_named(
    lived: Path, tmp_path: Path, number: str
) -> None:
    path, broken = tmp_path / "book.db", BROKEN[number]
    shutil.copy(lived, path)
    db = Database(f"sqlite:///{path}")
    broken.act(db)
    seal(db, HERE)
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    if broken.statements:
        forge(path, *broken.statements)
    if broken.sealed_again:
        seal_again(path, KeyVault(bytes(range(32))))

    named, said = named_in(path, tmp_path / "out")

    assert named == {CHECKED_BY[number][0]}, said
