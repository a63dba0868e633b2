"""The product's database in memory: real statements and savepoints, and a fuse that cuts a process off anywhere."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar

from ledger import writer
from ledger.database import Database
from ledger.sql import Tx
from tests.sim.machine import CutOffError

T = TypeVar("T")

_WORDS = {
    "BEGIN IMMEDIATE": "SAVEPOINT tx",
    "BEGIN": "SAVEPOINT tx",
    "COMMIT": "RELEASE tx",
}


class Fuse:
    """Where a process dies: at its nth statement, right before its nth commit, or right after it."""

    def __init__(self, where: str = "", after: int = 0) -> None:
        """`where` is statement, before_commit, after_commit, or empty for a process that lives."""
        self.where = where
        self.after = after

    def burns(self, where: str) -> bool:
        """Count one down; True where the process dies now."""
        if where != self.where:
            return False
        self.after -= 1
        return self.after <= 0


class Wire:
    """One process's connection to the shared file; the product takes it for the driver's own.

    The whole life of a seed lies in one outer savepoint that is rolled back at its end, so the product's BEGIN and
    COMMIT become a savepoint within it. What that changes (nothing here is ever synced) is tested elsewhere, with files
    and kills.
    """

    def __init__(self, raw: sqlite3.Connection, died: Callable[[], None]) -> None:
        """`died` is called once, when the fuse has burned down."""
        self._raw = raw
        self._died = died
        self.fuse = Fuse()
        self.dead = False
        self.in_transaction = False

    def execute(self, sql: str, params: Any = ()) -> sqlite3.Cursor:
        """Run a statement, or die."""
        if sql == "ROLLBACK":
            # Also a dead process's transaction is undone: the file's own recovery does it.
            self.in_transaction = False
            self._raw.execute("ROLLBACK TO tx")
            return self._raw.execute("RELEASE tx")
        if sql == "COMMIT":
            return self._commit()
        if sql in {"ROLLBACK TO job", "RELEASE job"} and self.dead:
            return self._raw.execute(sql)
        self._burn("statement")
        if sql in _WORDS:
            self.in_transaction = True
            return self._raw.execute(_WORDS[sql])
        return self._raw.execute(sql, params)

    def cursor(self) -> sqlite3.Cursor:
        """For rows in bulk."""
        self._burn("statement")
        return self._raw.cursor()

    def _commit(self) -> sqlite3.Cursor:
        self._burn("before_commit")
        self.in_transaction = False
        done = self._raw.execute("RELEASE tx")
        self._burn("after_commit")
        return done

    def _burn(self, where: str) -> None:
        if self.dead:
            raise CutOffError
        if self.fuse.burns(where):
            self.dead = True
            self._died()
            raise CutOffError


class SimDatabase(Database):
    """The product's Database on a Wire: the group writer's own code, without its thread."""

    def __init__(self, wire: Wire, between: Callable[[], None]) -> None:
        """`between` is called before each transaction: others may come first."""
        self.url = "sqlite://"
        self.dialect = "sqlite"
        self.wire = wire
        self._between = between
        self._writer = self  # type: ignore[assignment] # it runs jobs as the writer does

    def run(self, work: Callable[[Tx], T]) -> T:
        """One job in one commit, answered as the group writer answers."""
        self._between()
        answer: Future[T] = Future()
        writer._commit_together(self.wire, [(work, answer)])
        return answer.result()

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """Nobody comes in between while a snapshot is read, so it needs no transaction."""
        self._between()
        yield Tx(self.wire, "sqlite")

    def close(self) -> None:
        """Nothing to close."""


class Book:
    """One file in memory that every seed begins with, and finds as it was."""

    def __init__(self, image: bytes) -> None:
        """Load the image of a SQLite file (not in WAL mode)."""
        self.raw = sqlite3.connect(":memory:", isolation_level=None, cached_statements=4_000)
        self.raw.deserialize(image)
        self.raw.execute("PRAGMA foreign_keys=ON")
        self.raw.execute("PRAGMA cache_size=-64000")

    @contextmanager
    def fresh(self) -> Iterator[sqlite3.Connection]:
        """The file as it was; whatever is done to it is undone."""
        self.raw.execute("SAVEPOINT seed")
        try:
            yield self.raw
        finally:
            self.raw.execute("ROLLBACK TO seed")
            self.raw.execute("RELEASE seed")
