"""The product's server with one route more: the floor, which writes a checkout's rows and asks nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from flask import Flask, request

from kiosk.app import create_app
from kiosk.auth import allow
from kiosk.config import settings_from
from ledger.database import Database
from ledger.members.key_vault import KeyVault
from ledger.members.roles import ANYONE
from tests.bench.floor import Floor


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
