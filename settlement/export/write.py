"""Write one community's export: a CSV file for each table and the manifest that names them all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from ledger.database import Database
from ledger.errors import Refusal
from ledger.seal import keys
from ledger.seal.checkpoints import newest
from ledger.seal.sealer import size
from ledger.seal.tiles import read_root
from ledger.sql import Sql, Tx
from settlement.export.parquet import to_parquet
from settlement.export.part import PART
from settlement.export.rows import counted, header, lines
from settlement.export.shape import Shape
from settlement.export.tables import FORMAT, SHAPES

MANIFEST: Final = "manifest.json"

Progress = Callable[[int, int], None]
"""Told how many rows are written, and of how many."""

_ABOUT: Final = Sql("SELECT issuer, timezone FROM community WHERE community_id = :community_id")
_DAYS: Final = Sql(
    "SELECT coalesce(min(business_date), 0) AS first_date,"
    " coalesce(max(business_date), 0) AS last_date"
    " FROM txn WHERE community_id = :community_id"
)


def write_export(
    db: Database,
    community_id: int,
    folder: Path,
    *,
    at: int,
    parquet: bool = False,
    since: int | None = None,
    progress: Progress = lambda _done, _of: None,
) -> dict[str, Any]:
    """Write everything one community has into the empty `folder`; gives the manifest.

    All tables are read in one snapshot, so they agree with one another however busy the server is; entries that have
    no place in the order yet stand in `outbox`. The manifest is written last: a folder without one is no export.
    With `parquet` the tables are Parquet instead of CSV. With `since`, a place of the order, only a part is written,
    for whoever has read the whole up to there.
    Refuses: export_folder_taken.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise Refusal("export_folder_taken", folder=folder.name)
    with db.read() as tx:
        files = _write_tables(tx, community_id, folder, progress, parquet=parquet, since=since)
        manifest = _manifest(tx, community_id, files, at=at)
    if since is not None:
        manifest["since"] = str(since)
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    return manifest


def _write_tables(
    tx: Tx,
    community_id: int,
    folder: Path,
    progress: Progress,
    *,
    parquet: bool,
    since: int | None,
) -> dict[str, dict[str, Any]]:
    shapes = [shape for shape in SHAPES.values() if since is None or shape.name in PART]
    counts = {shape.name: counted(tx, shape, community_id, since=since) for shape in shapes}
    done, total = 0, sum(counts.values())
    files = {}
    for shape in shapes:
        name = f"{shape.name}.csv"
        sha256 = _write(folder / name, [header(shape)], lines(tx, shape, community_id, since=since))
        if parquet:
            name, sha256 = f"{shape.name}.parquet", to_parquet(folder, shape)
        files[name] = {"sha256": sha256, "rows": counts[shape.name], **_described(shape)}
        done += counts[shape.name]
        progress(done, total)
    return files


def _write(path: Path, *parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    with path.open("xb") as file:
        for part in parts:
            for piece in part:
                digest.update(piece)
                file.write(piece)
    return digest.hexdigest()


def _described(shape: Shape) -> dict[str, Any]:
    return {
        "columns": list(shape.names),
        "kinds": [column.kind for column in shape.columns],
        "null": [column.name for column in shape.columns if column.null],
        "key": list(shape.key),
    }


def _manifest(
    tx: Tx, community_id: int, files: dict[str, dict[str, Any]], *, at: int
) -> dict[str, Any]:
    about = tx.get(_ABOUT, community_id=community_id)
    days = tx.get(_DAYS, community_id=community_id)
    sealed = size(tx, community_id)
    signed = newest(tx, community_id)
    return {
        "format": FORMAT,
        "community": str(community_id),
        "issuer": about.issuer,
        "timezone": about.timezone,
        "from": int(days.first_date),
        "to": int(days.last_date),
        "exported_at": at,
        "first": "0",
        "size": str(sealed),
        "root": read_root(tx, community_id, sealed).hex(),
        "checkpoint": None if signed is None else signed.note,
        "keys": [key.text for key in keys.verifiers(tx, community_id)],
        "handovers": keys.handovers(tx, community_id),
        "files": files,
    }
