"""The product's server with one route more: the floor, which writes a checkout's rows and asks nothing.

It seals while the file `sealing` lies in BENCH_FOLDER.
"""

from __future__ import annotations

import json
import os
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
from tests.bench.floor import Floor


class _Switched(Sealing):
    def __init__(self, *given: Any, switch: Path, **named: Any) -> None:
        super().__init__(*given, **named)
        self._switch = switch

    def work_once(self) -> None:
        if self._switch.exists():
            super().work_once()


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
    _Switched(
        db, service.vault, service.last_signed, now=service.now, every_s=settings.seal_every_s,
        switch=folder / "sealing",
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
