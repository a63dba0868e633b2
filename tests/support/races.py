"""Eight processes at once, and ways to take the product's guards away, so that a race can be seen to happen."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import traceback
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection as Pipe
from typing import Any, TypeVar

import pytest
from sqlalchemy import Connection, event, text

from ledger.book import facts, posting
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members.terms import TermsCache
from ledger.sql import Row, Sql, Tx
from pos import decide
from pos.desk import Desk, StaleTermsError
from pos.situation import Asked, look
from tests.support.town import Town

T = TypeVar("T")

_FORK = multiprocessing.get_context("fork")


def run_processes(count: int, job: Callable[[int], T], *, timeout_s: float = 120) -> list[T]:
    """Run `job(0)` … `job(count - 1)` in processes of their own that start together; their results in order.

    No database connection may be open in the parent: forked copies of it would share its locks.
    """
    start = _FORK.Barrier(count)
    pairs = [_FORK.Pipe(duplex=False) for _ in range(count)]
    children = [
        _FORK.Process(target=_child, args=(start, pairs[n][1], job, n)) for n in range(count)
    ]
    for child in children:
        child.start()
    results = []
    for (receive, send), child in zip(pairs, children, strict=True):
        send.close()
        assert receive.poll(timeout_s), "a process did not answer in time"
        results.append(receive.recv())
        child.join(timeout_s)
    failed = [what for done, what in results if not done]
    assert not failed, failed[0]
    return [what for _, what in results]


def meeting(count: int) -> Any:
    """Where `count` jobs of `run_processes` wait for each other once more: what they set up first takes its time."""
    return _FORK.Barrier(count, timeout=60)


def _child(start: Any, pipe: Pipe, job: Callable[[int], T], number: int) -> None:
    try:
        start.wait(60)
        pipe.send((True, job(number)))
    except BaseException:
        pipe.send((False, traceback.format_exc()))
        raise
    finally:
        pipe.close()
        # Not sys.exit: nothing the parent had open may be closed properly by its copy.
        os._exit(0)


@contextlib.contextmanager
def desk_in_process(town: Town, url: str) -> Iterator[Desk]:
    """The town's desk on a database connection of this process alone."""
    db = Database(url)
    try:
        yield Desk(db=db, terms=TermsCache(), pepper=town.desk.pepper, channel=town.desk.channel)
    finally:
        db.close()


def told(act: Callable[[], Any]) -> str:
    """`done`, or the refusal's code."""
    try:
        act()
    except Refusal as refusal:
        return refusal.code
    return "done"


# --- guards off


def without(guarded: Sql, guard: str) -> Sql:
    """A statement without its guarding condition."""
    assert guarded.text.count(guard) == 1, guarded.text
    return Sql(guarded.text.replace(guard, ""))


def no_wallet_guard(patch: pytest.MonkeyPatch) -> None:
    """Balances may be overdrawn: the condition of the one UPDATE is taken away."""
    guard = " AND posted + :delta >= held - :captured AND held >= :captured"
    patch.setattr(posting, "_MOVE", without(posting._MOVE, guard))


def no_cap_guard(patch: pytest.MonkeyPatch) -> None:
    """Limits may be passed: the condition of the counting statements is taken away."""
    guard = " WHERE cap_counter.used + excluded.used <= excluded.cap"
    patch.setattr(facts, "_CAPS", tuple(without(sql, guard) for sql in facts._CAPS))


def decide_on_old_figures(patch: pytest.MonkeyPatch) -> None:
    """Each request is decided on what was read before its writing transaction began, on either engine.

    SQLite's writer looks while it holds the only lock, which guards by itself; this takes that away, so that what is
    left is the guard under test. Only the first try of a request is stale: a guard that misses decides anew.
    """
    kept: dict[str, Row | None] = {}

    def old_look(tx: Tx, asked: Asked, **how: bool) -> Row:
        row = look(tx, asked, **how)
        if asked.request_id not in kept:
            kept[asked.request_id] = row
            # Ends this transaction; the next one decides on the row kept here.
            raise StaleTermsError
        old, kept[asked.request_id] = kept[asked.request_id], None
        return row if old is None else old

    patch.setattr(decide, "look", old_look)


def no_checks_in_sqlite(db: Database) -> None:
    """Let the connections of `db` ignore CHECK constraints."""

    @event.listens_for(db.engine, "connect")
    def _ignore(raw: Any, _record: object) -> None:
        raw.execute("PRAGMA ignore_check_constraints=ON")


def drop_checks(connection: Connection) -> None:
    """Take PostgreSQL's CHECK constraints away."""
    found = connection.execute(
        text(
            "SELECT conrelid::regclass::text AS owner, conname FROM pg_constraint"
            " WHERE contype = 'c' AND connamespace = 'public'::regnamespace"
        )
    )
    for row in found.all():
        connection.exec_driver_sql(f"ALTER TABLE {row.owner} DROP CONSTRAINT {row.conname}")


class SeenError(Exception):
    """Ends the transaction that looked; the next one decides on what it saw."""


def both_look_first(patch: pytest.MonkeyPatch, parties: int, *statements: Sql) -> None:
    """Every process reads these statements, all wait until each has, and then decides on what it read.

    On SQLite the one writer would let nobody look before another has written; this takes that away on either engine,
    so that what is left is the guard under test. Only the first try is stale: a guard that misses decides anew.
    """
    together = _FORK.Barrier(parties)
    kept: dict[tuple[int, str], list[Row]] = {}
    told_again: set[tuple[int, str]] = set()
    read, write = Tx.all, Database.write

    def stale(tx: Tx, sql: Sql, **params: Any) -> list[Row]:
        place = next((n for n, one in enumerate(statements) if one is sql), None)
        key = (-1, "") if place is None else (place, repr(params))
        if place is None or key in told_again:
            return read(tx, sql, **params)
        if key in kept:
            told_again.add(key)
            return kept[key]
        kept[key] = read(tx, sql, **params)
        if {place for place, _ in kept} == set(range(len(statements))):
            raise SeenError
        return kept[key]

    def written(db: Database, work: Callable[[Tx], T]) -> T:
        try:
            return write(db, work)
        except SeenError:
            together.wait(60)
            return write(db, work)

    patch.setattr(Tx, "all", stale)
    patch.setattr(Database, "write", written)
