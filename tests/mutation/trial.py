"""Tries one mutant: a child process has it in place of the real thing and runs the tests that stand for the module."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FunctionType, ModuleType
from typing import Any

import pytest

from ledger.sql import Sql
from tests.mutation.mutants import Mutant, statements_in
from tests.support.engines import PostgresDatabases
from tests.support.postgres import Cluster

_NEEDED = ("hypothesis.strategies", "tests.conftest", "tests.settlement.conftest")
"""What tests import, imported before the first child is made, so that none has to do it again."""

LONGEST_S = 120
"""A mutant that makes the tests run for ever is noticed too."""


def survivors(
    mutants: Sequence[Mutant],
    tests: Sequence[str],
    jobs: int,
    *,
    say: Callable[[int], None] = lambda _n: None,
) -> list[Mutant]:
    """The mutants that no test notices, in their order; each is tried in a process of its own, `jobs` at once."""
    for name in _NEEDED:
        importlib.import_module(name)
    # Else each child would go through everything that was imported to find nothing to clear away.
    gc.freeze()
    waiting, running, living = list(reversed(mutants)), dict[int, tuple[Mutant, float]](), []
    done = 0
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            running[_start(mutant, tests)] = (mutant, time.monotonic() + LONGEST_S)
        for child, (mutant, end) in list(running.items()):
            code = _ended(child, end)
            if code is None:
                continue
            del running[child]
            done += 1
            say(done)
            if code == 0:
                living.append(mutant)
        time.sleep(0.02)
    return sorted(living, key=mutants.index)


@contextmanager
def shared_server() -> Iterator[None]:
    """One PostgreSQL server for all children: each copies its database, none starts or stops it."""
    with Cluster() as server:
        made = PostgresDatabases(server)

        def enter(_self: Cluster) -> Cluster:
            # Names that no other child uses.
            server._made = _first_name()
            return server

        def leave(_self: Cluster, *_error: object) -> None:
            for number in range(_first_name() + 1, server._made + 1):
                server.drop_database(f"test_{number}")

        def lend(self: PostgresDatabases, _cluster: Cluster) -> None:
            vars(self).update(vars(made), _empty=[])

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Cluster, "__enter__", enter)
            patch.setattr(Cluster, "__exit__", leave)
            patch.setattr(PostgresDatabases, "__init__", lend)
            yield


def _first_name() -> int:
    return os.getpid() * 1_000


def _start(mutant: Mutant, tests: Sequence[str]) -> int:
    child = os.fork()
    if child == 0:
        _be_quiet()
        code = 1
        try:
            _put_in(mutant)
            options = ["-x", "-q", "--assert=plain", "-p", "no:cacheprovider", "-o", "timeout=100"]
            code = int(pytest.main([*options, *tests]))
        finally:
            # Not sys.exit: nothing the parent had open may be closed by its copy.
            os._exit(code)
    return child


def _ended(child: int, latest: float) -> int | None:
    """The exit code of a child, or None while it runs; one that runs for ever is ended."""
    done, status = os.waitpid(child, os.WNOHANG)
    if done:
        return os.waitstatus_to_exitcode(status)
    if time.monotonic() < latest:
        return None
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -signal.SIGKILL


def _be_quiet() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def _put_in(mutant: Mutant) -> None:
    if mutant.statement:
        value = getattr(importlib.import_module(mutant.module), mutant.statement)
        statement: Sql = value if isinstance(value, Sql) else value[mutant.place]
        changed = Sql(mutant.text)
        # The statement itself, since others have imported it by name.
        statement.text, statement.psycopg = changed.text, changed.psycopg
        return
    real = importlib.import_module(mutant.module)
    other = ModuleType(mutant.module)
    exec(compile(mutant.source, str(real.__file__), "exec"), other.__dict__)  # noqa: S102 - our own source
    _copy_code(vars(real), vars(other))
    for (_, _, old), (_, _, new) in zip(statements_in(real), statements_in(other), strict=True):
        old.text, old.psycopg = new.text, new.psycopg


def _copy_code(real: Mapping[str, Any], changed: Mapping[str, Any]) -> None:
    """Give the functions that others have imported already the code of the changed ones."""
    for name, new in changed.items():
        old = real.get(name)
        if isinstance(new, property):
            old, new = getattr(old, "fget", None), new.fget  # noqa: PLW2901 - what it stands for
        if isinstance(new, FunctionType) and isinstance(old, FunctionType):
            old.__code__, old.__defaults__, old.__kwdefaults__ = (
                new.__code__,
                new.__defaults__,
                new.__kwdefaults__,
            )
        elif isinstance(new, type) and isinstance(old, type) and new.__module__ == old.__module__:
            _copy_code(vars(old), vars(new))
