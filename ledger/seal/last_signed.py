"""What this server signed last, kept beside its master key and outside the database.

A database can be put back to yesterday, this file is not put back with it: so a restored backup is told from the log
that tills have seen, and does not sign another story.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.errors import Refusal


class LastSigned:
    """A folder with one file for each community's log: the checkpoint it signed last."""

    def __init__(self, folder: Path) -> None:
        """Keep the files in `folder`; it is made when the first is written."""
        self._folder = folder
        self._lead: int | None = None

    def lead(self) -> bool:
        """Whether this object's process is the one that seals by itself on this machine; it stays so until it ends."""
        if self._lead is None:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(self._folder / "lead.lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(lock)
                return False
            self._lead = lock
        return True

    def step_down(self) -> None:
        """Let another process lead."""
        if self._lead is not None:
            os.close(self._lead)
            self._lead = None

    @contextmanager
    def hold(self, community_id: int) -> Iterator[Mark]:
        """The file of one log, while no other thread or process of this machine may sign for it."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(self._folder / f"{community_id}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield Mark(self._folder / f"{community_id}.checkpoint")
        finally:
            os.close(lock)


class Mark:
    """The file itself."""

    def __init__(self, path: Path) -> None:
        """Read and write `path`; only LastSigned makes one."""
        self._path = path

    def read(self) -> str | None:
        """The checkpoint signed last, None where this server never signed.

        Refuses: log_mark_unreadable.
        """
        try:
            return self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise Refusal("log_mark_unreadable") from error

    def write(self, note: str) -> None:
        """Put a checkpoint in its place, on the disk before anybody sees it. Refuses: log_mark_unreadable."""
        fresh = self._path.with_suffix(".new")
        try:
            with os.fdopen(
                os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w"
            ) as file:
                file.write(note)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise Refusal("log_mark_unreadable") from error

    def forget(self) -> None:
        """Begin as a server that never signed; only a recovery that kept no checkpoint does this."""
        self._path.unlink(missing_ok=True)
