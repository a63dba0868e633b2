"""A town with its own server on the loopback, and the codes a tablet needs to become a till there."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server

from kiosk.app import create_app
from kiosk.config import settings_from
from ledger.audit import SYSTEM
from ledger.database import Database
from ledger.members import clerks, keys, pins, terminals
from ledger.stock.goods import NewGood, put_good
from ledger.token_keys import KeyClass
from tests.support.town import CIVIC, HERE, START, Town, build_town

CLERK: Final = "王姐"
CLERK_CODE: Final = "2580"
PIN: Final = "135790"
ISSUER: Final = "CA01"
GOODS: Final = (("R11", "鸡蛋(袋)", "eggs", 25_000, 12), ("R14", "香皂", "soap", 5_000, 30))


@dataclass
class Served:
    """The running server; its clock starts at nine on 2026-03-02 and goes on from there."""

    town: Town
    began: float
    app: Flask
    port: int = 0
    listener: BaseWSGIServer | None = None
    thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def listen(self) -> None:
        """Answer; at the same address as before, where it listened before."""
        self.listener = make_server("127.0.0.1", self.port, self.app, threaded=True)
        self.port = self.listener.server_port
        self.thread = threading.Thread(target=self.listener.serve_forever, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Answer no longer."""
        if self.listener and self.thread:
            self.listener.shutdown()
            self.thread.join()
            self.listener.server_close()

    def replace(self, db: Database, folder: Path) -> None:
        """Another machine with another book takes over the address; the community's keys are the same."""
        self.stop()
        self.app = app_over(db, folder, self)
        self.town.db = db
        self.listen()

    def now(self) -> int:
        """The server's time, microseconds UTC."""
        return START + int((time.monotonic() - self.began) * 1_000_000)

    def code(self, person: int, key_class: KeyClass = KeyClass.DYN) -> str:
        """A live code (or the printed card) of a person, as digits."""
        self.town.at = self.now()
        return self.town.code(person, key_class)

    def enrolment(self, kind: str, terminal_code: str) -> str:
        """Open a till or counter at the shop and get its one-time code."""

        def work(tx) -> str:
            opened = terminals.open_terminal(
                tx, HERE, 1, code=terminal_code, kind=kind, by=SYSTEM, at=self.now()
            )
            return terminals.make_enrolment_code(tx, HERE, opened, by=SYSTEM, at=self.now())

        return self.town.db.write(work)


@contextmanager
def serve(db: Database, folder: Path, *, people: int = 3) -> Iterator[Served]:
    """Serve a town whose people have 2,000 points and a PIN each, until the block ends."""
    town = build_town(db, people=people, grant_units=200_000, allowance_fen=100_000)
    served = Served(town, time.monotonic(), Flask(__name__))
    served.app = app_over(db, folder, served)
    # Signs the list of cards that are not good, which a till asks for at its sync.
    db.write(lambda tx: keys.make_key(tx, town.vault, HERE, KeyClass.LIST, at=town.at, by=0))
    db.write(lambda tx: _furnish(tx, served.app.extensions["jifen"].pepper, people))
    _stock(db)
    served.listen()
    try:
        yield served
    finally:
        served.stop()


def app_over(db: Database, folder: Path, served: Served) -> Flask:
    """The service over a book, with the town's keys and clock."""
    settings = settings_from({"data_dir": str(folder), "requests_a_minute": 0})
    return create_app(db, settings, None, vault=served.town.vault, now=served.now)


def _furnish(tx, pepper: bytes, people: int) -> None:
    for label, code in ((CLERK, CLERK_CODE), ("小李", "4711")):
        clerks.add_clerk(tx, HERE, 1, label=label, code=code, pepper=pepper, by=SYSTEM, at=START)
    for person in range(1, people + 1):
        pins.set_pin(tx, HERE, person, PIN, pepper=pepper, by=SYSTEM, at=START)


def _stock(db: Database) -> None:
    def work(tx) -> None:
        for code, name, picture, price, stock in GOODS:
            new = NewGood(
                merchant_id=1,
                code=code,
                name=name,
                picture=picture,
                price_units=price,
                commodity=CIVIC,
                cost_fen=1_000,
                stock=stock,
            )
            put_good(tx, HERE, new, by=SYSTEM, at=START)

    db.write(work)
