"""Work that is killed, or fails, around any transaction it writes or step it takes; the files it leaves."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType
from typing import Any

from ledger.database import Database
from ledger.sql import Tx
from tests.support.crash import die

_FORK = get_context("fork")

Work = Callable[[Database], None]
BrokenOff = Callable[[int, Callable[[], None]], AbstractContextManager[Callable[[], int]]]
"""Which places are counted; like `broken_off`."""


class PlantedError(RuntimeError):
    """Something nobody thought of."""


def fail() -> None:
    raise PlantedError


class _Places:
    """Counts the places passed; `how` happens at the `at`-th of them, 0: nowhere."""

    def __init__(self, at: int, how: Callable[[], None]) -> None:
        self.at, self.how, self.count = at, how, 0

    def passed(self) -> None:
        self.count += 1
        if self.count == self.at:
            self.how()


@contextmanager
def broken_off(at: int, how: Callable[[], None]) -> Iterator[Callable[[], int]]:
    """Let `how` happen at the `at`-th place of everything written; 0: nowhere. Gives how many places there were."""
    places = _Places(at, how)
    write = Database.write

    def counted(self: Database, work: Callable[[Tx], Any]) -> Any:
        def inside(tx: Tx) -> Any:
            result = work(tx)
            places.passed()
            return result

        places.passed()
        result = write(self, inside)
        places.passed()
        return result

    Database.write = counted  # type: ignore[method-assign]
    try:
        yield lambda: places.count
    finally:
        Database.write = write  # type: ignore[method-assign]


def broken_off_around(*steps: tuple[ModuleType, str]) -> BrokenOff:
    """The same, with a place before and one after each call of these functions, each named in the module it is in."""

    @contextmanager
    def around_them(at: int, how: Callable[[], None]) -> Iterator[Callable[[], int]]:
        places = _Places(at, how)

        def around(original: Callable[..., Any]) -> Callable[..., Any]:
            def run_it(*args: Any, **more: Any) -> Any:
                places.passed()
                result = original(*args, **more)
                places.passed()
                return result

            return run_it

        originals = [(module, name, vars(module)[name]) for module, name in steps]
        for module, name, original in originals:
            vars(module)[name] = around(original)
        try:
            yield lambda: places.count
        finally:
            for module, name, original in originals:
                vars(module)[name] = original

    return around_them


class Trials:
    """A database file and work to do with it, of which every trial has a copy."""

    def __init__(self, first: Path, work: Work, broken: BrokenOff = broken_off) -> None:
        """Keep the file as it stands before the work; `broken` counts the places, else all that is written."""
        self.first = first
        self.work = work
        self.broken = broken

    def copy(self, name: str) -> Database:
        """The file in a copy of its own."""
        path = self.first.parent / f"{name}.db"
        shutil.copy(self.first, path)
        return Database(f"sqlite:///{path}")

    def places(self) -> int:
        """How many places there are to be killed at."""
        with closing(self.copy("counted")) as db, self.broken(0, die) as count:
            self.work(db)
            return count()

    def killed(self, name: str, at: int, prepare: Callable[[], None] = lambda: None) -> Database:
        """Do the work in a process that is killed at a place; the database as it was left."""
        db = self.copy(name)
        db.close()

        def child() -> None:
            prepare()
            with closing(Database(str(self._url(name)))) as own, self.broken(at, die):
                self.work(own)
            os._exit(0)

        process = _FORK.Process(target=child)
        process.start()
        process.join()
        assert process.exitcode == -9, f"place {at} was never reached ({process.exitcode})"
        return Database(self._url(name))

    def _url(self, name: str) -> str:
        return f"sqlite:///{self.first.parent / name}.db"
