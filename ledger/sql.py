"""SQL statements as constants, and the transaction that runs them."""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

Row = Any
"""A named tuple with the statement's column names."""

statement_observers: Final[list[Callable[[str], None]]] = []
"""Called once with each statement's text, at its first use; the test suite refuses texts without a community here."""

_NAME: Final = re.compile(r"(?<!:):([a-z_][a-z0-9_]*)")


class Sql:
    """One statement with `:name` parameters, translated once for each driver."""

    __slots__ = ("_row", "_seen", "psycopg", "text")

    def __init__(self, text: str) -> None:
        """Keep the text; `%` stands for itself, `::` casts are left alone."""
        self.text = " ".join(text.split())
        self.psycopg = _NAME.sub(r"%(\1)s", self.text.replace("%", "%%"))
        self._row: Any = None
        self._seen = False

    def for_dialect(self, dialect: str) -> str:
        """The text in the driver's own parameter style."""
        if not self._seen:
            for observer in statement_observers:
                observer(self.text)
            self._seen = True
        return self.text if dialect == "sqlite" else self.psycopg

    def rows(self, cursor: Any) -> list[Row]:  # noqa: ANN401 - two drivers' cursors
        """All rows of an executed cursor, as named tuples."""
        if self._row is None:
            columns = [column[0] for column in cursor.description]
            self._row = namedtuple("Row", columns)  # type: ignore[misc]  # noqa: PYI024 - columns are known at run time
        return list(map(self._row._make, cursor.fetchall()))


class Batch:
    """Statements sent together; their results can be read once the batch has ended."""

    def __init__(self, tx: Tx) -> None:
        """Collect into `tx`."""
        self._tx = tx

    def add(self, sql: Sql, params: Mapping[str, Any]) -> Result:
        """Send one statement; the result is ready when the batch has ended."""
        return Result(sql, self._tx.execute(sql, params))


class Result:
    """What one statement of a batch gave."""

    __slots__ = ("_cursor", "_sql")

    def __init__(self, sql: Sql, cursor: Any) -> None:  # noqa: ANN401 - two drivers' cursors
        """Wrap the statement's cursor."""
        self._sql = sql
        self._cursor = cursor

    @property
    def count(self) -> int:
        """How many rows the statement touched."""
        return int(self._cursor.rowcount)

    def all(self) -> list[Row]:
        """The rows it returned."""
        return self._sql.rows(self._cursor)

    def tuples(self) -> list[tuple[Any, ...]]:
        """The same as plain tuples, for rows by the thousand."""
        rows: list[tuple[Any, ...]] = self._cursor.fetchall()
        return rows


class Tx:
    """One open transaction. It never begins or commits: the Database that made it does."""

    __slots__ = ("_raw", "dialect")

    def __init__(self, raw: Any, dialect: str) -> None:  # noqa: ANN401 - sqlite3 or psycopg connection
        """Run statements on the driver connection `raw`."""
        self._raw = raw
        self.dialect = dialect

    @property
    def raw(self) -> Any:  # noqa: ANN401
        """The driver's connection, for COPY and other bulk work that has no common form."""
        return self._raw

    def execute(self, sql: Sql, params: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """Execute and return the driver's cursor."""
        return self._raw.execute(sql.for_dialect(self.dialect), params)

    def all(self, sql: Sql, **params: Any) -> list[Row]:  # noqa: ANN401
        """Every row."""
        return sql.rows(self.execute(sql, params))

    def find(self, sql: Sql, **params: Any) -> Row | None:  # noqa: ANN401
        """The only row, or None."""
        rows = self.all(sql, **params)
        if len(rows) > 1:
            message = f"expected at most one row, got {len(rows)}"
            raise LookupError(message)
        return rows[0] if rows else None

    def get(self, sql: Sql, **params: Any) -> Row:  # noqa: ANN401
        """Exactly one row; anything else is a bug and raises LookupError."""
        row = self.find(sql, **params)
        if row is None:
            message = "expected one row, got none"
            raise LookupError(message)
        return row

    def run(self, sql: Sql, **params: Any) -> int:  # noqa: ANN401
        """Execute and say how many rows were touched."""
        return int(self.execute(sql, params).rowcount)

    def many(self, sql: Sql, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute once for each row."""
        if rows:
            cursor = self._raw.cursor()
            cursor.executemany(sql.for_dialect(self.dialect), rows)

    @contextmanager
    def batch(self) -> Iterator[Batch]:
        """Send several statements without waiting for each answer (PostgreSQL's pipeline); SQLite runs them in turn."""
        if self.dialect == "sqlite":
            yield Batch(self)
        else:
            with self._raw.pipeline():
                yield Batch(self)
