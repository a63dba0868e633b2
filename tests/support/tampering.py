"""What somebody with every right on the database can do: change rows that the program only ever adds."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from ledger.database import Database


@contextmanager
def as_insider(db: Database) -> Iterator[Connection]:
    """A connection without the guards against changing what was written; committed at the end."""
    with db.engine.begin() as connection:
        drop_guards(connection)
        yield connection


def drop_guards(connection: Connection) -> None:
    """Take away the triggers that refuse to change or delete what was written (SQLite only has them)."""
    if connection.dialect.name != "sqlite":
        return
    names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    for (name,) in names.fetchall():
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
