"""The exported tables in DuckDB, typed and joined as the checks need them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import duckdb

from settlement.auditor.source import Source, quoted

THREADS: Final = 2

# Read as they stand in their file, once, by the steps that need them; never kept whole.
_NOT_KEPT: Final = frozenset({"txn", "transfer", "leaf", "request"})


class Book:
    """One export in a database of its own."""

    def __init__(self, source: Source, *, threads: int = THREADS, memory: str = "") -> None:
        """Open an empty database in memory; what does not fit is kept beside the system's temporary files."""
        config: dict[str, Any] = {
            "threads": threads,
            # An auditor fetches nothing: neither extensions nor files from elsewhere.
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        if memory:
            config["memory_limit"] = memory
        self.source = source
        self.database = duckdb.connect(config=config)
        self.has: set[str] = set()
        self.malformed: list[tuple[str, int, str, str]] = []
        self.tree: Any = None

    def close(self) -> None:
        """Forget everything."""
        self.database.close()

    def run(self, sql: str) -> None:
        """Execute, for its effect."""
        self.database.execute(sql)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Every row of a query."""
        return list(self.database.execute(sql, list(values)).fetchall())

    def each(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, one after the other."""
        cursor = self.database.cursor()
        cursor.execute(sql)
        while some := cursor.fetchmany(10_000):
            yield from some

    def value(self, sql: str) -> Any:  # noqa: ANN401 - whatever the query gives
        """The only value of a query."""
        return self.rows(sql)[0][0]

    def load(self) -> None:
        """Keep every table but the largest; a view stands for each of those."""
        for table in self.source.tables():
            if not (self.source.folder / self.source.file_of(table)).is_file():
                continue
            if self._load(table, "VIEW" if table in _NOT_KEPT else "TABLE"):
                self.has.add(table)

    def _load(self, table: str, how: str) -> bool:
        name = self.source.file_of(table)
        if name.endswith(".csv"):
            if self.source.first_line(table) != self.source.columns_of(table):
                self.malformed.append((name, 1, "", "columns"))
                return False
            if self.source.is_only_head(table):
                self.run(f'CREATE TABLE "{table}" ({self.source.described(table)})')
                return True
        try:
            self.run(f'CREATE {how} "{table}" AS SELECT * FROM {self.source.reading(table)}')
        except duckdb.Error as error:
            if not name.endswith(".csv"):
                self.malformed.append((name, 0, "", _first_line(error)))
                return False
            self._load_what_can_be_read(table)
        return True

    def _load_what_can_be_read(self, table: str) -> None:
        """Keep the rows of a damaged file that can be read, and say which cannot."""
        name = self.source.file_of(table)
        self.run(f'DROP VIEW IF EXISTS "{table}"')
        self.run(f'DROP TABLE IF EXISTS "{table}"')
        reading = self.source.reading(table, more=", store_rejects = true, rejects_limit = 1000")
        self.run(f'CREATE TABLE "{table}" AS SELECT * FROM {reading}')
        found = self.rows(
            "SELECT DISTINCT line, coalesce(column_name, ''), error_type::VARCHAR FROM reject_errors"
            " ORDER BY line LIMIT 100"
        )
        self.malformed += [(name, int(line), column, kind) for line, column, kind in found]
        if not found:
            self.malformed.append((name, 0, "", "unreadable"))
        self.run("DROP TABLE reject_errors")
        self.run("DROP TABLE reject_scans")

    def reads(self, table: str, sql: str) -> None:
        """Execute what reads a large table; where its file is damaged, again with the rows that can be read."""
        try:
            self.run(sql)
        except duckdb.Error:
            if any(name == self.source.file_of(table) for name, *_ in self.malformed):
                raise
            self._load_what_can_be_read(table)
            self.run(sql)

    def made(self) -> set[str]:
        """The names of the tables there are by now."""
        return {str(name) for (name,) in self.rows("SELECT table_name FROM duckdb_tables()")}

    def columns(self, table: str) -> set[str]:
        """The columns of a table that is there, else none."""
        return set(self.source.columns_of(table)) if table in self.has else set()

    def constant(self, name: str, value: str | int) -> None:
        """Give a value a name that SQL can use: `getvariable('name')`."""
        self.run(f"SET VARIABLE {name} = {value if isinstance(value, int) else quoted(value)}")


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200]
