"""SQLite's one writer: a thread that commits many requests with one sync, each answered after the commit."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final, TypeVar

from sqlalchemy import Engine
from sqlalchemy.pool import PoolProxiedConnection

from ledger.errors import Refusal
from ledger.sql import Tx

T = TypeVar("T")

MOST_TOGETHER: Final = 64
"""Requests in one commit: enough to share a sync, few enough that nobody waits long."""

_Job = tuple[Callable[[Tx], Any], "Future[Any]"]


class GroupWriter:
    """Runs jobs one after another, each in its own savepoint, and commits them in groups.

    A job that raises loses only its own savepoint. No job is answered before the commit that holds it, so a crash can
    lose nothing that was acknowledged. Every job is answered, also where the file cannot be opened or the disk fails:
    the connection is then dropped and the next group opens another.
    """

    def __init__(self, engine: Engine) -> None:
        """Write through `engine`; the thread starts with the first job (never before a fork)."""
        self._engine = engine
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._gate = threading.Lock()

    def run(self, work: Callable[[Tx], T]) -> T:
        """Queue `work`, wait for the commit that holds it, and return its result or raise its error.

        Refuses busy_try_again once the writer was closed.
        """
        if threading.current_thread() is self._thread:
            message = "a write inside a write: the inner function must take the transaction"
            raise AssertionError(message)
        answer: Future[T] = Future()
        with self._gate:
            # Behind the last job nobody serves the queue: whoever came later would wait for ever.
            if self._closed:
                raise Refusal("busy_try_again")
            self._ensure_started()
            self._jobs.put((work, answer))
        return answer.result()

    def close(self) -> None:
        """Finish what is queued and stop the thread."""
        with self._gate:
            self._closed = True
            if self._thread is not None:
                self._jobs.put(None)
        if self._thread is not None:
            self._thread.join(timeout=30)

    def _ensure_started(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="jifen-writer", daemon=True)
            self._thread.start()

    def _serve(self) -> None:
        connection: PoolProxiedConnection | None = None
        stopping = False
        while not stopping:
            jobs = [self._jobs.get()]
            while len(jobs) < MOST_TOGETHER and not self._jobs.empty():
                jobs.append(self._jobs.get())
            stopping = None in jobs
            connection = self._answer(connection, [job for job in jobs if job is not None])
        if connection is not None:
            connection.close()

    def _answer(
        self, connection: PoolProxiedConnection | None, jobs: list[_Job]
    ) -> PoolProxiedConnection | None:
        """Run one group; gives the connection for the next one, None where this one is in doubt."""
        try:
            connection = connection or self._engine.raw_connection()
            _commit_together(connection.driver_connection, jobs)
        except BaseException as error:  # noqa: BLE001 - every waiting caller is told
            for _, answer in jobs:
                if not answer.done():
                    answer.set_exception(error)
            if connection is not None:
                connection.invalidate()
            return None
        return connection


def _commit_together(raw: Any, jobs: list[_Job]) -> None:  # noqa: ANN401
    if not jobs:
        return
    done: list[tuple[Future[Any], Any]] = []
    try:
        raw.execute("BEGIN IMMEDIATE")
        tx = Tx(raw, "sqlite")
        for work, answer in jobs:
            raw.execute("SAVEPOINT job")
            try:
                result = work(tx)
            except BaseException as error:  # noqa: BLE001 - handed to the waiting caller, not swallowed
                _undo_job(raw, error)
                answer.set_exception(error)
            else:
                raw.execute("RELEASE job")
                done.append((answer, result))
        raw.execute("COMMIT")
    except BaseException as error:  # noqa: BLE001 - the whole group failed; every caller is told
        if raw.in_transaction:
            raw.execute("ROLLBACK")
        for _, answer in jobs:
            if not answer.done():
                answer.set_exception(error)
        return
    for answer, result in done:
        answer.set_result(result)


def _undo_job(raw: Any, error: BaseException) -> None:  # noqa: ANN401
    """Take back one job's writes; raises `error` where SQLite has undone the whole group by itself (disk full)."""
    if not raw.in_transaction:
        raise error
    raw.execute("ROLLBACK TO job")
    raw.execute("RELEASE job")
