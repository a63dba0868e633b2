"""Read an export back: its manifest, and each table's rows as values."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

from ledger.errors import Refusal
from settlement.export.shape import BYTES, NUMBER, Shape
from settlement.export.tables import FORMAT, SHAPES
from settlement.export.write import MANIFEST

_AT_ONCE: Final = 5_000
_LONGEST_ROW: Final = 16 << 20


@dataclass(frozen=True, slots=True)
class Export:
    """An export of this version, opened."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def community_id(self) -> int:
        """Whose book it is."""
        return int(self.manifest["community"])

    @property
    def size(self) -> int:
        """How many entries have their place in it."""
        return int(self.manifest["size"])

    def count(self, table: str) -> int:
        """How many rows a table has."""
        return int(self.manifest["files"][self._file(table)]["rows"])

    def pieces(self, table: str) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of a table in pieces: numbers as int, bytes as bytes, nothing as None."""
        shape = SHAPES[table]
        blobs = [n for n, column in enumerate(shape.columns) if column.kind == BYTES]
        database = duckdb.connect(config={"threads": 1})
        try:
            cursor = database.execute(f"SELECT * FROM {self._reading(shape)}")
            while rows := cursor.fetchmany(_AT_ONCE):
                yield [_with_bytes(row, blobs) for row in rows] if blobs else rows
        except (duckdb.Error, ValueError) as error:
            why = str(error).splitlines()[0]
            raise Refusal("export_unreadable", why=f"{self._file(table)}: {why}") from error
        finally:
            database.close()

    def _file(self, table: str) -> str:
        name = f"{table}.csv"
        return name if name in self.manifest["files"] else f"{table}.parquet"

    def _reading(self, shape: Shape) -> str:
        path = "'" + str(self.folder / self._file(shape.name)).replace("'", "''") + "'"
        if path.endswith(".parquet'"):
            return f"read_parquet({path})"
        columns = ", ".join(
            f"'{column.name}': '{'BIGINT' if column.kind == NUMBER else 'VARCHAR'}'"
            for column in shape.columns
        )
        return (
            f"read_csv({path}, header = true, auto_detect = false, columns = {{{columns}}}, delim = ',',"
            " quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false,"
            f" max_line_size = {_LONGEST_ROW})"
        )


def _with_bytes(row: tuple[Any, ...], blobs: list[int]) -> tuple[Any, ...]:
    values = list(row)
    for place in blobs:
        if values[place] is not None:
            values[place] = bytes.fromhex(values[place])
    return tuple(values)


@contextmanager
def opened_export(path: Path) -> Iterator[Export]:
    """Open an export of this version: a folder, or a ZIP that is unpacked for the while.

    Refuses: export_unreadable.
    """
    if path.is_dir():
        yield Export(path, _manifest(path))
        return
    if not zipfile.is_zipfile(path):
        raise Refusal("export_unreadable", why=f"{path.name} is neither a folder nor a ZIP")
    with tempfile.TemporaryDirectory(prefix="jifen-replay-") as name:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if Path(entry.filename).name == entry.filename:
                    archive.extract(entry, name)
        yield Export(Path(name), _manifest(Path(name)))


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        files = manifest["files"]
        strange = [
            name
            for name, shape in SHAPES.items()
            if tuple(files.get(f"{name}.csv", files.get(f"{name}.parquet"))["columns"])
            != shape.names
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refusal("export_unreadable", why=f"{MANIFEST}: {error!r}") from error
    if manifest.get("format") != FORMAT:
        raise Refusal("export_unreadable", why=f"the format is {manifest.get('format')}")
    if strange:
        raise Refusal("export_unreadable", why=f"{strange[0]} has other columns")
    return manifest
