"""Fixtures every test may use, and the suite's rules: no skips, no unscoped statements."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest
from _pytest.terminal import TerminalReporter

from ledger import ids, sql
from ledger.database import Database
from settlement import gate
from tests.support.auditing import found_nothing
from tests.support.engines import ENGINES, PostgresDatabases, SqliteFiles
from tests.support.postgres import Cluster
from tests.support.statements import check_statement

ALLOWED_SKIP = "needs CITUS_URL"
"""The one tool no registry carries; any other missing tool is a failure: `make setup` gets it."""


pytest_plugins = ["pytester"]

# How long an example takes says how busy the machine is, not what the product does.
hypothesis.settings.register_profile(
    "shared", suppress_health_check=[hypothesis.HealthCheck.too_slow], deadline=None
)
hypothesis.settings.load_profile("shared")


def pytest_configure() -> None:
    """Watch every statement from the first one on; nights are audited where a test asks for it.

    Most nights of the tests are there for something else, in books planted for it; a whole audit of
    each would take longer than all the rest. `audited` puts the second engine back in its place.
    """
    sql.statement_observers.append(check_statement)
    gate.second_engine = found_nothing


@pytest.fixture
def audited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nights ask the second engine, as they do outside of tests."""
    monkeypatch.setattr(gate, "second_engine", gate.audit_book)


@pytest.fixture(autouse=True, scope="module")
def fresh_ids_of_a_module() -> Iterator[None]:
    """As `fresh_ids`, for what a module lives once: earlier than the tests that ran in this process before it."""
    kept, ids._IDS = ids._IDS, ids.IdMaker()
    yield
    ids._IDS = kept


@pytest.fixture
def fresh_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers start from the clock of this test, not from the latest clock an earlier test of this process had."""
    monkeypatch.setattr(ids, "_IDS", ids.IdMaker())


# --- engines


@pytest.fixture(scope="session")
def sqlite_files(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    """SQLite files with the schema in them."""
    return SqliteFiles(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL server of this session; it forgets everything when the machine stops."""
    with Cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def durable_postgres() -> Iterator[Cluster]:
    """A PostgreSQL server that syncs to disk, for tests that kill."""
    with Cluster(durable=True) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def postgres_databases(postgres: Cluster) -> PostgresDatabases:
    """PostgreSQL databases with the schema in them."""
    return PostgresDatabases(postgres)


@pytest.fixture
def sqlite_url(sqlite_files: SqliteFiles, tmp_path: Path) -> str:
    """A fresh SQLite file with the schema."""
    return sqlite_files.copy_to(tmp_path / "jifen.db")


@pytest.fixture
def postgres_url(postgres_databases: PostgresDatabases) -> Iterator[str]:
    """A fresh PostgreSQL database with the schema."""
    with postgres_databases.fresh() as url:
        yield url


@pytest.fixture(params=ENGINES)
def engine_url(request: pytest.FixtureRequest) -> str:
    """A fresh database with the schema, once on each engine."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(name))


@pytest.fixture
def db(engine_url: str) -> Iterator[Database]:
    """A fresh database, opened, once on each engine."""
    database = Database(engine_url)
    yield database
    database.close()


# --- no skips


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skipped test into a failed one."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        _fail_skip(report, item.nodeid)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn a file skipped as a whole into a failed one."""
    report = yield
    if report.skipped:
        _fail_skip(report, collector.nodeid)
    return report


def _fail_skip(report: pytest.TestReport | pytest.CollectReport, where: str) -> None:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    reason = reason.removeprefix("Skipped: ")
    if not reason.startswith(ALLOWED_SKIP):
        report.outcome = "failed"
        report.longrepr = f"{where} was skipped ({reason}); a test here runs or fails"


# --- the last lines


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Name the steps before pytest that failed, so that the end of the log tells it all."""
    failed = os.environ.get("STEPS_FAILED")
    if failed:
        terminalreporter.section("steps before the tests that failed")
        terminalreporter.line(failed)
