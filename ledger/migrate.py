"""Bring a database's schema to this version of the program, by numbered steps."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine

from ledger.append_only import lift_guards, set_guards

_FOLDER: Final = Path(__file__).parent / "migrations"


def upgrade(engine: Engine) -> None:
    """Run every step the database has not seen; a database at this version is left alone.

    A migration never rewrites rows that the book holds; it adds tables, columns and indexes, and fills new columns.
    The guards of what is only added to are lifted meanwhile and stand again at the end.
    """
    config = _config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        lift_guards(connection)
        command.upgrade(config, "head")
        set_guards(connection)


def version(engine: Engine) -> str | None:
    """The number of the last step the database has seen, None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    return config
