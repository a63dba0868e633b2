"""Databases that outlive a killed process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.engines import ENGINES, SqliteFiles, create_schema
from tests.support.postgres import Cluster


@pytest.fixture(params=ENGINES)
def durable_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database that syncs to disk, on each engine."""
    if request.param == "sqlite":
        files: SqliteFiles = request.getfixturevalue("sqlite_files")
        yield files.copy_to(tmp_path / "jifen.db")
        return
    cluster: Cluster = request.getfixturevalue("durable_postgres")
    name = cluster.new_database()
    create_schema(cluster.url(name))
    yield cluster.url(name)
    cluster.drop_database(name)
