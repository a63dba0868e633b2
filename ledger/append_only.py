"""What is only ever added to is kept so by the database too: triggers on SQLite, a role's rights on PostgreSQL.

This stops slips and small liberties, not somebody with every right: who can drop a trigger can change a row. That
nobody did is shown by the seal, and no rule of the book relies on what stands here.
"""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy import Connection

APPEND_ONLY: Final = (
    "txn",
    "transfer",
    "offset_booked",
    "leaf",
    "checkpoint",
    "log_recovery",
    "stock_move",
)
"""Tables whose rows are never changed and never deleted."""

ACTS: Final = "audit"
"""The record of acts: its rows stay too, but an act's text may be erased once and for all."""

_TRIGGER: Final = "CREATE TRIGGER {} BEFORE {} ON {}{} BEGIN {}; END"
_ERASED: Final = ("before", "after", "salt", "commitment")
_KEPT: Final = (
    "community_id",
    "audit_id",
    "at",
    "actor_kind",
    "actor_id",
    "act",
    "subject",
    "device",
)
_ERASURE: Final = (
    "OLD.commitment IS NULL AND NEW.commitment IS NOT NULL AND NEW.before = '' AND NEW.after = ''"
    " AND length(NEW.salt) = 0 AND " + " AND ".join(f"NEW.{name} = OLD.{name}" for name in _KEPT)
)


def lift_guards(connection: Connection) -> None:
    """Take the triggers away, for a migration; PostgreSQL has none."""
    if connection.dialect.name == "sqlite":
        for table in (*APPEND_ONLY, ACTS):
            for change in ("update", "delete"):
                connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {_name(table, change)}")


def set_guards(connection: Connection) -> None:
    """Put the triggers in place; PostgreSQL needs none, its role has no right to change these rows."""
    if connection.dialect.name != "sqlite":
        return
    for table in (*APPEND_ONLY, ACTS):
        for change in ("update", "delete"):
            # The only change an act may see is the erasure of its text.
            unless = f" WHEN NOT ({_ERASURE})" if (table, change) == (ACTS, "update") else ""
            refusal = f"SELECT RAISE(ABORT, 'rows of {table} are only added')"
            connection.exec_driver_sql(
                _TRIGGER.format(_name(table, change), change.upper(), table, unless, refusal)
            )


def role_script(role: str, tables: list[str]) -> str:
    """SQL for the owner of a PostgreSQL database: what the role the server runs under may do with its tables.

    A role name that is not plain raises ValueError.
    """
    if not is_role_name(role):
        raise ValueError(f"{role!r} is no plain role name")
    kept = [name for name in (*APPEND_ONLY, ACTS) if name in tables]
    lines = [
        f"GRANT USAGE ON SCHEMA public TO {role};",
        *(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {role};" for name in sorted(tables)),
        *(f"REVOKE UPDATE, DELETE, TRUNCATE ON {name} FROM {role};" for name in kept),
        f"GRANT UPDATE ({', '.join(_ERASED)}) ON {ACTS} TO {role};",
        f"GRANT SELECT ON alembic_version TO {role};",
    ]
    return "\n".join(lines) + "\n"


def is_role_name(text: str) -> bool:
    """Whether a role can be called this without quoting: small letters, digits and underscores."""
    return re.fullmatch(r"[a-z][a-z0-9_]{0,62}", text) is not None


def _name(table: str, change: str) -> str:
    return f"keep_{table}_{change}"
