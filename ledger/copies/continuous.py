"""The copy that goes on all the time: SQLite's file every minute when it changed, PostgreSQL's WAL as it fills.

Both go to a second place, and both say when they last looked: a copy that is quietly not made is worse than none.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from ledger.clock import SECOND_US
from ledger.copies.backups import all_backups, check_folder, make, remove
from ledger.copies.sources import PostgresDatabase, SqliteFile, sync
from ledger.errors import Refusal
from ledger.ids import time_of
from ledger.sql import Sql, Tx

PREFIX: Final = "copy-"
KEEP: Final = 2
"""The newest copy, and the one before it in case the second place broke the newest."""

STATUS: Final = "status.json"
LATE_ROUNDS: Final = 5
"""So many rounds without a look, and the copy counts as late."""

_SHARE: Final = 10
"""A copy that took a second is followed by at least nine without one."""

_CHANGED: Final = "PRAGMA data_version"


@dataclass(frozen=True, slots=True)
class Status:
    """How the copy at the second place stands. Times in microseconds UTC, 0 where never.

    `looked_at`: when it was last as new as the book. `copied_at`: when something was last written there.
    """

    looked_at: int
    copied_at: int
    failed: str = ""
    """The refusal's code where the last look failed."""
    same_disk: bool = False
    """The second place is on the disk it should outlive."""

    def age_s(self, at: int) -> int | None:
        """Seconds since the copy was as new as the book; None where it never was."""
        return max(0, at - self.looked_at) // SECOND_US if self.looked_at else None


class SqliteCopier:
    """Copies one SQLite file to a folder whenever somebody changed it."""

    def __init__(self, path: Path, folder: Path, *, key: bytes, key_file: Path) -> None:
        """Watch `path` and copy into `folder`; `key` is derived for the manifests."""
        self._source = SqliteFile(path)
        self._folder = folder
        self._key = key
        self._key_file = key_file
        self._watch: sqlite3.Connection | None = None
        self._seen: int | None = None

    def close(self) -> None:
        """Stop watching."""
        if self._watch is not None:
            self._watch.close()
            self._watch = None

    def look(self, *, at: int) -> Status:
        """Copy where the file changed since the last look, and write down that somebody looked.

        A failure is written down too (where the second place can be written at all) and given back.
        """
        before = read_status(self._folder)
        copied_at = before.copied_at if before is not None else 0
        same_disk = False
        try:
            check_folder(self._folder, self._key_file)
            same_disk = self._folder.stat().st_dev == self._source.path.stat().st_dev
            changed = self._version()
            if changed != self._seen or not all_backups(self._folder, PREFIX):
                self._copy(at)
                self._seen, copied_at = changed, at
            status = Status(at, copied_at, same_disk=same_disk)
        except (Refusal, OSError, sqlite3.Error) as error:
            code = error.code if isinstance(error, Refusal) else "copy_failed"
            looked_at = before.looked_at if before is not None else 0
            status = Status(looked_at, copied_at, failed=code, same_disk=same_disk)
        _write_status(self._folder, status)
        return status

    def _version(self) -> int:
        """SQLite's own count of changes by others; read before the copy, so that nothing can slip between."""
        if self._watch is None:
            self._watch = sqlite3.connect(f"file:{self._source.path}?mode=rw", uri=True)
        return int(self._watch.execute(_CHANGED).fetchone()[0])

    def _copy(self, at: int) -> None:
        make(
            self._source,
            self._folder,
            key=self._key,
            at=at,
            prefix=PREFIX,
            key_file=self._key_file,
        )
        remove(self._folder, [old.name for old in all_backups(self._folder, PREFIX)[KEEP:]])


def run_copier(
    copier: SqliteCopier,
    *,
    every_s: int,
    now: Callable[[], int],
    goes_on: Callable[[float], bool],
    say: Callable[[Status], None],
) -> None:
    """Look every `every_s` seconds, less often where one copy takes long; `goes_on(pause_s)` waits and says whether.

    `say` hears each look. The first look is at once.
    """
    while True:
        started = time.monotonic_ns()
        say(copier.look(at=now()))
        took_s = (time.monotonic_ns() - started) / 1e9
        if not goes_on(max(every_s, _SHARE * took_s) - took_s):
            return


