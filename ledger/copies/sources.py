"""Where a copy comes from and where it goes back to: one SQLite file, or a database on a PostgreSQL server."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import create_engine
from sqlalchemy.engine.url import URL, make_url

from ledger.copies.manifest import BookMark
from ledger.errors import Refusal
from ledger.seal.sealer import size
from ledger.seal.tiles import read_root
from ledger.sql import Tx

_BOOKS: Final = "SELECT community_id, issuer FROM community ORDER BY issuer"
_SCHEMA: Final = "SELECT version_num FROM alembic_version"
_TABLES: Final = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    " ORDER BY name",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    " ORDER BY tablename",
}
_PROGRAMS: Final = Path("/usr/lib/postgresql")


class Content(NamedTuple):
    """What a copy holds: the last migration, rows by table, and each community's place in its order."""

    schema: str
    rows: Mapping[str, int]
    books: Mapping[str, BookMark]


class Source(Protocol):
    """A database that can be copied into a file and back."""

    engine: str
    file: str

    def copy_to(self, target: Path) -> Content:
        """Write a consistent copy while others read and write; gives what is in it."""
        ...

    def restore_from(self, copied: Path) -> None:
        """Fill this database, which must be empty, from a copy."""
        ...

    def count(self) -> Mapping[str, int]:
        """How many rows each table holds now."""
        ...


