"""Checks of the files as files: there, unaltered since they were written, readable, no row twice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from settlement.auditor.book import Book
from settlement.auditor.registry import Check, check, look_by

_LARGE: Final = frozenset({"txn", "transfer", "leaf", "request"})


def _changed(book: Book) -> Iterable[tuple[str, str, str, str]]:
    for name, about in sorted(book.source.manifest["files"].items()):
        found = book.source.digest_of(name)
        if found != about["sha256"]:
            yield (name, name, str(about["sha256"]), found or "missing")


def _malformed(book: Book) -> Iterable[tuple[int, str, str, str]]:
    for name, line, column, kind in book.malformed:
        yield (line, name, column, kind)


def _twice_or_empty(book: Book) -> Iterable[tuple[str, str, str]]:
    """Rows whose key is there twice, or that lack a value that must be there."""
    for table in sorted(book.has - _LARGE):
        about = book.source.manifest["files"][book.source.file_of(table)]
        name, key = book.source.file_of(table), list(about["key"])
        shown = "concat_ws(' ', " + ", ".join(f"'{k}=' || coalesce({k}::VARCHAR, '')" for k in key)
        shown = f"{shown})" if key else "'1'"
        needed = [c for c in about["columns"] if c not in about.get("null", about["columns"])]
        empty = " OR ".join(f'"{column}" IS NULL' for column in needed) or "false"
        empties, steps = book.rows(
            f"SELECT count(*) FILTER (empty), count(*) FILTER (step IS NOT TRUE) FROM (SELECT {empty}"
            f' AS empty, {_goes_up(key)} AS step FROM "{table}")'
        )[0]
        if empties:
            for (row,) in book.rows(f'SELECT {shown} FROM "{table}" WHERE {empty} LIMIT 100'):
                yield (row, name, "empty")
        # Nothing stands before the first row; where every other is above the one before it, none is there twice.
        if steps <= 1:
            continue
        group = ", ".join(key) or "true"
        for (row,) in book.rows(
            f'SELECT any_value({shown}) FROM "{table}" GROUP BY {group} HAVING count(*) > 1 LIMIT 100'
        ):
            yield (row, name, "twice")


def _goes_up(key: list[str]) -> str:
    """Whether a row's key is above that of the row before, as they stand in their file; null where one is null."""
    step = "false"
    for name in reversed(key):
        before = f'lag("{name}") OVER ()'
        step = f'("{name}" > {before} OR ("{name}" = {before} AND {step}))'
    return step


FILES: Final[tuple[Check, ...]] = (
    check("file", look_by("manifest", "name", "file stated found", _changed)),
    check("format", look_by("manifest", "line", "file column wrong", _malformed)),
    check("row", look_by("manifest", "row", "file wrong", _twice_or_empty)),
)
"""Of the files themselves."""
