"""Work that is killed, or fails, before, inside or after any transaction it writes; the files it leaves."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ledger.database import Database
from ledger.sql import Tx
from tests.support.crash import die

_FORK = get_context("fork")

Work = Callable[[Database], None]


class PlantedError(RuntimeError):
    """Something nobody thought of."""


def fail() -> None:
    raise PlantedError


@contextmanager
def broken_off(at: int, how: Callable[[], None]) -> Iterator[Callable[[], int]]:
    """Let `how` happen at the `at`-th place of everything written; 0: nowhere. Gives how many places there were."""
    count = 0

    def tick() -> None:
        nonlocal count
        count += 1
        if count == at:
            how()

    write = Database.write

    def counted(self: Database, work: Callable[[Tx], Any]) -> Any:
        def inside(tx: Tx) -> Any:
            result = work(tx)
            tick()
            return result

        tick()
        result = write(self, inside)
        tick()
        return result

    Database.write = counted  # type: ignore[method-assign]
    try:
        yield lambda: count
    finally:
        Database.write = write  # type: ignore[method-assign]


class Trials:
    """A database file and work to do with it, of which every trial has a copy."""

    def __init__(self, first: Path, work: Work) -> None:
        """Keep the file as it stands before the work."""
        self.first = first
        self.work = work

    def copy(self, name: str) -> Database:
        """The file in a copy of its own."""
        path = self.first.parent / f"{name}.db"
        shutil.copy(self.first, path)
        return Database(f"sqlite:///{path}")

    def places(self) -> int:
        """How many places there are to be killed at."""
        with closing(self.copy("counted")) as db, broken_off(0, die) as count:
            self.work(db)
            return count()

    def killed(self, name: str, at: int, prepare: Callable[[], None] = lambda: None) -> Database:
        """Do the work in a process that is killed at a place; the database as it was left."""
        db = self.copy(name)
        db.close()

        def child() -> None:
            prepare()
            with closing(Database(str(self._url(name)))) as own, broken_off(at, die):
                self.work(own)
            os._exit(0)

        process = _FORK.Process(target=child)
        process.start()
        process.join()
        assert process.exitcode == -9, f"place {at} was never reached ({process.exitcode})"
        return Database(self._url(name))

    def _url(self, name: str) -> str:
        return f"sqlite:///{self.first.parent / name}.db"
