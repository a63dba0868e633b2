"""Points that pass between households: each way of being wrong is planted once, and the second engine names it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ledger.audit import SYSTEM, By
from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, post
from ledger.database import Database
from ledger.households import acts, estates
from ledger.members import staff
from ledger.members.hashing import QUICK
from ledger.members.staff import NewStaff
from ledger.seal.sealer import seal
from ledger.sql import Sql, Tx
from settlement.auditor.report import Report
from settlement.auditor.run import audit
from settlement.export.write import write_export
from settlement.replay import replay
from tests.support.engines import SqliteFiles
from tests.support.everyone import SENTENCE
from tests.support.forger import forge
from tests.support.granting import grant_to
from tests.support.homes import ONE, ask, done, home
from tests.support.invariants import check_invariants
from tests.support.town import CIVIC, HERE, Town, build_town, moment

pytestmark = pytest.mark.slow

LATER = moment("2026-03-03 03:00")
_RICHEST = Sql(
    "SELECT a.owner_id FROM account a JOIN balance b ON b.community_id = a.community_id"
    " AND b.account_id = a.account_id WHERE a.community_id = :community_id AND a.kind = 'wallet'"
    " AND a.commodity = 1002 ORDER BY b.posted DESC, a.owner_id"
)


@pytest.fixture(scope="module")
def book(sqlite_files: SqliteFiles, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One leaves, a household gives, one joins another, a last member dies and an heir claims."""
    path = tmp_path_factory.mktemp("households") / "book.db"
    db = Database(sqlite_files.copy_to(path))
    town = build_town(db, people=5, shops=1)
    two = (_office(town, "liu", "secretary"), _office(town, "wu", "committee"))
    homes = [home(town, f"5-1-{n}", *people) for n, people in enumerate(((1, 2), (3,), (4,), (5,)))]
    now = town.at
    for day, units in (("2026-01-10", 30_000), ("2026-02-10", 5_000)):
        town.at = moment(f"{day} 10:00")
        for person, pool in ((1, homes[0]), (2, homes[0]), (3, homes[1]), (4, homes[2])):
            grant_to(town, person, pool, units)
    town.at = now
    asked = (
        ask(homes[0], acts.LEAVE, "5-1-9", 2, rule=acts.OWN),
        ask(homes[0], acts.GIFT, "5-1-1", units=2_500),
        ask(homes[1], acts.MERGE, "5-1-0"),
    )
    for one in asked:
        town.later(60)
        done(town, one, by=two)
    town.db.write(
        lambda tx: estates.report_death(
            tx, HERE, 4, died_on=20_260_301, evidence="1", today=town.day, by=ONE, at=town.at
        )
    )
    town.later(60)
    done(town, ask(homes[2], acts.HEIRS, "5-1-3", 5, evidence="2"), by=two)
    town.later(60)
    seal(db, HERE)
    check_invariants(db.engine)
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return path


def _office(town: Town, login: str, role: str) -> By:
    def work(tx: Tx) -> By:
        new = NewStaff(login=login, name="测试", password=SENTENCE)
        who = staff.add_staff(tx, HERE, new, pepper=bytes(32), by=SYSTEM, at=town.at, cost=QUICK)
        staff.give_role(tx, HERE, who, role, by=SYSTEM, at=town.at)
        return By("staff", who)

    return town.db.write(work)


def audited(path: Path, out: Path) -> Report:
    db = Database(f"sqlite:///{path}")
    write_export(db, HERE, out, at=LATER)
    db.close()
    return audit(out)


GIFT = "(SELECT act_id FROM household_act WHERE kind = 'gift')"

BROKEN: dict[str, tuple[str, ...]] = {
    "one person alone decided it": (
        f"UPDATE household_act SET approved_by = proposed_by WHERE act_id = {GIFT}",
    ),
    "nobody agreed to it": (f"UPDATE household_act SET approved_by = NULL WHERE act_id = {GIFT}",),
    "the act was never kept": (f"DELETE FROM household_act WHERE act_id = {GIFT}",),
    "a line says more than was booked": (
        f"UPDATE household_line SET units = units + 1 WHERE act_id = {GIFT}",
    ),
    "it went to somebody else": (
        f"UPDATE household_line SET to_owner = from_owner WHERE act_id = {GIFT}",
    ),
    "it came from somebody else": (
        f"UPDATE household_line SET from_owner = to_owner WHERE act_id = {GIFT}",
    ),
    "the points became younger": (
        f"UPDATE household_line SET earned_on = 20260302 WHERE act_id = {GIFT}",
    ),
    "points are called a debt": (f"UPDATE household_line SET what = 'debt' WHERE act_id = {GIFT}",),
    "a line of the act is missing": (f"DELETE FROM household_line WHERE act_id = {GIFT}",),
    "another kind of points": (
        f"UPDATE household_line SET commodity = commodity + 1 WHERE act_id = {GIFT}",
    ),
}


def test_untouched_nothing_is_named(book: Path, tmp_path: Path) -> None:
    path = shutil.copy(book, tmp_path / "book.db")

    report = audited(Path(path), tmp_path / "out")

    assert not report.faults, report.to_text("en")
    assert "household" in report.asked


@pytest.mark.parametrize("what", BROKEN)
def test_what_was_broken_is_named(book: Path, tmp_path: Path, what: str) -> None:
    path = tmp_path / "book.db"
    shutil.copy(book, path)
    forge(path, *BROKEN[what])

    report = audited(path, tmp_path / "out")

    assert {one.check for one in report.faults} == {"household"}, report.to_text("en")


def test_points_that_passed_without_an_act_are_named(book: Path, tmp_path: Path) -> None:
    path = tmp_path / "book.db"
    shutil.copy(book, path)
    db = Database(f"sqlite:///{path}")

    def work(tx: Tx) -> int:
        at = moment("2026-03-02 20:00")
        rows = tx.all(_RICHEST, community_id=HERE)
        sides = [
            Side(
                account_id(tx, HERE, Account.WALLET, CIVIC, int(row.owner_id), at=at),
                Account.WALLET,
            )
            for row in (rows[0], rows[-1])
        ]
        return post(
            tx,
            Posting(
                community_id=HERE, kind=Kind.GIFT, request_id="invented", occurred_at=at, at=at,
                business_date=20_260_302, lines=[Line(sides[0], sides[1], CIVIC, 100)],
                wallet_owner_id=int(rows[-1].owner_id), reason_key="gift", corrects_date=20_260_110,
            ),
        )  # fmt: skip

    db.write(work)
    seal(db, HERE)
    db.close()

    report = audited(path, tmp_path / "out")

    assert "household" in {one.check for one in report.faults}, report.to_text("en")


def test_replayed_into_an_empty_database_it_is_the_same_to_the_byte(
    book: Path, sqlite_files: SqliteFiles, tmp_path: Path
) -> None:
    path = shutil.copy(book, tmp_path / "book.db")
    audited(Path(path), tmp_path / "out")
    db = Database(sqlite_files.copy_to(tmp_path / "again.db"))

    replay(db, tmp_path / "out")

    check_invariants(db.engine)
    write_export(db, HERE, tmp_path / "again", at=LATER)
    db.close()
    for name in ("household_act", "household_line", "household_end", "balance"):
        first, second = (
            (tmp_path / side / f"{name}.csv").read_bytes() for side in ("out", "again")
        )
        assert first == second, name
