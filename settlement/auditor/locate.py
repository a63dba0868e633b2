"""Which value of a sealed entry was altered: the one whose small change gives the sealed hash again.

An entry's leaf covers a posting, its transfers and its offset, so that a hash that does not come out says only that one
of them was touched. Trying out what each value may have been, digit by digit and sign by sign, finds it: nothing but
the sealed entry has the sealed hash.
"""

from __future__ import annotations

import hashlib
import string
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from settlement.auditor.book import Book
from settlement.auditor.entry import ACT, FIRST_LINE, OFFSET, TRANSFER, TXN

MOST: Final = 20
"""Entries whose altered value is looked for; a book altered all over needs no such hint."""

_NEAR: Final = 200
_SIGNS: Final = string.digits + string.ascii_letters + "-._:/ "


class Value(NamedTuple):
    """One value of an entry: where it stands, and what it is now; a fixed part has no column."""

    table: str
    line_no: str
    column: str
    now: str | None


class Found(NamedTuple):
    """What was altered: the value, and what it was when it was sealed."""

    value: Value
    was: str


def altered_postings(book: Book) -> Iterator[tuple[Any, ...]]:
    """Sealed postings that no longer hash to their leaf, each with the value that was altered where it is found."""
    wrong = _wrong(book, "txn")
    for number, (txn_id, leaf_index, stored) in enumerate(wrong):
        found = None
        if number < MOST:
            found = _look(_posting(book, txn_id), stored)
        yield _row(book, txn_id, leaf_index, "txn", found)


def altered_acts(book: Book) -> Iterator[tuple[Any, ...]]:
    """The same of acts; what their text was is not tried out, only what stands beside it."""
    for number, (audit_id, leaf_index, stored) in enumerate(_wrong(book, "act")):
        found = _look(_act(book, audit_id), stored) if number < MOST else None
        yield _row(book, audit_id, leaf_index, "audit", found)


def _wrong(book: Book, kind: str) -> list[tuple[Any, ...]]:
    if not book.value("SELECT getvariable('sealed')"):
        return []
    return book.rows(
        "SELECT entry_id, leaf_index, stored FROM sealed WHERE kind = ? AND stored IS DISTINCT FROM worked_out"
        " AND worked_out IS NOT NULL ORDER BY leaf_index LIMIT 10000",
        (kind,),
    )


def _row(
    book: Book, entry_id: int, leaf_index: int, table: str, found: Found | None
) -> tuple[Any, ...]:
    if found is None:
        return (entry_id, book.source.file_of(table), leaf_index, "", "", "", "")
    value = found.value
    now = "" if value.now is None else value.now
    return (
        entry_id,
        book.source.file_of(value.table),
        leaf_index,
        value.line_no,
        value.column,
        now,
        found.was,
    )


def _posting(book: Book, txn_id: int) -> list[Value]:
    values = [_fixed("txn"), _fixed(str(book.source.community))]
    values += _values(book, "txn", "txn_id", txn_id, TXN)
    lines = book.rows(
        f"SELECT {', '.join(TRANSFER)} FROM line WHERE txn_id = ? ORDER BY line_no", (txn_id,)
    )
    values.append(_fixed(str(len(lines))))
    for line in lines:
        values += _named("transfer", str(line[0]), TRANSFER, line)
    offset = _values(book, "offset_booked", "txn_id", txn_id, OFFSET)
    return [*values, _fixed("1" if offset else "0"), *offset]


def _act(book: Book, audit_id: int) -> list[Value]:
    text = ", ".join(
        f"coalesce(strlen({n}) || ':' || {n}, '-')" for n in ("salt", "before", "after")
    )
    commitment = book.rows(
        f"SELECT coalesce(commitment, sha256(concat({text}))) FROM audit WHERE audit_id = ?",
        (audit_id,),
    )
    values = [_fixed("act"), _fixed(str(book.source.community))]
    values += _values(book, "audit", "audit_id", audit_id, ACT)
    return [*values, _fixed(str(commitment[0][0]))]


def _values(book: Book, table: str, key: str, number: int, columns: Sequence[str]) -> list[Value]:
    chosen = ", ".join(f'"{column}"' for column in columns)
    rows = book.rows(f"SELECT {chosen} FROM {table} WHERE {key} = ?", (number,))
    return _named(table, "", columns, rows[0]) if rows else []


def _named(table: str, line_no: str, columns: Sequence[str], row: Sequence[Any]) -> list[Value]:
    return [
        Value(table, line_no, column, None if value is None else str(value))
        for column, value in zip(columns, row, strict=True)
    ]


def _fixed(text: str) -> Value:
    return Value("", "", "", text)


def _look(values: list[Value], stored: str) -> Found | None:
    fields = [_field(value.now) for value in values]
    begun = hashlib.sha256(b"\x00" + FIRST_LINE.encode())
    others = {value.now for value in values if value.column and value.now is not None}
    for place, value in enumerate(values):
        if value.column:
            rest = b"".join(fields[place + 1 :])
            for was in _candidates(value.now, others):
                tried = begun.copy()
                tried.update(_field(was) + rest)
                if tried.hexdigest() == stored:
                    return Found(value, "" if was is None else was)
        begun.update(fields[place])
    return None


def _field(value: str | None) -> bytes:
    if value is None:
        return b"-"
    text = value.encode()
    return str(len(text)).encode() + b":" + text


def _candidates(now: str | None, others: Iterable[str]) -> Iterator[str | None]:
    """What a value may have been: a digit or letter other, more or fewer, a near number, one of its neighbours."""
    if now is not None:
        yield None
        signs = string.digits + "-" if now.lstrip("-").isdigit() else _SIGNS
        for n in range(len(now) + 1):
            yield from (now[:n] + sign + now[n + 1 :] for sign in signs)
            yield from (now[:n] + sign + now[n:] for sign in signs)
            yield now[:n] + now[n + 1 :]
        if now.lstrip("-").isdigit():
            yield from (str(int(now) + more) for more in range(-_NEAR, _NEAR + 1))
    yield from others
    yield ""
