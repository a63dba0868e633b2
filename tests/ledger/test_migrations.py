"""An empty database brought up by the numbered steps has exactly the tables the code describes."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from ledger import migrate
from ledger.database import Database
from tests.support.engines import all_tables
from tests.support.postgres import Cluster


def _differences(url: str) -> list[object]:
    database = Database(url)
    migrate.upgrade(database.engine)
    migrate.upgrade(database.engine)
    with database.engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), all_tables())
    assert migrate.version(database.engine) is not None
    database.close()
    differences: list[object] = list(found)
    return differences


def test_a_new_sqlite_file_gets_every_table(tmp_path: Path) -> None:
    assert _differences(f"sqlite:///{tmp_path / 'new.db'}") == []


def test_a_new_postgresql_database_gets_every_table(postgres: Cluster) -> None:
    name = postgres.new_database()
    assert _differences(postgres.url(name)) == []
    postgres.drop_database(name)
