"""The engine, and the only begin, commit and rollback: one SQL text for SQLite and PostgreSQL."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import psycopg
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import PoolProxiedConnection

from ledger.errors import GuardMissedError, Refusal
from ledger.ids import redraw_writer
from ledger.sql import Tx
from ledger.writer import GroupWriter

T = TypeVar("T")

TRIES: Final = 6
"""How often a transaction is tried when another was quicker, before the figures it read decide."""

_AGAIN: Final = frozenset({"40001", "40P01", "55P03", "XX000", "23505"})
"""SQLSTATEs after which the same work may succeed: serialisation, deadlock, lock wait, a distributed commit, and a key
taken: two writers drew one number, or the same request was quicker on another connection.
"""

_TAKEN: Final = frozenset({"SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE"})


class Database:
    """A community server's database: `sqlite:///file` or `postgresql://…`.

    `read()` gives a consistent snapshot. `write(work)` runs `work(tx)` in one transaction and
    commits; the work may be run again from the start (deadlock, a guard that another writer won),
    so it must take its identity from a request id.
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        """Open `url`; no connection is made before the first use."""
        self.url = url
        self.dialect = make_url(url).get_backend_name()
        self._engine = _open_engine(url, self.dialect, pool_size)
        self._writer = GroupWriter(self._engine) if self.dialect == "sqlite" else None

    def close(self) -> None:
        """Stop the writer and close every connection."""
        if self._writer is not None:
            self._writer.close()
        self._engine.dispose()

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine, for migrations and schema checks."""
        return self._engine

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """A read-only snapshot: every statement inside sees the same book.

        Refuses busy_try_again where no connection can be had.
        """
        with self._connection() as connection:
            try:
                yield self._begin_read(connection)
            except psycopg.Error as error:
                if _is_away(error):
                    raise Refusal("busy_try_again") from error
                raise
            finally:
                self._roll_back(connection)

    def write(self, work: Callable[[Tx], T]) -> T:
        """Run `work(tx)` in one transaction and commit it.

        Raises what `work` raises, after a rollback. GuardMissedError and transient database errors are tried again,
        at most TRIES times; the last GuardMissedError is raised to the caller. Refuses busy_try_again where the
        database server cannot be reached.
        """
        for left in range(TRIES - 1, -1, -1):
            try:
                return self._write_once(work)
            except GuardMissedError:
                if left == 0:
                    raise
            except (psycopg.Error, sqlite3.Error) as error:
                if left == 0 and _is_away(error):
                    raise Refusal("busy_try_again") from error
                if left == 0 or not _is_passing(error):
                    raise
                redraw_writer()
            time.sleep(random.uniform(0, 0.002) * (TRIES - left))  # noqa: S311 - spreads the tries, guards nothing
        message = "unreachable: the last try returns or raises"
        raise AssertionError(message)

    def _write_once(self, work: Callable[[Tx], T]) -> T:
        if self._writer is not None:
            return self._writer.run(work)
        with self._connection() as connection:
            try:
                result = work(Tx(connection.driver_connection, self.dialect))
                connection.commit()
            except BaseException:
                self._roll_back(connection)
                raise
            return result

    @contextmanager
    def _connection(self) -> Iterator[PoolProxiedConnection]:
        try:
            connection = self._engine.raw_connection()
        except (OperationalError, PoolTimeoutError, psycopg.OperationalError) as error:
            raise Refusal("busy_try_again") from error
        try:
            yield connection
        finally:
            raw: Any = connection.driver_connection
            # A connection the server dropped must not go back to the pool for the next request.
            if self.dialect == "postgresql" and raw.closed:
                connection.invalidate()
            else:
                connection.close()

    def _roll_back(self, connection: PoolProxiedConnection) -> None:
        raw: Any = connection.driver_connection
        if self.dialect == "sqlite":
            connection.rollback()
            return
        try:
            connection.rollback()
            _reset(raw)
        except psycopg.Error:
            # There is nothing left to undo on a broken connection; what broke it is being raised already.
            raw.close()

    def _begin_read(self, connection: PoolProxiedConnection) -> Tx:
        raw: Any = connection.driver_connection
        if self.dialect == "sqlite":
            raw.execute("BEGIN")
        else:
            raw.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            raw.read_only = True
        return Tx(raw, self.dialect)


def _is_passing(error: psycopg.Error | sqlite3.Error) -> bool:
    """Whether the same work may fare better at the next try: on fresh figures, on a new connection."""
    if isinstance(error, psycopg.Error):
        return error.sqlstate in _AGAIN or _is_away(error)
    # Errors of the driver itself, such as a closed connection, carry no name.
    return getattr(error, "sqlite_errorname", "") in _TAKEN


def _is_away(error: psycopg.Error | sqlite3.Error) -> bool:
    """Whether the server dropped the connection or takes no more of them (no SQLSTATE: it could not even say so)."""
    if not isinstance(error, psycopg.OperationalError):
        return False
    return error.sqlstate is None or error.sqlstate.startswith(("08", "53", "57P"))


def _reset(raw: Any) -> None:  # noqa: ANN401 - psycopg's connection class is generic over its row type
    raw.isolation_level = None
    raw.read_only = None


def _open_engine(url: str, dialect: str, pool_size: int) -> Engine:
    if dialect == "postgresql":
        engine = create_engine(url, pool_size=pool_size, max_overflow=20, pool_reset_on_return=None)

        @event.listens_for(engine, "connect")
        def _prepare_early(raw: Any, _record: object) -> None:  # noqa: ANN401
            raw.prepare_threshold = 2

        return engine
    engine = create_engine(
        url, pool_size=pool_size, max_overflow=20, connect_args={"check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def _set_up(raw: Any, _record: object) -> None:  # noqa: ANN401
        # Python's own transaction guessing is switched off: every BEGIN is written out in this package.
        raw.isolation_level = None
        raw.execute("PRAGMA journal_mode=WAL")
        raw.execute("PRAGMA synchronous=FULL")
        raw.execute("PRAGMA foreign_keys=ON")
        raw.execute("PRAGMA busy_timeout=10000")

    return engine
