"""What is only added to is kept so by the database: SQLite's triggers, a PostgreSQL role's rights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy.exc import IntegrityError

from kiosk.cli import main
from ledger import audit
from ledger.append_only import ACTS, APPEND_ONLY, role_script
from ledger.audit import SYSTEM
from ledger.database import Database
from ledger.migrate import upgrade
from ledger.seal.checkpoints import publish
from ledger.seal.erasure import erase_act
from ledger.seal.last_signed import LastSigned
from ledger.seal.verify import verify_log
from ledger.stock.goods import NewGood, put_good
from pos.checkout import check_out
from pos.refunds import refund
from settlement.night import run_night
from tests.support.engines import all_tables
from tests.support.invariants import check_invariants
from tests.support.postgres import Cluster
from tests.support.tampering import as_insider
from tests.support.town import CIVIC, HERE, Town, build_town, moment

ROLE = "jifen_app"
EGGS = NewGood(
    merchant_id=1, code="G001", name="鸡蛋", price_units=25_000, commodity=CIVIC, cost_fen=1_250, stock=8
)  # fmt: skip
LIVED = tuple(name for name in (*APPEND_ONLY, ACTS) if name != "log_recovery")
"""Tables that have rows after a short life."""


def live(db: Database, folder: Path) -> Town:
    """Goods on a shelf, a sale, part of it brought back, sealed, signed, and the night over it."""
    town = build_town(db, grant_units=500_000)
    db.write(lambda tx: put_good(tx, HERE, EGGS, by=SYSTEM, at=town.at))
    sold = check_out(town.desk, town.sale(1, 5_000, 20_000), at=town.at)
    refund(town.desk, town.refund(sold["ref"], 2_500), at=town.later(200))
    run_night(db, HERE, town.day, at=moment("2026-03-03 02:00"))
    publish(db, HERE, town.vault, LastSigned(folder / "seal"), at=town.at)
    return town


@pytest.fixture
def sqlite_town(sqlite_url: str, tmp_path: Path) -> Iterator[Town]:
    """A town on SQLite."""
    db = Database(sqlite_url)
    yield live(db, tmp_path)
    db.close()


@pytest.mark.parametrize("table", LIVED)
@pytest.mark.parametrize(
    "change", ["DELETE FROM {}", "UPDATE {} SET community_id = community_id + 1"]
)
def test_sqlite_refuses_to_change_what_was_written(
    sqlite_town: Town, table: str, change: str
) -> None:
    with (
        pytest.raises(IntegrityError, match=f"rows of {table} are only added"),
        sqlite_town.db.engine.begin() as connection,
    ):
        connection.exec_driver_sql(change.format(table))


def test_without_the_triggers_a_row_is_changed(sqlite_town: Town) -> None:
    """The control: the guard is the trigger, and somebody with every right takes it away."""
    with as_insider(sqlite_town.db) as connection:
        assert connection.exec_driver_sql("UPDATE txn SET source = 'job'").rowcount

    found = verify_log(sqlite_town.db, HERE).fault
    assert found is not None
    assert found.row.startswith("txn ")


def test_an_act_may_be_erased_and_nothing_else(sqlite_town: Town) -> None:
    db = sqlite_town.db
    audit_id = db.write(
        lambda tx: audit.record(
            tx, HERE, SYSTEM, "good.put", "good:1", at=sqlite_town.at, after={"n": 1}
        )
    )
    for change in (
        "after = 'x'",
        "after = ''",
        "commitment = 'x'",
        "actor_id = 9, commitment = 'x'",
    ):
        with (
            pytest.raises(IntegrityError, match="only added"),
            db.engine.begin() as connection,
        ):
            connection.exec_driver_sql(f"UPDATE audit SET {change} WHERE audit_id = {audit_id}")

    assert db.write(lambda tx: erase_act(tx, HERE, audit_id)) is True
    assert db.write(lambda tx: erase_act(tx, HERE, audit_id)) is False


def test_an_upgrade_puts_the_triggers_back(sqlite_town: Town) -> None:
    with as_insider(sqlite_town.db):
        pass
    upgrade(sqlite_town.db.engine)

    with sqlite_town.db.engine.connect() as connection:
        names = connection.exec_driver_sql(
            "SELECT count(*) FROM sqlite_master WHERE type = 'trigger'"
        )
        assert names.scalar_one() == 2 * len((*APPEND_ONLY, ACTS))


@pytest.fixture
def bound(postgres: Cluster) -> Iterator[tuple[str, str]]:
    """A PostgreSQL database whose server runs under a role of few rights: the role's URL and the owner's."""
    name = postgres.new_database(template="template0")
    owner = postgres.url(name)
    db = Database(owner)
    upgrade(db.engine)
    tables = sorted(all_tables().tables)
    db.close()
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(f"DROP ROLE IF EXISTS {ROLE}".encode())
        connection.execute(f"CREATE ROLE {ROLE} LOGIN".encode())
        connection.execute(role_script(ROLE, tables).encode())
    yield owner.replace(f"//{postgres.user}@", f"//{ROLE}@"), owner
    postgres.drop_database(name)
    postgres.execute("postgres", f"DROP ROLE {ROLE}")


def test_a_server_lives_a_day_under_the_role_and_changes_nothing(
    bound: tuple[str, str], tmp_path: Path
) -> None:
    url, owner = bound
    db = Database(url)
    town = live(db, tmp_path)
    check_invariants(db.engine)
    audit_id = db.write(lambda tx: audit.record(tx, HERE, SYSTEM, "good.put", "", at=town.at))
    assert db.write(lambda tx: erase_act(tx, HERE, audit_id)) is True

    for table in LIVED:
        for change in (
            f"DELETE FROM {table}",
            f"UPDATE {table} SET community_id = community_id + 1",
            f"TRUNCATE {table} CASCADE",
        ):
            with (
                pytest.raises(psycopg.errors.InsufficientPrivilege),
                psycopg.connect(url) as connection,
            ):
                connection.execute(change.encode())
    db.close()
    # The control: who owns the tables can.
    with psycopg.connect(owner) as connection:
        assert connection.execute("UPDATE txn SET source = 'job'").rowcount
        connection.rollback()


def test_the_command_prints_the_rights_and_changes_nothing(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JIFEN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("JIFEN_DATABASE_URL", sqlite_url)
    said = CliRunner().invoke(main, ["migrate", "--rights-for", ROLE])

    assert said.exit_code == 0
    assert f"REVOKE UPDATE, DELETE, TRUNCATE ON transfer FROM {ROLE};" in said.stdout
    assert "GRANT SELECT, INSERT, UPDATE, DELETE ON balance" in said.stdout
    assert CliRunner().invoke(main, ["migrate", "--rights-for", "a; DROP"]).exit_code == 2
    with pytest.raises(ValueError, match="plain"):
        role_script("a; DROP", [])
