"""Which line of a TOML text each key stands on.

The standard library reads TOML well but forgets where a value stood, and the kept libraries do
not remember it either (tomlkit keeps comments and blanks, not lines). So `tomllib` reads the text
first and thereby proves it well formed; this index then only has to find places in a text known
to be right, which takes a page instead of a parser. A test holds that it names exactly the keys
that tomllib read.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from typing import Final

from ledger.earning.scheme_problems import Path

_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY_PART: Final = re.compile(r"[ \t]*(\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|[A-Za-z0-9_-]+)[ \t]*")
_TEXT: Final = re.compile(
    r"\"\"\"(?:[^\\]|\\.)*?\"\"\"\"{0,2}|'''.*?''''{0,2}"
    r"|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'",
    re.DOTALL,
)
_BARE_VALUE: Final = re.compile(r"[^,\]}#\n]+")


def line_index(text: str) -> dict[Path, int]:
    """Every key path of a well-formed TOML text with its line, counting from 1."""
    return _Index(text).read()


class _Index:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line_starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self.lines: dict[Path, int] = {}
        self.rows: dict[Path, int] = {}

    def read(self) -> dict[Path, int]:
        table: Path = ()
        while self._skip_blank() < len(self.text):
            if self.text.startswith("[[", self.at):
                table = self._row_header()
            elif self.text[self.at] == "[":
                table = self._table_header()
            else:
                self._pair(table)
        return self.lines

    def _row_header(self) -> Path:
        self.at += len("[[")
        line = self._line()
        *outer, name = self._key()
        self.at += len("]]")
        rows = (*self._resolve(outer, line), name)
        self.rows[rows] = self.rows.get(rows, 0) + 1
        path = (*rows, self.rows[rows] - 1)
        self._note(rows, line)
        self._note(path, line)
        return path

    def _table_header(self) -> Path:
        self.at += len("[")
        line = self._line()
        path = self._resolve(self._key(), line)
        self.at += len("]")
        return path

    def _resolve(self, names: list[str], line: int) -> Path:
        """The path of a header; a name that holds rows means its latest row."""
        path: Path = ()
        for name in names:
            path = (*path, name)
            self._note(path, line)
            if path in self.rows:
                path = (*path, self.rows[path] - 1)
        return path

    def _pair(self, table: Path) -> None:
        line = self._line()
        path = table
        for name in self._key():
            path = (*path, name)
            self._note(path, line)
        self.at += len("=")
        self._value(path)

    def _value(self, path: Path) -> None:
        self._skip_blank()
        sign = self.text[self.at]
        if sign == "[":
            self._list(path)
        elif sign == "{":
            self._inline_table(path)
        else:
            pattern = _TEXT if sign in "\"'" else _BARE_VALUE
            self._take(pattern)

    def _list(self, path: Path) -> None:
        self.at += 1
        row = 0
        while self.text[self._skip_blank()] != "]":
            self._note((*path, row), self._line())
            self._value((*path, row))
            row += 1
            if self.text[self._skip_blank()] == ",":
                self.at += 1
        self.at += 1

    def _inline_table(self, path: Path) -> None:
        self.at += 1
        while self.text[self._skip_blank()] != "}":
            self._pair(path)
            if self.text[self._skip_blank()] == ",":
                self.at += 1
        self.at += 1

    def _key(self) -> list[str]:
        names = [self._name()]
        while self.text[self.at] == ".":
            self.at += 1
            names.append(self._name())
        return names

    def _name(self) -> str:
        written = self._take(_KEY_PART).strip(" \t")
        if written[0] not in "\"'":
            return written
        return next(iter(tomllib.loads(f"{written} = 0")))

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise ValueError(f"line {self._line()} was read by tomllib but not found here")
        self.at = match.end()
        return match[0]

    def _skip_blank(self) -> int:
        self._take(_BLANK)
        return self.at

    def _line(self) -> int:
        return bisect_right(self.line_starts, self.at)

    def _note(self, path: Path, line: int) -> None:
        self.lines.setdefault(path, line)
