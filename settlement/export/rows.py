"""One table as lines of CSV, made inside the database: the same bytes from both engines, in any size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ledger.sql import Sql, Tx
from settlement.export import withheld
from settlement.export.part import PART
from settlement.export.shape import BYTES, NUMBER, Column, Shape

_ROWS_AT_ONCE: Final = 5_000

# RFC 4180 as PostgreSQL's COPY writes it: null is nothing, an empty text is "", and only what
# holds a comma, a quote or a line end is quoted.
_SPECIAL: Final = "'*[,\"' || char(10) || char(13) || ']*'"


def header(shape: Shape) -> bytes:
    """The first line: the columns' names."""
    return ",".join(shape.names).encode() + b"\n"


def lines(tx: Tx, shape: Shape, community_id: int, *, since: int | None = None) -> Iterator[bytes]:
    """The table's rows of one community as CSV without the header, in pieces of whole lines or less.

    With `since` only what a part of the book from that place on holds of it (`settlement/export/part.py`).
    """
    if shape.name == withheld.TABLE:
        withheld.prepare(tx)
    sql = statement(shape, tx.dialect, only="" if since is None else PART[shape.name])
    params = {"community_id": community_id} | ({} if since is None else {"since": since})
    if tx.dialect == "sqlite":
        cursor = tx.execute(sql, params)
        while rows := cursor.fetchmany(_ROWS_AT_ONCE):
            yield "".join(row[0] for row in rows).encode()
        return
    with tx.raw.cursor() as cursor, cursor.copy(sql.for_dialect(tx.dialect), params) as copy:
        for piece in copy:
            yield bytes(piece)


def statement(shape: Shape, dialect: str, *, only: str = "") -> Sql:
    """The query behind `lines`; `only`: which of the community's rows."""
    order = ", ".join(_ordered(shape, name, dialect) for name in shape.key)
    rest = f" FROM {shape.name} t WHERE t.community_id = :community_id"
    rest += f" AND {only}" if only else ""
    rest += f" ORDER BY {order}" if order else ""
    instead = withheld.columns(dialect) if shape.name == withheld.TABLE else {}
    values = [(column, instead.get(column.name, f"t.{column.name}")) for column in shape.columns]
    if dialect == "sqlite":
        cells = " || ',' || ".join(_cell(column, f"({value})") for column, value in values)
        return Sql(f"SELECT {cells} || char(10){rest}")
    chosen = ", ".join(_plain(column, value) for column, value in values)
    return Sql(f"COPY (SELECT {chosen}{rest}) TO STDOUT (FORMAT csv)")


def _ordered(shape: Shape, name: str, dialect: str) -> str:
    kind = next((column.kind for column in shape.columns if column.name == name), NUMBER)
    # Text is sorted by its bytes, as SQLite does, not by a language's alphabet.
    return f't.{name} COLLATE "C"' if dialect != "sqlite" and kind != NUMBER else f"t.{name}"


def _plain(column: Column, value: str) -> str:
    return f"encode({value}, 'hex')" if column.kind == BYTES else value


def _cell(column: Column, name: str) -> str:
    if column.kind == NUMBER:
        return f"coalesce({name}, '')" if column.null else name
    if column.kind == BYTES:
        filled = f"CASE WHEN length({name}) = 0 THEN '\"\"' ELSE lower(hex({name})) END"
    else:
        filled = (
            f"CASE WHEN {name} = '' OR {name} GLOB {_SPECIAL}"
            f" THEN '\"' || replace({name}, '\"', '\"\"') || '\"' ELSE {name} END"
        )
    return f"CASE WHEN {name} IS NULL THEN '' ELSE {filled} END" if column.null else filled


def counted(tx: Tx, shape: Shape, community_id: int, *, since: int | None = None) -> int:
    """How many rows the table has for one community, or a part of it."""
    only = "" if since is None else PART[shape.name]
    sql = Sql(
        f"SELECT count(*) AS n FROM {shape.name} t WHERE t.community_id = :community_id"
        + (f" AND {only}" if only else "")
    )
    params = {"community_id": community_id} | ({} if since is None else {"since": since})
    row: Any = tx.get(sql, **params)
    return int(row.n)
