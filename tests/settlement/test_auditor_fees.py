"""What points pay of a fee bill is worked out a second time; each way of being wrong is found and named."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from kiosk.fee_desk import ask
from ledger.bills import offsets
from ledger.bills.offsets import TAKE_ROOM
from ledger.database import Database
from ledger.seal.checkpoints import publish
from ledger.seal.last_signed import LastSigned
from settlement.auditor.report import Report
from settlement.auditor.run import audit
from settlement.export.write import write_export
from settlement.replay import replay
from tests.stories.test_fee_bills import bill_of, request
from tests.support.engines import SqliteFiles
from tests.support.fees import build_fee_town, take_answer, take_list
from tests.support.races import without
from tests.support.town import HERE, Town

pytestmark = pytest.mark.slow


def live(db: Database) -> Town:
    """One bill held, one booked and lowered, one cancelled; everything sealed."""
    town = build_fee_town(db)
    take_list(town, ("B1", 1, "100.00"), ("B2", 1, "100.00"), ("B3", 2, "60.00"))
    for home, number, units in ((1, 0, 40_000), (1, 1, 60_000), (2, 0, 20_000)):
        bill = bill_of(town, home, number)
        ask(
            town.desk, request(town, bill.bill_id, units, person=home, home=home), at=town.later(60)
        )
    take_answer(town, ("B2-1", "30.00"), ("B3-1", "10.00"))
    take_list(town, ("B2", 1, "41.00"), ("B3", 2, "0.00"))
    return town


def exported(db: Database, town: Town, folder: Path) -> Path:
    publish(db, HERE, town.vault, LastSigned(folder / "signed"), at=town.later(60))
    write_export(db, HERE, folder / "out", at=town.at)
    return folder / "out"


@pytest.fixture(scope="module")
def lived(sqlite_files: SqliteFiles, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fees")
    db = Database(sqlite_files.copy_to(folder / "fees.db"))
    exported(db, live(db), folder)
    db.close()
    return folder


def audited_after(lived: Path, folder: Path, *statements: str) -> Report:
    file = folder / "fees.db"
    shutil.copyfile(lived / "fees.db", file)
    with sqlite3.connect(file) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()
    db = Database(f"sqlite:///{file}")
    write_export(db, HERE, folder / "out", at=1_800_000_000_000_000)
    db.close()
    return audit(folder / "out")


def test_a_book_with_bills_passes_and_is_built_again_from_its_export(
    lived: Path, sqlite_files: SqliteFiles, tmp_path: Path
) -> None:
    report = audit(lived / "out")

    assert not report.faults, report.to_text("en")
    assert {"fee_bill", "fee_offset"} <= set(report.asked)
    db = Database(sqlite_files.copy_to(tmp_path / "again.db"))
    again = replay(db, lived / "out")
    assert again.size > 0
    write_export(db, HERE, tmp_path / "again", at=1_800_000_000_000_000)
    db.close()
    assert (tmp_path / "again" / "fee_offset.csv").read_bytes() == (
        lived / "out" / "fee_offset.csv"
    ).read_bytes()


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        ("UPDATE fee_bill SET offset_fen = offset_fen + 100 WHERE bill_no = 'B1'", "fee_bill"),
        ("UPDATE fee_bill SET offset_fen = offset_fen - 100 WHERE bill_no = 'B2'", "fee_bill"),
        ("UPDATE fee_bill SET ceiling_fen = 9000 WHERE bill_no = 'B1'", "fee_bill"),
        ("UPDATE fee_bill SET amount_fen = 9000 WHERE bill_no = 'B1'", "fee_bill"),
        ("DELETE FROM fee_bill_version WHERE version = 2", "fee_bill"),
        ("UPDATE fee_offset SET back_fen = back_fen - 1 WHERE ref = 'B2-1'", "fee_offset"),
        (
            "UPDATE fee_offset SET units = units + 20, fen = fen + 1 WHERE ref = 'B2-1'",
            "fee_offset",
        ),
        ("UPDATE fee_offset SET state = 'released' WHERE ref = 'B1-1'", "fee_offset"),
        ("UPDATE fee_offset SET ref = 'B2-9' WHERE ref = 'B2-1'", "fee_offset"),
        ("UPDATE fee_offset SET wallet_owner_id = 3 WHERE ref = 'B2-1'", "fee_offset"),
        (
            "UPDATE fee_offset SET units_per_fen = 10, units = fen * 10 WHERE ref = 'B1-1'",
            "fee_offset",
        ),
    ],
)
def test_what_was_altered_is_found(lived: Path, tmp_path: Path, statement: str, check: str) -> None:
    report = audited_after(lived, tmp_path, statement)

    assert check in {finding.check for finding in report.findings}, report.to_text("en")
    assert report.faults


def test_a_month_over_its_limit_is_found(lived: Path, tmp_path: Path) -> None:
    report = audited_after(
        lived,
        tmp_path,
        "UPDATE fee_offset SET units = 600000, fen = 30000 WHERE ref = 'B1-1'",
        "UPDATE fee_bill SET offset_fen = 30000, ceiling_fen = 30000, amount_fen = 60000"
        " WHERE bill_no = 'B1'",
        "UPDATE fee_bill_version SET ceiling_fen = 30000, amount_fen = 60000"
        " WHERE bill_id = (SELECT bill_id FROM fee_bill WHERE bill_no = 'B1')",
    )

    assert "fee_offset" in {finding.check for finding in report.findings}


def test_an_offset_over_the_ceiling_is_found_though_every_sum_agrees(
    sqlite_files: SqliteFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The product itself, with its guard and its check taken away."""
    db = Database(sqlite_files.copy_to(tmp_path / "fees.db"))
    town = build_fee_town(db)
    take_list(town, ("B1", 1, "100.00"))
    guard = " AND offset_fen + :fen <= ceiling_fen"
    monkeypatch.setattr(offsets, "TAKE_ROOM", without(TAKE_ROOM, guard))
    monkeypatch.setattr(offsets, "check_wish", lambda *_given, **_more: None)
    ask(town.desk, request(town, bill_of(town).bill_id, 160_000), at=town.later(60))
    take_answer(town, ("B1-1", "80.00"))

    report = audit(exported(db, town, tmp_path))

    db.close()
    assert {finding.check for finding in report.faults} == {"fee_bill"}, report.to_text("en")
