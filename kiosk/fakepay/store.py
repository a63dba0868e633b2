"""The fake channel's memory: objects, remembered answers, the clock; in a file if one is given."""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ledger.clock import SECOND_US, now_us

Thing = dict[str, Any]

PREFIXES: Final = {
    "payment_intent": "pi_",
    "charge": "ch_",
    "refund": "re_",
    "transfer": "tr_",
    "payout": "po_",
    "event": "evt_",
    "webhook_endpoint": "we_",
    "account": "acct_",
}

_SCHEMA: Final = """
    CREATE TABLE IF NOT EXISTS thing (kind TEXT, id TEXT, place INTEGER, body TEXT,
                                      PRIMARY KEY (kind, id))
"""


class Store:
    """Keeps every object in memory, and in the SQLite file at `path` over restarts.

    Callers hold `lock` while they read and change; `save` ends a change.
    """

    def __init__(self, path: Path | None = None) -> None:
        """Open the file, if any, and read what it holds."""
        self.lock = threading.RLock()
        self.ahead_s = 0
        self._things: dict[str, dict[str, Thing]] = {}
        self._file: sqlite3.Connection | None = None
        self._changed: dict[tuple[str, str], None] = {}  # keeps the order of first change
        self._last_place = 0
        if path is not None:
            self._file = sqlite3.connect(path, check_same_thread=False)
            self._file.execute("PRAGMA journal_mode=WAL")
            self._file.execute("PRAGMA synchronous=NORMAL")
            self._file.execute(_SCHEMA)
            for kind, object_id, place, body in self._file.execute(
                "SELECT kind, id, place, body FROM thing ORDER BY place"
            ):
                self._things.setdefault(kind, {})[object_id] = json.loads(body)
                self._last_place = place

    def close(self) -> None:
        """Close the file."""
        with self.lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def now(self) -> int:
        """The channel's own clock, in seconds; a demonstration may set it."""
        return now_us() // SECOND_US + self.ahead_s

    def new_id(self, kind: str) -> str:
        """A fresh id with the kind's prefix."""
        return PREFIXES[kind] + secrets.token_hex(12)

    def put(self, kind: str, object_id: str, thing: Thing) -> Thing:
        """Keep an object, new or changed."""
        self._things.setdefault(kind, {})[object_id] = thing
        self._changed[kind, object_id] = None
        return thing

    def find(self, kind: str, object_id: str) -> Thing | None:
        """The object itself, not a copy; put it again after a change."""
        return self._things.get(kind, {}).get(object_id)

    def each(self, kind: str) -> Iterator[Thing]:
        """Every object of a kind, newest first."""
        return reversed(list(self._things.get(kind, {}).values()))

    def save(self) -> None:
        """Write what changed, in one transaction."""
        if self._file is None:
            self._changed.clear()
            return
        with self._file:
            for kind, object_id in self._changed:
                body = json.dumps(self._things[kind][object_id])
                # Counted here: asked of the file, each object would read through all before it.
                self._last_place += 1
                self._file.execute(
                    "INSERT INTO thing VALUES (?, ?, ?, ?) "
                    "ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
                    (kind, object_id, self._last_place, body),
                )
        self._changed.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._things.clear()
        self._changed.clear()
        self.ahead_s = 0
        if self._file is not None:
            with self._file:
                self._file.execute("DELETE FROM thing")
