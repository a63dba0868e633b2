"""The two database engines of the tests: fresh databases with the schema in them, quickly."""

import importlib
import pkgutil
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import MetaData, create_engine

import kiosk
import ledger
import pos
import settlement
from ledger.migrate import upgrade
from ledger.schema import metadata
from tests.support.emptying import empty, shape_of
from tests.support.postgres import Cluster

ENGINES = ("sqlite", "postgresql")
_TEMPLATE = "with_schema"


def all_tables() -> MetaData:
    """Every table of the product, from each package's tables modules."""
    for package in (ledger, pos, settlement, kiosk):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.endswith("tables"):
                importlib.import_module(module.name)
    return metadata


def create_schema(url: str) -> None:
    """Bring the empty database at `url` to the newest schema by the numbered migrations."""
    engine = create_engine(url)
    upgrade(engine)
    engine.dispose()


class SqliteFiles:
    """Hands out copies of one SQLite file that has the schema in it."""

    def __init__(self, folder: Path) -> None:
        """Make the first file in `folder`."""
        self._template = folder / "template.db"
        create_schema(f"sqlite:///{self._template}")

    def copy_to(self, path: Path) -> str:
        """Put a fresh copy at `path`; returns its URL."""
        shutil.copyfile(self._template, path)
        return f"sqlite:///{path}"


class PostgresDatabases:
    """Hands out copies of one PostgreSQL database that has the schema in it."""

    def __init__(self, cluster: Cluster, template: str = _TEMPLATE) -> None:
        """Make the first database on `cluster`, under the name `template`."""
        self._cluster = cluster
        self._template = template
        cluster.execute("postgres", f"CREATE DATABASE {template} TEMPLATE template0")
        create_schema(cluster.url(template))
        self._shape = shape_of(cluster.url(template))
        self._empty: list[str] = []

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """The URL of a copy with no row in it; handed out again once emptied, dropped where its shape was changed."""
        name = self._empty.pop() if self._empty else None
        name = name or self._cluster.new_database(template=self._template)
        try:
            yield self._cluster.url(name)
        finally:
            if empty(self._cluster.url(name), self._shape):
                self._empty.append(name)
            else:
                self._cluster.drop_database(name)
