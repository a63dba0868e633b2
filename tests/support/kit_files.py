"""An export as files in memory, to be altered and packed again; writes CSV by rules of its own."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.support import tlog_reference as log

Row = dict[str, str | None]
_SPECIAL: Final = frozenset(',"\n\r')


@dataclass
class Files:
    """Tables by name, each a list of rows; `kept` are files that keep the hash they had although they were altered."""

    tables: dict[str, list[Row]]
    columns: dict[str, list[str]]
    manifest: dict[str, Any]
    stale: set[str] = field(default_factory=set)

    def copy(self) -> Files:
        """Another one to alter."""
        return deepcopy(self)

    def find(self, table: str, is_meant: Callable[[Row], bool] = lambda _row: True) -> Row:
        """The first row of a table that is meant."""
        return next(row for row in self.tables[table] if is_meant(row))

    def row_number(self, table: str, row: Row) -> int:
        """Where a spreadsheet shows the row."""
        return next(n for n, one in enumerate(self.tables[table], 2) if one is row)

    def hashes(self) -> list[bytes]:
        """The leaf hashes as leaf.csv has them, in order."""
        return [bytes.fromhex(row["leaf_hash"] or "") for row in self.tables["leaf"]]

    def seal_anew(self) -> None:
        """Reckon every leaf hash from the rows, as somebody would who rewrites history."""
        transfers: dict[str, list[Row]] = {}
        for row in self.tables["transfer"]:
            transfers.setdefault(row["txn_id"] or "", []).append(row)
        offsets = {row["txn_id"]: row for row in self.tables["offset_booked"]}
        here = {"community_id": self.manifest["community"]}
        entries = {
            row["txn_id"]: log.txn_entry(
                row | here, transfers.get(row["txn_id"] or "", []), offsets.get(row["txn_id"])
            )
            for row in self.tables["txn"]
        }
        for row in self.tables["audit"]:
            texts = (row["salt"] or "", row["before"] or "", row["after"] or "")
            entries[row["audit_id"]] = log.act_entry(row | here, *texts, row["commitment"] or "")
        for row in self.tables["leaf"]:
            row["leaf_hash"] = log.leaf_hash(entries[row["entry_id"]]).hex()

    def sign(self, key: log.PrivateKey, origin: str) -> None:
        """Sign the root over leaf.csv, and every earlier checkpoint, with `key`."""
        leaves = self.hashes()
        self.manifest |= {
            "size": str(len(leaves)),
            "root": log.root(leaves).hex(),
            "checkpoint": log.checkpoint(origin, leaves, key),
            "keys": [log.vkey(origin, key)],
            "handovers": [],
        }
        history = [r for r in self.tables["checkpoint"] if int(r["size"] or "0") <= len(leaves)]
        self.tables["checkpoint"] = history
        for row in history:
            some = leaves[: int(row["size"] or "0")]
            row |= {"root": log.root(some).hex(), "note": log.checkpoint(origin, some, key)}

    def write(self, target: Path) -> Path:
        """Pack it as a ZIP; the manifest names the files as they are, but for those in `stale`."""
        manifest = deepcopy(self.manifest)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for table, rows in self.tables.items():
                body = csv_of(self.columns[table], rows)
                name = f"{table}.csv"
                if name not in self.stale:
                    digest = hashlib.sha256(body).hexdigest()
                    manifest["files"][name] |= {"sha256": digest, "rows": len(rows)}
                archive.writestr(name, body)
            archive.writestr("manifest.json", json.dumps(manifest, ensure_ascii=False))
        return target


def read_files(archive: Path) -> Files:
    """Read an export's ZIP, or the export inside a kit."""
    with zipfile.ZipFile(archive) as outer:
        if "export.zip" in outer.namelist():
            with outer.open("export.zip") as inner:
                return _read(zipfile.ZipFile(inner))
        return _read(outer)


def _read(archive: zipfile.ZipFile) -> Files:
    manifest = json.loads(archive.read("manifest.json"))
    files = Files({}, {}, manifest)
    for name in manifest["files"]:
        table = name.removesuffix(".csv")
        head, *rows = cells_of(archive.read(name).decode())
        files.columns[table] = [str(cell) for cell in head]
        files.tables[table] = [dict(zip(files.columns[table], row, strict=True)) for row in rows]
    return files


def csv_of(columns: list[str], rows: list[Row]) -> bytes:
    """The bytes of a table."""
    lines = [",".join(columns), *(",".join(_cell(row[name]) for name in columns) for row in rows)]
    return ("\n".join(lines) + "\n").encode()


def _cell(value: str | None) -> str:
    if value is None:
        return ""
    if value and not _SPECIAL & set(value):
        return value
    return '"' + value.replace('"', '""') + '"'


def cells_of(body: str) -> list[list[str | None]]:
    """The cells of a table, sign by sign: nothing between commas is null."""
    rows: list[list[str | None]] = []
    row: list[str | None] = []
    at = 0
    while at < len(body):
        if body[at] == '"':
            end = at + 1
            while body[end] != '"' or body[end : end + 2] == '""':
                end += 2 if body[end] == '"' else 1
            row.append(body[at + 1 : end].replace('""', '"'))
            at = end + 1
        else:
            end = min(n for n in (body.find(",", at), body.find("\n", at)) if n >= 0)
            row.append(body[at:end] or None)
            at = end
        if body[at] == "\n":
            rows.append(row)
            row = []
        at += 1
    return rows
