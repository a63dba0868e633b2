"""Numbers that name rows: made by the application, increasing, never a counter in the database."""

from __future__ import annotations

import hashlib
import os
import threading
import uuid
from typing import Final

_WRITER_BITS: Final = 10
_COUNTER_BITS: Final = 12
_EPOCH_MS: Final = 1_735_689_600_000  # 2025-01-01: 41 bits of milliseconds last until 2094


class IdMaker:
    """Makes 63-bit ids: 41 bits of milliseconds, 10 of writer, 12 of counter.

    A collision (two writers that drew one number) meets the primary key and is tried again with a new id;
    that is safe because identity is the client's request id, never this number.
    """

    def __init__(self, writer: int | None = None) -> None:
        """Use `writer` (0..1023), or draw one at random for this process."""
        self._writer = int.from_bytes(os.urandom(2)) % 1024 if writer is None else writer
        self._lock = threading.Lock()
        self._last_ms = 0
        self._counter = 0

    def redraw(self) -> None:
        """Draw another writer number: some other process seems to have the same one.

        Without this, two processes that drew one number and ask at one moment would meet at every next id again.
        """
        with self._lock:
            self._writer = int.from_bytes(os.urandom(2)) % 1024

    def make(self, at_us: int) -> int:
        """The next id for an event at `at_us` (microseconds UTC); never smaller than the one before it."""
        with self._lock:
            ms = max(at_us // 1_000 - _EPOCH_MS, self._last_ms)
            self._counter = self._counter + 1 if ms == self._last_ms else 0
            if self._counter >= 1 << _COUNTER_BITS:
                ms, self._counter = ms + 1, 0
            self._last_ms = ms
            return (
                (ms << (_WRITER_BITS + _COUNTER_BITS))
                | (self._writer << _COUNTER_BITS)
                | self._counter
            )


def first_id_after(at_us: int) -> int:
    """The smallest id made at `at_us` (microseconds UTC) or later: what has a smaller one was there before."""
    ms = max(at_us // 1_000 - _EPOCH_MS, 0)
    return ms << (_WRITER_BITS + _COUNTER_BITS)


_IDS = IdMaker()


def _renumber() -> None:
    """Draw a writer number of its own for a forked process: two must not share one."""
    _IDS.__init__()  # type: ignore[misc] # the object stays, so that importers keep it


os.register_at_fork(after_in_child=_renumber)


def redraw_writer() -> None:
    """Give this process another writer number, after a key was found taken."""
    _IDS.redraw()


def new_id(at_us: int) -> int:
    """An id from this process's maker."""
    return _IDS.make(at_us)


def time_of(made: int) -> int:
    """About when an id was made, in microseconds UTC."""
    return ((made >> (_WRITER_BITS + _COUNTER_BITS)) + _EPOCH_MS) * 1_000


def derived_request_id(*parts: str | int) -> str:
    """The same request id for the same parts, for commands that may be run twice (`settle`, run, merchant)."""
    return "job-" + hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:40]


def new_request_id(at_us: int) -> str:
    """A UUID version 7 (RFC 9562) for a request that starts on the server, such as a form in the office."""
    ms = at_us // 1_000
    value = (ms & ((1 << 48) - 1)) << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(0x3 << 62) | 2 << 62
    return str(uuid.UUID(int=value))