def read_status(folder: Path) -> Status | None:
    """What the copier last wrote down, None where it never ran there or its note cannot be read."""
    try:
        values: dict[str, Any] = json.loads((folder / STATUS).read_text(encoding="utf-8"))
        return Status(**values)
    except (OSError, ValueError, TypeError):
        return None


def is_late(status: Status | None, *, at: int, every_s: int) -> bool:
    """Whether somebody should see to the copy: it failed, it never ran, or it did not look for several rounds."""
    if status is None or status.failed:
        return True
    age_s = status.age_s(at)
    return age_s is None or age_s > LATE_ROUNDS * every_s


def _write_status(folder: Path, status: Status) -> None:
    if not folder.is_dir():
        return
    part = folder / f".{STATUS}"
    try:
        part.write_text(json.dumps(asdict(status)), encoding="utf-8")
        part.rename(folder / STATUS)
    except OSError:
        # Nowhere to write: the age goes on growing, and that is what people are shown.
        return


# --- PostgreSQL


def take_wal(segment: Path, folder: Path, name: str) -> None:
    """Keep one finished WAL segment at the second place, for PostgreSQL's `archive_command`.

    The same segment again is well; another one under its name is refused, so that nothing is overwritten.
    Refusals: backup_folder_missing, wal_other_content, backup_no_room.
    """
    if not folder.is_dir():
        raise Refusal("backup_folder_missing")
    content = segment.read_bytes()
    kept = folder / f"{name}.gz"
    if kept.exists():
        if gzip.decompress(kept.read_bytes()) != content:
            raise Refusal("wal_other_content", name=name)
        return
    part = folder / f".{name}.part"
    try:
        part.write_bytes(gzip.compress(content, compresslevel=1))
        sync(part)
        part.rename(kept)
        sync(folder)
    except OSError as error:
        raise Refusal("backup_no_room", reason=str(error.strerror)) from error


def give_wal(folder: Path, name: str, target: Path) -> None:
    """Give one kept segment back, for PostgreSQL's `restore_command`.

    Refusals: backup_not_found (PostgreSQL asks until there is none: that is how it learns where to stop).
    """
    try:
        content = gzip.decompress((folder / f"{name}.gz").read_bytes())
    except OSError as error:
        raise Refusal("backup_not_found", name=name) from error
    target.write_bytes(content)


def wal_status(source: PostgresDatabase, *, newest_at: int, at: int) -> Status:
    """How far the server's archiving has come, by its own account; `newest_at`: when the book was last written.

    Where nothing was written since the last segment left, what lies there is as new as the book.
    Refusals: copy_not_archiving.
    """
    with closing(source.connect()) as connection:
        mode, copied_at, failed_at = connection.execute(_ARCHIVER).fetchone() or ("off", 0, 0)
    if mode == "off":
        raise Refusal("copy_not_archiving")
    failed = "copy_failed" if failed_at > copied_at else ""
    looked_at = at if copied_at > newest_at and not failed else copied_at
    return Status(looked_at, copied_at, failed=failed)


_ARCHIVER: Final = (
    b"SELECT current_setting('archive_mode'),"
    b" coalesce((extract(epoch FROM last_archived_time) * 1000000)::bigint, 0),"
    b" coalesce((extract(epoch FROM last_failed_time) * 1000000)::bigint, 0) FROM pg_stat_archiver"
)


def newest_write(tx: Tx) -> int:
    """When the book or the record of acts was last written, over all communities, by the numbers given out then."""
    newest = 0
    for row in tx.all(_COMMUNITIES):
        last = tx.get(_LAST_IDS, community_id=row.community_id)
        newest = max(newest, int(last.txn_id or 0), int(last.audit_id or 0))
    return time_of(newest) if newest else 0


_COMMUNITIES: Final = Sql("SELECT community_id FROM community ORDER BY community_id")
_LAST_IDS: Final = Sql(
    "SELECT (SELECT max(txn_id) FROM txn WHERE community_id = :community_id) AS txn_id,"
    " (SELECT max(audit_id) FROM audit WHERE community_id = :community_id) AS audit_id"
)
