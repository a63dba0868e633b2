"""Towns of the stories: one that also sells through our gateway, and those that property tests copy."""

import pytest

from ledger.database import Database
from tests.support.copies import PostgresTowns, SqliteTowns, Towns
from tests.support.engines import PostgresDatabases, SqliteFiles
from tests.support.fake_channel import FakeChannel
from tests.support.postgres import Cluster
from tests.support.town import Town, build_town


@pytest.fixture
def channel() -> FakeChannel:
    """The payment channel, which does what a test tells it to."""
    return FakeChannel()


@pytest.fixture
def town(db: Database, channel: FakeChannel) -> Town:
    """A town of three people with 500 points each; sales by `gateway` go to `channel`."""
    return build_town(db, grant_units=50_000, channel=channel)


@pytest.fixture(scope="session")
def sqlite_towns(sqlite_files: SqliteFiles, tmp_path_factory: pytest.TempPathFactory) -> Towns:
    """A town of three people with 500 points each and two shops, copied at will."""
    folder = tmp_path_factory.mktemp("towns")
    return SqliteTowns.build(sqlite_files, folder, shops=2, grant_units=50_000)


@pytest.fixture(scope="session")
def postgres_towns(postgres: Cluster, postgres_databases: PostgresDatabases) -> Towns:
    """The same on PostgreSQL."""
    return PostgresTowns.build(postgres, postgres_databases, shops=2, grant_units=50_000)


@pytest.fixture(scope="session")
def poor_sqlite_towns(sqlite_files: SqliteFiles, tmp_path_factory: pytest.TempPathFactory) -> Towns:
    """The same with 60 points each, so that a wallet is soon empty and a refund leaves a debt."""
    folder = tmp_path_factory.mktemp("poor")
    return SqliteTowns.build(sqlite_files, folder, shops=2, grant_units=6_000)


@pytest.fixture(scope="session")
def poor_postgres_towns(postgres: Cluster, postgres_databases: PostgresDatabases) -> Towns:
    """The same on PostgreSQL."""
    return PostgresTowns.build(postgres, postgres_databases, shops=2, grant_units=6_000)