def source_of(url: str) -> Source:
    """The source behind a server's `database_url`."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return SqliteFile(Path(parsed.database or ""))
    return PostgresDatabase(parsed)


class SqliteFile:
    """The embedded database: one file."""

    engine = "sqlite"
    file = "jifen.db"

    def __init__(self, path: Path) -> None:
        """Copy or fill the file at `path`."""
        self.path = path

    def copy_to(self, target: Path) -> Content:
        """Copy in one step under one read lock: writers go on, and the copy is the book of one moment.

        Refusals: backup_source_missing.
        """
        if not self.path.exists():
            raise Refusal("backup_source_missing")
        with closing(sqlite3.connect(f"file:{self.path}?mode=rw", uri=True)) as here:
            here.execute("PRAGMA busy_timeout=10000")
            with closing(sqlite3.connect(target)) as there:
                here.backup(there, pages=-1)
                # One file and no -wal beside it: whoever copies it on cannot leave half of it behind.
                there.execute("PRAGMA journal_mode=DELETE")
        return content_of_file(target)

    def restore_from(self, copied: Path) -> None:
        """Put the copy where nothing is; a file that lies there is never overwritten.

        Refusals: restore_place_taken.
        """
        if any(Path(f"{self.path}{end}").exists() for end in ("", "-wal", "-journal")):
            raise Refusal("restore_place_taken")
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self.path.with_name(self.path.name + ".part")
        shutil.copyfile(copied, part)
        part.chmod(0o600)
        sync(part)
        part.rename(self.path)
        sync(self.path.parent)

    def count(self) -> Mapping[str, int]:
        """How many rows each table of the file holds now."""
        with closing(sqlite3.connect(f"file:{self.path}?mode=rw", uri=True)) as here:
            return count_rows(Tx(here, self.engine))


def content_of_file(path: Path) -> Content:
    """What a copied SQLite file holds; nothing is written beside it."""
    with closing(_open_copy(path)) as copy:
        return content_of(Tx(copy, SqliteFile.engine))


def rows_of_file(path: Path) -> Mapping[str, int]:
    """How many rows each table of a copied SQLite file holds."""
    with closing(_open_copy(path)) as copy:
        return count_rows(Tx(copy, SqliteFile.engine))


def check_file(path: Path) -> bool:
    """Whether every page and index of a copied SQLite file is sound."""
    try:
        with closing(_open_copy(path)) as copy:
            found: list[tuple[str]] = copy.execute("PRAGMA integrity_check").fetchall()
    except sqlite3.DatabaseError:
        return False
    return found == [("ok",)]


def _open_copy(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)


class PostgresDatabase:
    """A database on a PostgreSQL server, copied by its own pg_dump and filled by its own pg_restore."""

    engine = "postgresql"
    file = "jifen.dump"

    def __init__(self, url: URL) -> None:
        """Copy or fill the database at `url`."""
        self.url = url
        parts: dict[str, Any] = {
            "host": url.host,
            "port": url.port,
            "user": url.username,
            "dbname": url.database,
            **url.query,
        }
        self._conninfo = make_conninfo("", **{k: v for k, v in parts.items() if v})

    def copy_to(self, target: Path) -> Content:
        """Dump one snapshot, the same one in which the rows are counted.

        Refusals: backup_tool_missing, backup_tool_failed.
        """
        engine = create_engine(self.url, isolation_level="REPEATABLE READ")
        try:
            with engine.connect() as connection:
                snapshot = str(connection.exec_driver_sql(_EXPORT).scalar_one())
                self._run(
                    "pg_dump",
                    *("--format=custom", "--no-owner", "--no-privileges", "--no-password"),
                    *(f"--snapshot={snapshot}", f"--file={target}"),
                )
                return content_of(Tx(connection.connection.driver_connection, self.engine))
        finally:
            engine.dispose()

    def restore_from(self, copied: Path) -> None:
        """Fill the empty database in one transaction: all of the copy or nothing.

        Refusals: restore_place_taken, backup_tool_missing, backup_tool_failed.
        """
        with self.connect() as connection:
            if connection.execute(_TABLES[self.engine].encode()).fetchone() is not None:
                raise Refusal("restore_place_taken")
        self._run(
            "pg_restore",
            *("--single-transaction", "--no-owner", "--no-privileges", "--no-password"),
            *("--exit-on-error", str(copied)),
        )

    def count(self) -> Mapping[str, int]:
        """How many rows each table holds now."""
        with self.connect() as connection:
            return count_rows(Tx(connection, self.engine))

    def connect(self) -> psycopg.Connection:
        """A connection of an administrator's kind, outside the program's own pool."""
        return psycopg.connect(self._conninfo, password=self.url.password)

    def _run(self, program: str, *words: str) -> None:
        # The password goes by the environment: a command line can be read by everybody on the machine.
        environment = {**os.environ, "LC_ALL": "C"}
        if self.url.password:
            environment["PGPASSWORD"] = str(self.url.password)
        place = f"--dbname={self._conninfo}"
        run_tool([str(find_program(program)), place, *words], environment)


_EXPORT: Final = "SELECT pg_export_snapshot()"


def content_of(tx: Tx) -> Content:
    """What the database behind `tx` holds, at one moment."""
    return Content(str(_ask(tx, _SCHEMA)[0][0]), count_rows(tx), read_books(tx))


def count_rows(tx: Tx) -> dict[str, int]:
    """Rows by table, of a database of any version."""
    names = [str(row[0]) for row in _ask(tx, _TABLES[tx.dialect])]
    return {name: int(_ask(tx, f'SELECT count(*) FROM "{name}"')[0][0]) for name in names}


def read_books(tx: Tx) -> dict[str, BookMark]:
    """Each community's place in its order, by its code; the database must be at this version."""
    books = {}
    for community_id, issuer in _ask(tx, _BOOKS):
        here = size(tx, int(community_id))
        books[str(issuer)] = BookMark(here, read_root(tx, int(community_id), here).hex())
    return books


def _ask(tx: Tx, query: str) -> list[Any]:
    found: list[Any] = tx.raw.execute(query).fetchall()
    return found


def run_tool(words: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
    """Run one of PostgreSQL's programs to its end.

    Refusals: backup_tool_failed.
    """
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - a known program
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [""]
        raise Refusal("backup_tool_failed", program=Path(words[0]).name, said=last[0][:200])


def find_program(name: str) -> Path:
    """Where PostgreSQL's program lies: the newest of Debian's, else the one on PATH.

    Refusals: backup_tool_missing.
    """
    found = sorted(_PROGRAMS.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which(name)
    if not found and on_path is None:
        raise Refusal("backup_tool_missing", program=name)
    return found[-1] if found else Path(str(on_path))


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, lie on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
