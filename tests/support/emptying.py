"""A PostgreSQL database of one test made ready for the next: emptying costs a tenth of making and dropping one."""

from __future__ import annotations

import contextlib
from typing import Final

import psycopg

_OTHERS: Final = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_TABLES: Final = (
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
)
_SHAPE: Final = """
SELECT md5(string_agg(part, '|' ORDER BY part)) FROM (
    SELECT format('%s %s %s %s %s %s', c.relkind, n.nspname, c.relname, a.attname, a.atttypid, a.attnotnull) AS part
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    UNION ALL SELECT format('%s %s', conname, pg_get_constraintdef(oid)) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
        WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT format('%s %s', tgname, tgenabled) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT format('%s %s', relname, relacl) FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT setconfig::text FROM pg_db_role_setting
    UNION ALL SELECT nspname || coalesce(nspacl::text, '') FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'
    UNION ALL SELECT version_num FROM alembic_version
) AS parts
"""


def shape_of(url: str) -> str:
    """What a test might have changed besides rows: tables, columns, constraints, rights, settings."""
    with psycopg.connect(url, autocommit=True) as connection:
        return _shape(connection)


def empty(url: str, shape: str) -> bool:
    """Take every row out of the database; False where it cannot be used again, because its shape is another now."""
    with contextlib.suppress(psycopg.Error), psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_OTHERS)
        connection.execute("SET lock_timeout = '5s'")
        if _shape(connection) != shape:
            return False
        tables = [str(row[0]) for row in connection.execute(_TABLES)]
        look = " UNION ALL ".join(
            f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in tables
        )
        full = [f'"{row[0]}"' for row in connection.execute(look.encode())]
        if full:
            connection.execute(f"TRUNCATE {', '.join(full)} CASCADE".encode())
        return True
    return False


def _shape(connection: psycopg.Connection) -> str:
    return str((connection.execute(_SHAPE).fetchone() or ("",))[0])
