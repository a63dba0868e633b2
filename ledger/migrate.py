"""Bring a database's schema to this version of the program, by numbered steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine

from ledger.append_only import lift_guards, set_guards

_FOLDER: Final = Path(__file__).parent / "migrations"


def upgrade(engine: Engine) -> None:
    """Run every step the database has not seen; a database at this version is left alone.

    A migration never rewrites rows that the book holds; it adds tables, columns and indexes, and fills new columns.
    The guards of what is only added to are lifted meanwhile and stand again at the end. All steps are one transaction:
    where one fails, the database is what it was. Raises RuntimeError where a row would point to one that is not there.
    """
    config = _config()
    with _whole(engine) as connection:
        config.attributes["connection"] = connection
        lift_guards(connection)
        command.upgrade(config, "head")
        set_guards(connection)


def version(engine: Engine) -> str | None:
    """The number of the last step the database has seen, None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


@contextmanager
def _whole(engine: Engine) -> Iterator[Connection]:
    """One transaction for every statement, those that change tables too; on SQLite nothing begins it but ourselves."""
    if engine.dialect.name != "sqlite":
        with engine.begin() as connection:
            yield connection
        return
    with engine.connect() as connection:
        kept = connection.exec_driver_sql("PRAGMA foreign_keys").scalar()
        # A table that is built anew is dropped for a moment while others point to it; asked for at the end instead.
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            yield connection
            lost = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if lost:
                raise RuntimeError(f"rows point to nothing: {sorted({row[0] for row in lost})}")
            connection.commit()
        finally:
            connection.rollback()
            connection.exec_driver_sql(f"PRAGMA foreign_keys={'ON' if kept else 'OFF'}")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    return config
