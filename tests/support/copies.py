"""One town built once and copied for each example of a property test: a fresh book in milliseconds."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import event

from ledger.database import Database
from ledger.members.terms import TermsCache
from pos.desk import Desk
from tests.support.engines import PostgresDatabases, SqliteFiles
from tests.support.fake_channel import FakeChannel
from tests.support.postgres import Cluster
from tests.support.town import Town, build_town


@dataclass(repr=False)
class SqliteTowns:
    """Copies of a town's SQLite file."""

    file: Path
    town: Town
    made: int = 0

    @classmethod
    def build(cls, files: SqliteFiles, folder: Path, **chosen: Any) -> SqliteTowns:
        """Build the town that is copied."""
        file = folder / "town.db"
        db = Database(files.copy_to(file))
        town = build_town(db, **chosen)
        db.close()
        return cls(file, town)

    @contextmanager
    def fresh(self) -> Iterator[Town]:
        """A copy with its own desk and channel."""
        self.made += 1
        copy = self.file.with_name(f"town_{self.made}.db")
        shutil.copyfile(self.file, copy)
        db = Database(f"sqlite:///{copy}")
        # What is tested here is what is written, not whether a disk keeps it.
        no_syncing(db)
        try:
            yield _moved(self.town, db)
        finally:
            db.close()
            for left in copy.parent.glob(copy.name + "*"):
                left.unlink()


@dataclass(repr=False)
class PostgresTowns:
    """Copies of a town's PostgreSQL database."""

    cluster: Cluster
    name: str
    town: Town

    @classmethod
    def build(cls, cluster: Cluster, databases: PostgresDatabases, **chosen: Any) -> PostgresTowns:
        """Build the town that is copied."""
        del databases  # made before, for the schema it holds
        name = cluster.new_database(template="with_schema")
        db = Database(cluster.url(name))
        town = build_town(db, **chosen)
        db.close()
        return cls(cluster, name, town)

    @contextmanager
    def fresh(self) -> Iterator[Town]:
        """A copy with its own desk and channel."""
        name = self.cluster.new_database(template=self.name)
        db = Database(self.cluster.url(name))
        try:
            yield _moved(self.town, db)
        finally:
            db.close()
            self.cluster.drop_database(name)


Towns = SqliteTowns | PostgresTowns


def no_syncing(db: Database) -> None:
    """Let SQLite leave the disk to itself."""

    @event.listens_for(db.engine, "connect")
    def _quick(raw: Any, _record: object) -> None:
        raw.execute("PRAGMA synchronous=OFF")


def _moved(town: Town, db: Database) -> Town:
    desk = Desk(db=db, terms=TermsCache(), pepper=town.desk.pepper, channel=FakeChannel())
    return replace(town, db=db, desk=desk, tills=deepcopy(town.tills), sequence={})
