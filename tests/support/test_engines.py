"""The suite's own tools: fresh databases, the guard on statements, the ban on skips."""

import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from ledger.database import Database
from ledger.sql import Sql
from tests.support.engines import PostgresDatabases
from tests.support.postgres import Cluster
from tests.support.statements import UnscopedStatementError, check_statement

COUNT = Sql("SELECT count(*) AS n FROM household WHERE community_id = :community_id")
ADD = Sql(
    "INSERT INTO household (community_id, household_id, code, building, unit, opened_at)"
    " VALUES (:community_id, 1, '1-101', '1', '101', 0)"
)


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_gets_an_empty_database(db: Database, turn: int) -> None:
    with db.read() as tx:
        assert tx.get(COUNT, community_id=1).n == 0, turn

    db.write(lambda tx: tx.run(ADD, community_id=1))

    with db.read() as tx:
        assert tx.get(COUNT, community_id=1).n == 1


def test_a_used_database_comes_back_empty_and_a_changed_one_not_at_all(
    postgres: Cluster,
) -> None:
    databases = PostgresDatabases(postgres, template="reused")
    with databases.fresh() as first:
        used = Database(first)
        used.write(lambda tx: tx.run(ADD, community_id=1))
        # Left open by a careless test: it must keep nobody from emptying.
        assert used.engine is not None
    with databases.fresh() as second, psycopg.connect(second, autocommit=True) as connection:
        assert second == first
        assert connection.execute("SELECT count(*) FROM household").fetchone() == (0,)
        connection.execute("ALTER TABLE household DROP COLUMN building")
    with databases.fresh() as third:
        assert third != first
    used.close()


def test_a_statement_without_a_community_is_refused_where_it_runs(db: Database) -> None:
    everyone = Sql("SELECT count(*) AS n FROM household")

    with db.read() as tx, pytest.raises(UnscopedStatementError, match="household"):
        tx.get(everyone)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM account WHERE account_id = :account_id",
        "UPDATE balance SET units = 0",
        "INSERT INTO txn (txn_id) VALUES (:txn_id)",
        "SELECT 1 FROM community JOIN txn USING (id)",
        "WITH late AS (SELECT 1 FROM claim) SELECT * FROM late",
    ],
)
def test_the_guard_refuses_each_unscoped_table(text: str) -> None:
    with pytest.raises(UnscopedStatementError):
        check_statement(text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM account WHERE community_id = :community_id",
        "SELECT issuer FROM community",
        "INSERT INTO payment_route (payment_id) VALUES (:payment_id)",
        "WITH one AS (SELECT 1) SELECT * FROM one",
        "SELECT name FROM sqlite_master",
        "SELECT 1",
    ],
)
def test_the_guard_lets_scoped_and_global_statements_pass(text: str) -> None:
    check_statement(text)


@pytest.mark.slow
def test_a_durable_server_comes_back_from_a_crash(durable_postgres: Cluster) -> None:
    durable_postgres.execute("postgres", "CREATE TABLE kept AS SELECT 42 AS n")

    durable_postgres.stop(crash=True)
    durable_postgres.start()

    durable_postgres.execute("postgres", "DROP TABLE kept")


def test_a_skipped_test_fails(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        "from tests.conftest import pytest_make_collect_report, pytest_runtest_makereport\n"
    )
    pytester.makepyfile(
        test_tools="""
        import pytest

        def test_missing_tool():
            pytest.skip("no such program")

        @pytest.mark.skip(reason="later")
        def test_marked():
            pass

        def test_citus():
            pytest.skip("needs CITUS_URL")

        @pytest.mark.xfail(strict=True)
        def test_known_fault():
            raise AssertionError
        """,
        test_module="""
        import pytest

        pytest.importorskip("a_module_that_is_not_there")
        """,
    )

    result = pytester.runpytest("--continue-on-collection-errors")

    result.assert_outcomes(failed=1, skipped=1, xfailed=1, errors=2)


@pytest.mark.slow
def test_the_server_ends_with_tests_that_are_killed() -> None:
    start = (
        "import time; from tests.support.postgres import Cluster\n"
        "with Cluster() as cluster: print(cluster._process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", start], stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        server = int(owner.stdout.readline())

        owner.kill()

    assert _gone(server)


def _gone(pid: int) -> bool:
    """Whether the process has ended, within a few seconds."""
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists():
            return True
        time.sleep(0.05)
    return False
