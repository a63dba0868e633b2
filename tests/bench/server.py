"""The product's server with one route more: the floor, which writes a checkout's rows and asks nothing.

It seals while the file `sealing` lies in BENCH_FOLDER.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask, request

from kiosk.app import create_app
from kiosk.auth import allow
from kiosk.config import settings_from
from kiosk.context import EXTENSION, Service
from kiosk.sealing import Sealing
from ledger.database import Database
from ledger.members.key_vault import KeyVault
from ledger.members.roles import ANYONE
from ledger.seal import sealer
from ledger.sql import Sql
from tests.bench.floor import Floor


class _Switched(Sealing):
    """Seals while a file is there, and keeps account of the CPU that takes, wherever it is spent."""

    def __init__(self, *given: Any, folder: Path, **named: Any) -> None:
        super().__init__(*given, **named)
        self._folder = folder
        self._spent_s = 0.0
        if self._db.dialect == "sqlite":
            sealer._write = self._counted(sealer._write)

    def work_once(self) -> None:
        if not (self._folder / "sealing").exists() or not self._last_signed.lead():
            return
        backend = self._backend()
        before = time.thread_time() + _on_cpu_s(backend)
        super().work_once()
        self._spent_s += time.thread_time() + _on_cpu_s(backend) - before
        account = self._folder / "sealer_cpu.new"
        account.write_text(str(self._spent_s))
        account.rename(self._folder / "sealer_cpu")

    def _backend(self) -> int:
        if self._db.dialect == "sqlite":
            return 0
        with self._db.read() as tx:
            return int(tx.get(_PID).pid)

    def _counted(self, write: Callable[..., bool]) -> Callable[..., bool]:
        # On SQLite another thread writes.
        def work(*given: Any) -> bool:
            before = time.thread_time()
            done = write(*given)
            self._spent_s += time.thread_time() - before
            return done

        return work


_PID = Sql("SELECT pg_backend_pid() AS pid /* community_id */")


def _on_cpu_s(pid: int) -> float:
    """How long a process of one thread was on a CPU."""
    if not pid:
        return 0.0
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def app() -> Flask:
    """For the WSGI server: reads what `tests.bench.checkout` left in BENCH_FOLDER."""
    folder = Path(os.environ["BENCH_FOLDER"])
    facts: dict[str, Any] = json.loads((folder / "facts.json").read_text())
    accounts = {
        name: {int(key): value for key, value in by_owner.items()}
        if isinstance(by_owner, dict)
        else by_owner
        for name, by_owner in facts["accounts"].items()
    }
    db = Database(facts["url"])
    settings = settings_from(
        {"data_dir": str(folder), "database_url": facts["url"], "requests_a_minute": 0}
    )
    made = create_app(db, settings, None, vault=KeyVault(bytes(range(32))))
    service: Service = made.extensions[EXTENSION]
    # A connection of its own on PostgreSQL, so that its backend's CPU is the sealer's alone.
    sealing_db = db if db.dialect == "sqlite" else Database(facts["url"], pool_size=1)
    _Switched(
        sealing_db, service.vault, service.last_signed, now=service.now,
        every_s=settings.seal_every_s, folder=folder,
    ).start()  # fmt: skip
    floor = Floor(db, accounts, pipelined=facts["pipelined"])

    @allow(ANYONE)
    def write_floor() -> tuple[dict[str, str], int]:
        asked = request.get_json()
        ref = floor.write(
            asked["person"], asked["shop"], asked["terminal"], asked["code"], asked["counter"],
            at=asked["at"], day=asked["day"],
        )  # fmt: skip
        return {"ref": ref}, 201

    made.add_url_rule("/floor", view_func=write_floor, methods=["POST"])
    return made
