"""Backups in a folder: made whole or not at all, looked through again after writing, thinned out, put back."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from ledger.copies.manifest import FILE, Manifest, check_seal, read_manifest, sealed
from ledger.copies.retention import kept
from ledger.copies.sources import Source, SqliteFile, check_file, rows_of_file, sync
from ledger.earning.calendar import local_time
from ledger.errors import Refusal

PREFIX: Final = "backup-"
PART: Final = ".part-"
"""A folder with this in front is a copy that never became whole."""

_CHUNK: Final = 1 << 20


def make(
    source: Source, folder: Path, *, key: bytes, at: int, prefix: str = PREFIX, key_file: Path
) -> Manifest:
    """Copy the database into `folder` as one folder of its own; it appears there only when all of it is on the disk.

    `key` is derived from the master key for `manifest.KEY_PURPOSE`; `key_file` is where the master key lies.
    Refusals: backup_beside_key, backup_folder_missing, backup_no_room and the source's own.
    """
    check_folder(folder, key_file)
    name = name_for(prefix, at)
    part = folder / f"{PART}{name}"
    try:
        clear_parts(folder)
        part.mkdir(mode=0o700)
        copied = part / source.file
        content = source.copy_to(copied)
        copied.chmod(0o600)
        manifest = sealed(
            Manifest(
                name=name,
                made_at=at,
                engine=source.engine,
                schema=content.schema,
                file=source.file,
                size_bytes=copied.stat().st_size,
                sha256=hash_of(copied),
                rows=content.rows,
                books=content.books,
            ),
            key,
        )
        (part / FILE).write_text(manifest.to_text(), encoding="utf-8")
        for written in (copied, part / FILE, part):
            sync(written)
        part.rename(folder / name)
        sync(folder)
    except OSError as error:
        raise Refusal("backup_no_room", reason=str(error.strerror)) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return manifest


def check_folder(folder: Path, key_file: Path) -> None:
    """Refuse a folder for copies in which the master key lies too: whoever takes one would take both.

    Refusals: backup_beside_key, backup_folder_missing.
    """
    if not folder.is_dir():
        raise Refusal("backup_folder_missing")
    if key_file.resolve().is_relative_to(folder.resolve()):
        raise Refusal("backup_beside_key")


def name_for(prefix: str, at: int) -> str:
    """`backup-20260302T020000000Z`: the moment in UTC, in an order that sorts."""
    return f"{prefix}{local_time(at, 'UTC'):%Y%m%dT%H%M%S}{at // 1_000 % 1_000:03}Z"


def clear_parts(folder: Path) -> None:
    """Remove what a crash left half written."""
    for left in folder.glob(f"{PART}*"):
        shutil.rmtree(left, ignore_errors=True)


def all_backups(folder: Path, prefix: str = "") -> list[Manifest]:
    """Every readable copy in a folder, the newest first; what cannot be read is left out (see `verify`)."""
    return sorted(_readable(folder, prefix), key=lambda one: one.made_at, reverse=True)


def _readable(folder: Path, prefix: str) -> Iterator[Manifest]:
    for file in folder.glob(f"{prefix}*/{FILE}"):
        try:
            yield read_manifest(file.read_text(encoding="utf-8"), file.parent.name)
        except (Refusal, OSError, UnicodeDecodeError):
            continue


def get_backup(folder: Path, name: str) -> Manifest:
    """One copy by its name.

    Refusals: backup_not_found, backup_unreadable.
    """
    file = folder / name / FILE
    if not name or Path(name).name != name or not file.is_file():
        raise Refusal("backup_not_found", name=name)
    try:
        return read_manifest(file.read_text(encoding="utf-8"), name)
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal("backup_unreadable", name=name) from error


def verify(folder: Path, manifest: Manifest, *, key: bytes | None) -> None:
    """Look a copy through: its seal (where the key is at hand), its hash, and for a file every page and row count.

    Refusals: backup_other_key, backup_changed, backup_damaged.
    """
    if key is not None:
        check_seal(manifest, key)
    copied = folder / manifest.name / manifest.file
    is_whole = copied.is_file() and hash_of(copied) == manifest.sha256
    if is_whole and manifest.engine == SqliteFile.engine:
        is_whole = check_file(copied) and rows_of_file(copied) == manifest.rows
    if not is_whole:
        raise Refusal("backup_damaged", name=manifest.name)


def prune(folder: Path, *, at: int) -> list[str]:
    """Remove the backups nobody would put back any more (see `retention`); gives their names, oldest first."""
    every = all_backups(folder, PREFIX)
    stay = kept((one.made_at for one in every), at=at)
    gone = sorted(one.name for one in every if one.made_at not in stay)
    remove(folder, gone)
    return gone


def remove(folder: Path, names: Iterable[str]) -> None:
    """Remove copies; renamed first, since half of a removed copy must not look like one."""
    for name in names:
        (folder / name).rename(folder / f"{PART}{name}")
    clear_parts(folder)


def put_back(folder: Path, manifest: Manifest, target: Source) -> None:
    """Fill an empty place with a verified copy.

    Refusals: restore_other_engine, restore_place_taken, restore_incomplete and the target's own.
    """
    if manifest.engine != target.engine:
        raise Refusal("restore_other_engine", engine=manifest.engine)
    target.restore_from(folder / manifest.name / manifest.file)
    if target.count() != manifest.rows:
        raise Refusal("restore_incomplete", name=manifest.name)


def hash_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
