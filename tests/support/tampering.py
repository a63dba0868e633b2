"""What somebody with every right on the database can do: change rows that the program only ever adds."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from ledger.append_only import lift_guards
from ledger.database import Database


@contextmanager
def as_insider(db: Database) -> Iterator[Connection]:
    """A connection without the guards against changing what was written; committed at the end."""
    with db.engine.begin() as connection:
        drop_guards(connection)
        yield connection


def drop_guards(connection: Connection) -> None:
    """Take away the triggers that refuse to change or delete what was written (SQLite only has them)."""
    lift_guards(connection)
