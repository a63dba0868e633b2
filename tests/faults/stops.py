"""A PostgreSQL server stopped at once, again and again, while tills sell."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from ledger.database import Database
from ledger.errors import GuardMissedError, Refusal
from ledger.members.terms import TermsCache
from pos.checkout import check_out
from pos.decide import SaleRequest
from pos.desk import Desk
from tests.support.postgres import Cluster
from tests.support.town import Town

_FORK = get_context("fork")
AT_ONCE = 3
_PATIENCE_S = 90


@dataclass
class Rush:
    """Tills in a process of their own that sell and ask again until each sale has its answer."""

    town: Town
    url: str
    folder: Path
    requests: list[SaleRequest]
    keeps_asking: bool = True

    def acknowledged(self) -> dict[str, int]:
        """The balance each receipt showed, by request, in the order they came."""
        file = self.folder / "acknowledged"
        lines = file.read_text().splitlines() if file.exists() else []
        return {sale: int(balance) for sale, _, balance in (line.partition(" ") for line in lines)}

    def run(self, cluster: Cluster, *, stops: int, seed: int) -> int:
        """Sell everything while the server is stopped `stops` times; says how often it was."""
        chance = random.Random(seed)
        child = _FORK.Process(target=self._sell)
        child.start()
        stopped = 0
        for number in range(stops):
            due = (number + 1) * len(self.requests) // (stops + 1)
            while child.is_alive() and len(self.acknowledged()) < due:
                time.sleep(0.002)
            if not child.is_alive():
                break
            time.sleep(chance.uniform(0, 0.02))
            cluster.stop(crash=True)
            stopped += 1
            if not self.keeps_asking:
                break
            cluster.start()
        if not self.keeps_asking:
            os.kill(child.pid or 0, signal.SIGKILL)
            child.join(60)
            cluster.start()
            return stopped
        child.join(_PATIENCE_S)
        assert child.exitcode == 0, child.exitcode
        return stopped

    def _sell(self) -> None:
        written = os.open(self.folder / "acknowledged", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        db = Database(self.url)
        desk = Desk(db=db, terms=TermsCache(), pepper=self.town.desk.pepper, channel=None)

        def one(request: SaleRequest) -> None:
            receipt = self._until_answered(desk, request)
            os.write(written, f"{request.request_id} {receipt['balance_units']}\n".encode())

        with ThreadPoolExecutor(AT_ONCE) as pool:
            for done in [pool.submit(one, request) for request in self.requests]:
                done.result()
        os._exit(0)

    def _until_answered(self, desk: Desk, request: SaleRequest) -> dict[str, Any]:
        """What a till does: the same request until there is an answer that says something about it."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            with contextlib.suppress(psycopg.Error, SQLAlchemyError, GuardMissedError):
                try:
                    return check_out(desk, request, at=self.town.at)
                except Refusal as refusal:
                    if refusal.code != "busy_try_again":
                        raise
            assert time.monotonic() < deadline, "no answer in time"
            time.sleep(0.02)
