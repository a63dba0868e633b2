"""A scheme's data less what is wrong in shape, so that one slip does not hide the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import ErrorDetails

from ledger.earning.scheme_problems import Finding, Path

_TABLES_BY_NAME: Final = ("formula", "calendar")
"""Tables whose parts stand under a name and not in a row."""

_Table = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Mended:
    """What is left, and how to speak of it in terms of the file."""

    data: _Table
    rows: dict[str, list[int]]
    lost: frozenset[str]
    taken_out: frozenset[Path]

    def spoken_of(self, findings: Iterable[Finding]) -> Iterable[Finding]:
        """The findings by the file's own rows, less those that only miss what was left out."""
        for finding in findings:
            table, *rest = finding.path
            if rest and isinstance(rest[0], int) and table in self.rows:
                rest[0] = self.rows[str(table)][rest[0]]
            path = (table, *rest)
            missed = finding.facts.get("value") if finding.code == "dangling" else None
            key = finding.facts.get("key") if finding.code == "needs_key" else None
            if missed in self.lost or (*path, str(key)) in self.taken_out:
                continue
            yield finding._replace(path=path)


def mend(
    data: _Table,
    details: Iterable[ErrorDetails],
    errors_in: Callable[[_Table], Iterable[ErrorDetails]],
) -> Mended:
    """Leave out each key in error, and then each row or table that is still wrong without it."""
    keys, broken = set(), set()
    for detail in details:
        key = _key(detail["loc"])
        if len(key) == len(detail["loc"]) or len(key) > 1:
            keys.add(key)
        else:
            broken.add(detail["loc"])
    trimmed = _without(data, (), keys)
    broken |= {_part(detail["loc"]) for detail in errors_in(trimmed)}
    left: _Table = {}
    rows: dict[str, list[int]] = {}
    lost: set[str] = set()
    for table, content in trimmed.items():
        if (table,) in broken:
            continue
        left[table] = content
        if isinstance(content, list):
            rows[table] = [row for row in range(len(content)) if (table, row) not in broken]
            left[table] = [content[row] for row in rows[table]]
            gone = (content[row] for row in range(len(content)) if (table, row) in broken)
            lost |= {str(row.get("code", row.get("id"))) for row in gone if isinstance(row, dict)}
        elif isinstance(content, dict) and table in _TABLES_BY_NAME:
            left[table] = {n: part for n, part in content.items() if (table, n) not in broken}
            lost |= content.keys() - left[table].keys()
    return Mended(left, rows, frozenset(lost), frozenset(keys))


def _key(path: Path) -> Path:
    """The key an error stands at; for an entry of a list, the list's key."""
    while isinstance(path[-1], int):
        path = path[:-1]
    return path


def _part(path: Path) -> Path:
    """The row or table an error spoils."""
    if len(path) > 1 and (isinstance(path[1], int) or path[0] in _TABLES_BY_NAME):
        return path[:2]
    return path[:1]


def _without(content: Any, path: Path, keys: set[Path]) -> Any:  # noqa: ANN401 - any TOML value
    if isinstance(content, dict):
        return {
            key: _without(value, (*path, key), keys)
            for key, value in content.items()
            if (*path, key) not in keys
        }
    if isinstance(content, list):
        return [_without(value, (*path, row), keys) for row, value in enumerate(content)]
    return content
