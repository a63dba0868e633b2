"""An export as the auditor sees it: a folder or a ZIP of files, and a manifest that names them."""

from __future__ import annotations

import csv
import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FORMAT: Final = "jifen-export/1"
MANIFEST: Final = "manifest.json"
LONGEST_ROW: Final = 16 << 20
"""Bytes; the text of a scheme stands in one row."""

_PIECE: Final = 1 << 20
_MOST_BYTES: Final = 1 << 40


class NotAnExportError(Exception):
    """What was given is no export this auditor can read; the message says why."""


@dataclass(frozen=True, slots=True)
class Source:
    """One export that was opened: its folder and what its manifest says."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def community(self) -> int:
        """The community's number."""
        return int(self.manifest["community"])

    @property
    def size(self) -> int:
        """How many entries of the one order are in it."""
        return int(self.manifest["size"])

    @property
    def since(self) -> int | None:
        """The place of the order it begins at, where it is a part; None for a whole book."""
        return int(self.manifest["since"]) if "since" in self.manifest else None

    def tables(self) -> Iterator[str]:
        """The tables that are in it."""
        return (name.rpartition(".")[0] for name in self.manifest["files"])

    def file_of(self, table: str) -> str:
        """The file of a table, `txn.csv` or `txn.parquet`; '' where there is none."""
        for ending in (".csv", ".parquet"):
            if table + ending in self.manifest["files"]:
                return table + ending
        return ""

    def columns_of(self, table: str) -> list[str]:
        """A table's columns as the manifest says."""
        return list(self.manifest["files"][self.file_of(table)]["columns"])

    def key_of(self, table: str) -> list[str]:
        """The columns that name a row."""
        return list(self.manifest["files"][self.file_of(table)]["key"])

    def reading(self, table: str, *, typed: bool = True, more: str = "") -> str:
        """SQL that reads a table's file in a FROM clause; untyped, every cell is text. `more`: options for CSV."""
        name = self.file_of(table)
        path = quoted(str(self.folder / name))
        if name.endswith(".parquet"):
            return f"read_parquet({path})"
        columns = ", ".join(
            f"{quoted(column)}: '{kind if typed else 'VARCHAR'}'"
            for column, kind in self._kinds(table)
        )
        return (
            f"read_csv({path}, header = true, auto_detect = false, columns = {{{columns}}},"
            " delim = ',', quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false,"
            f" max_line_size = {LONGEST_ROW}{more})"
        )

    def described(self, table: str) -> str:
        """A table's columns as CREATE TABLE names them."""
        return ", ".join(f'"{column}" {kind}' for column, kind in self._kinds(table))

    def _kinds(self, table: str) -> Iterator[tuple[str, str]]:
        about = self.manifest["files"][self.file_of(table)]
        for column, kind in zip(about["columns"], about["kinds"], strict=True):
            yield column, "BIGINT" if kind == "number" else "VARCHAR"

    def is_only_head(self, table: str) -> bool:
        """Whether a CSV file is its first line and nothing else."""
        with (self.folder / self.file_of(table)).open("rb") as file:
            return file.readline().endswith(b"\n") and not file.read(1)

    def first_line(self, table: str) -> list[str]:
        """The names in a CSV file's own first line."""
        path = self.folder / self.file_of(table)
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            return next(csv.reader(file), [])

    def digest_of(self, name: str) -> str:
        """SHA-256 of a file as it lies there; '' where it is missing."""
        path = self.folder / name
        return sha256_of(path) if path.is_file() else ""

    def manifest_digest(self) -> str:
        """SHA-256 of the manifest: with it, every file is named."""
        return sha256_of(self.folder / MANIFEST)


def names(text: str) -> tuple[str, ...]:
    """Names written one after the other."""
    return tuple(text.split())


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def sha256_of(path: Path) -> str:
    """SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """Open an export: a folder as it is, a ZIP unpacked beside the system's other temporary files.

    Raises NotAnExportError.
    """
    if path.is_dir():
        yield Source(path, _manifest(path))
        return
    if not zipfile.is_zipfile(path):
        raise NotAnExportError(f"{path.name} is neither a folder nor a ZIP")
    with tempfile.TemporaryDirectory(prefix="audit-") as folder:
        _unpack(path, Path(folder))
        yield Source(Path(folder), _manifest(Path(folder)))


def _unpack(path: Path, folder: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if sum(entry.file_size for entry in entries) > _MOST_BYTES:
            raise NotAnExportError(f"{path.name} unpacks to more than {_MOST_BYTES} bytes")
        for entry in entries:
            # The kit has folders of its own around; the tables lie together, wherever that is.
            name = Path(entry.filename).name
            if entry.is_dir() or not name.endswith((".csv", ".parquet", ".json")):
                continue
            if (folder / name).exists():
                raise NotAnExportError(f"{path.name} holds {name} twice")
            with archive.open(entry) as source, (folder / name).open("wb") as sink:
                while piece := source.read(_PIECE):
                    sink.write(piece)


def _manifest(folder: Path) -> Mapping[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotAnExportError(f"there is no {MANIFEST}") from error
    except ValueError as error:
        raise NotAnExportError(f"{MANIFEST} cannot be read: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise NotAnExportError(f"{MANIFEST} is not of the format {FORMAT}")
    try:
        _check(manifest)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NotAnExportError(f"{MANIFEST} is damaged: {error!r}") from error
    return manifest


def _check(manifest: Mapping[str, Any]) -> None:
    int(manifest["community"]), int(manifest["size"]), int(manifest["first"])
    int(manifest.get("since", 0))
    for name, about in manifest["files"].items():
        if Path(name).name != name or not name.endswith((".csv", ".parquet")):
            raise ValueError(name)
        if len(about["columns"]) != len(about["kinds"]) or not set(about["key"]) <= set(
            about["columns"]
        ):
            raise ValueError(name)
        if not all(column.isidentifier() for column in about["columns"]):
            raise ValueError(name)
