"""Processes that are killed without warning while they sell, and a database that answers before it commits."""

from __future__ import annotations

import contextlib
import os
import queue
import random
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import psycopg

from ledger.database import Database
from ledger.errors import GuardMissedError, Refusal
from ledger.members.terms import TermsCache
from ledger.sql import Tx
from pos import routes
from pos.charging import check_out_by_gateway
from pos.checkout import check_out
from pos.decide import SaleRequest
from pos.desk import Desk
from tests.support.fake_channel import FakeChannel
from tests.support.town import Town

T = TypeVar("T")

_FORK = get_context("fork")

AT_ONCE = 3
"""Sales under way in the process at each moment, so that a kill hits several at different points."""


def die() -> None:
    """The process is gone at once: no cleaning up, no answer."""
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class Death:
    """When a process is killed: `after` so many sales were acknowledged, and where.

    `asked`: before the channel hears; `charged`: between its answer and the posting; `posted`: after the commit, before
    the payment's route is confirmed; `any`: from outside, some milliseconds later.
    """

    where: str
    after: int
    later_s: float = 0.0


def sell(desk: Desk, request: SaleRequest, *, at: int) -> dict[str, Any]:
    """By whichever way the sale is paid."""
    way = check_out_by_gateway if request.channel == "gateway" else check_out
    return way(desk, request, at=at)


@dataclass
class Shop:
    """What survives a killed process: the requests a till keeps, the database's address, files."""

    town: Town
    url: str
    folder: Path
    requests: list[SaleRequest]
    open_database: Callable[[str], Database] = Database
    acknowledged: dict[str, int] = field(default_factory=dict)
    deaths: list[str] = field(default_factory=list)

    @property
    def channel(self) -> FakeChannel:
        """The channel keeps its own book."""
        return FakeChannel(self.folder / "channel")

    def run_until_killed(self, death: Death) -> None:
        """Sell what is not acknowledged yet, in a process of its own, until `death`, or until all is sold."""
        child = _FORK.Process(target=self._work, args=(death,))
        child.start()
        if death.where == "any":
            while child.is_alive() and len(self.read_acknowledged()) < death.after:
                time.sleep(0.001)
            time.sleep(death.later_s)
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.pid or 0, signal.SIGKILL)
        child.join(60)
        assert child.exitcode in {0, -signal.SIGKILL}, child.exitcode
        if child.exitcode:
            self.deaths.append(death.where)
        self.acknowledged = self.read_acknowledged()

    def read_acknowledged(self) -> dict[str, int]:
        """The balance each acknowledged sale's receipt showed, by request."""
        file = self.folder / "acknowledged"
        lines = file.read_text().splitlines() if file.exists() else []
        # Each line is one write; a process may be killed during its last one.
        return {
            request_id: int(balance)
            for request_id, _, balance in (line.partition(" ") for line in lines)
        }

    def _work(self, death: Death) -> None:
        channel = self.channel
        sold = len(self.acknowledged)
        written = os.open(self.folder / "acknowledged", os.O_WRONLY | os.O_APPEND | os.O_CREAT)

        def is_due() -> bool:
            return sold >= death.after

        channel.before_charge = lambda: die() if death.where == "asked" and is_due() else None
        channel.after_charge = lambda: die() if death.where == "charged" and is_due() else None
        confirm = routes.confirm

        def confirm_or_die(db: Database, reservation: routes.Reservation) -> None:
            if death.where == "posted" and is_due():
                die()
            confirm(db, reservation)

        routes.confirm = confirm_or_die
        db = self.open_database(self.url)
        desk = Desk(db=db, terms=TermsCache(), pepper=self.town.desk.pepper, channel=channel)

        def one(request: SaleRequest) -> None:
            nonlocal sold
            receipt = sell(desk, request, at=self.town.at)
            os.write(written, f"{request.request_id} {receipt['balance_units']}\n".encode())
            sold += 1

        left = [r for r in self.requests if r.request_id not in self.acknowledged]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for done in [pool.submit(one, request) for request in left]:
                done.result()
        db.close()
        os._exit(0)


def deaths(count: int, over: int, *, seed: int) -> list[Death]:
    """`count` kills spread over `over` sales, a third of them from outside at any moment."""
    chance = random.Random(seed)
    wheres = ["any", "any", "charged", "asked", "charged", "posted"]
    return [
        Death(wheres[n % len(wheres)], n * over // count, chance.uniform(0, 0.02))
        for n in range(count)
    ]


class HastyDatabase(Database):
    """The control: answers when the work is done and commits a little later, as careless systems do."""

    later_s = 0.02

    def __init__(self, url: str) -> None:
        """Open `url`; one thread commits what was answered."""
        super().__init__(url)
        self._answered: queue.SimpleQueue[Any] = queue.SimpleQueue()
        threading.Thread(target=self._commit_late, daemon=True).start()

    def write(self, work: Callable[[Tx], T]) -> T:
        """Work, answer, and only then commit."""
        while True:
            connection = self.engine.raw_connection()
            raw: Any = connection.driver_connection
            try:
                if self.dialect == "sqlite":
                    raw.execute("BEGIN IMMEDIATE")
                result = work(Tx(raw, self.dialect))
            except (GuardMissedError, psycopg.errors.DeadlockDetected):
                connection.rollback()
                connection.close()
                continue
            except BaseException:
                connection.rollback()
                connection.close()
                raise
            self._answered.put(connection)
            return result

    def _commit_late(self) -> None:
        while True:
            connection = self._answered.get()
            time.sleep(self.later_s)
            connection.commit()
            connection.close()


def ask_again(desk: Desk, request: SaleRequest, *, at: int) -> dict[str, Any]:
    """The stored answer, refusals as values."""
    try:
        return sell(desk, request, at=at)
    except Refusal as refusal:
        return {"refused": refusal.code}
