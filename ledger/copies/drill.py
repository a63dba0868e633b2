"""The drill: the newest backup is put back beside the running server, brought up to date and looked through."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import psycopg
from psycopg import sql as words
from sqlalchemy.engine.url import make_url

from ledger import audit, migrate
from ledger.copies.backups import put_back, verify
from ledger.copies.checks import failures
from ledger.copies.manifest import Manifest
from ledger.copies.sources import read_books, source_of
from ledger.database import Database
from ledger.errors import Refusal
from ledger.seal.verify import verify_log
from ledger.sql import Sql, Tx

T = TypeVar("T")

ACT: Final = "backup.drill"
_COMMUNITIES: Final = Sql("SELECT community_id FROM community ORDER BY community_id")


@dataclass
class Drill:
    """How a drill went: milliseconds by step, in order; `failed` names what did not hold, '' where all did."""

    name: str
    steps: dict[str, int] = field(default_factory=dict)
    failed: str = ""

    @property
    def total_ms(self) -> int:
        """From the first look to the last check."""
        return sum(self.steps.values())


def run_drill(folder: Path, manifest: Manifest, url: str, *, key: bytes | None) -> Drill:
    """Restore `manifest` into a scratch place of the same engine as `url` and check it; nothing stays behind.

    What does not hold is in the result, also a refusal of a step.
    """
    drill = Drill(manifest.name)
    try:
        _step(drill, "verify", lambda: verify(folder, manifest, key=key))
        with scratch(url) as place:
            _step(drill, "restore", lambda: put_back(folder, manifest, source_of(place)))
            db = Database(place)
            try:
                _step(drill, "migrate", lambda: migrate.upgrade(db.engine))
                wrong = _step(drill, "check", lambda: look_through(db, manifest))
                wrong |= _step(drill, "seal", lambda: work_out_the_log(db))
            finally:
                db.close()
        drill.failed = ", ".join(f"{name} ({count})" for name, count in wrong.items())
    except Refusal as refusal:
        drill.failed = refusal.code
    return drill


def note(db: Database, drill: Drill, *, at: int) -> None:
    """Keep the drill as an act of every community on the server, so that it is sealed with the rest."""
    facts: dict[str, str | int | bool | None] = {"total_ms": drill.total_ms}
    if drill.failed:
        facts["why"] = drill.failed

    def work(tx: Tx) -> None:
        for row in tx.all(_COMMUNITIES):
            here = int(row.community_id)
            audit.record(tx, here, audit.SYSTEM, ACT, f"backup:{drill.name}", at=at, after=facts)

    db.write(work)


@contextmanager
def scratch(url: str) -> Iterator[str]:
    """An empty place like the one at `url`, gone at the end: a file, or a database on the same server.

    Refusals: drill_no_place (the server's account may not create databases).
    """
    parsed = make_url(url)
    with tempfile.TemporaryDirectory(prefix="jifen-drill-") as folder:
        if parsed.get_backend_name() == "sqlite":
            yield f"sqlite:///{Path(folder) / 'drill.db'}"
            return
        name = Path(folder).name.replace("-", "_").lower()
        _administer(parsed, "CREATE DATABASE {} TEMPLATE template0", name)
        try:
            yield parsed.set(database=name).render_as_string(hide_password=False)
        finally:
            _administer(parsed, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _administer(url: Any, statement: str, name: str) -> None:  # noqa: ANN401 - SQLAlchemy's URL
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(words.SQL(statement).format(words.Identifier(name)))
    except psycopg.errors.InsufficientPrivilege as error:
        raise Refusal("drill_no_place") from error


def look_through(db: Database, manifest: Manifest) -> dict[str, int]:
    """What does not hold in a database put back from `manifest` and brought up to date; {} where all does."""
    with db.read() as tx:
        wrong = failures(tx)
        other = [one for one, mark in read_books(tx).items() if manifest.books.get(one) != mark]
    return {**wrong, **({"root_is_the_backups": len(other)} if other else {})}


def work_out_the_log(db: Database) -> dict[str, int]:
    """In how many communities the log does not fit the rows it was made of; {} where it does in all."""
    with db.read() as tx:
        communities = [int(row.community_id) for row in tx.all(_COMMUNITIES)]
    wrong = sum(verify_log(db, here).fault is not None for here in communities)
    return {"log_is_of_the_rows": wrong} if wrong else {}


def _step(drill: Drill, name: str, work: Callable[[], T]) -> T:
    started = time.monotonic_ns()
    try:
        return work()
    finally:
        drill.steps[name] = (time.monotonic_ns() - started) // 1_000_000
