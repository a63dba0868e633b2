"""What sealing costs a checkout: CPU per request with the sealer on and off, in interleaved pairs.

Either side of a pair is made of short rounds, and the two sides take turns (on, off, off, on, …), so that other work on
the machine, which comes and goes over seconds, falls on both alike. Each round sends the same number of reference sales
to the same server over HTTP and waits until the sealer, where it is on, has sealed every one of them; CPU is that of
the server's processes and the database's. A round with the sealer off waits as long, and what it left is sealed between
the rounds, unmeasured. The sealer's own CPU is counted too: its thread, its writing, its database's backend.
`python -m tests.bench.seal_cost [postgresql|sqlite]`
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from ledger.clock import SECOND_US, now_us
from ledger.database import Database
from ledger.seal.sealer import seal
from ledger.sql import Sql
from tests.bench import checkout
from tests.bench.load import send_all, thread_seconds
from tests.support.town import HERE, Town, build_town

PAIRS = 10
TURNS = 3
"""Rounds of either side of a pair."""
SALES = 260
ROUND_S = 7
_LEFT = Sql("SELECT count(*) AS waiting FROM outbox WHERE community_id = :community_id")


class Pair(NamedTuple):
    """CPU milliseconds a sale with the sealer off and on, and those of the sealer alone."""

    off_ms: float
    on_ms: float
    sealer_ms: float

    @property
    def more_percent(self) -> float:
        """How much more a sale costs with the sealer on."""
        return (self.on_ms / self.off_ms - 1) * 100


def main(engines: list[str]) -> None:
    """Run and print the table."""
    for engine in engines:
        with checkout.database(engine) as (url, pids):
            _print(engine, _run(engine, url, pids))


def _run(engine: str, url: str, pids: list[int]) -> list[Pair]:
    db = Database(url)
    now = now_us()
    town = build_town(
        db, people=checkout.WALLETS, shops=checkout.SHOPS, fund_fen=10**10, allowance_fen=10**9,
        opened=now - 86_400 * SECOND_US * 30, at=now, cover_tranche_fen=1_000_000,
    )  # fmt: skip
    keys = checkout.enrol(town)
    checkout.fill_wallets(db)
    seal(db, HERE)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        facts = {"url": url, "pipelined": True, "accounts": checkout.accounts(town)}
        (folder / "facts.json").write_text(json.dumps(facts))
        with checkout.server(engine, folder) as (port, pid):
            measured = _Measured(db, town, keys, port, [pid, *pids], folder)
            for sealing in (True, False):
                measured.round(sealing=sealing)
            pairs = [measured.pair() for _ in range(PAIRS)]
    db.close()
    return pairs


class _Round(NamedTuple):
    all_ms: float
    sealer_ms: float


class _Measured:
    """Rounds on one server; each sends sales of other people than the one before."""

    def __init__(
        self,
        db: Database,
        town: Town,
        keys: checkout.Keys,
        port: int,
        pids: list[int],
        folder: Path,
    ) -> None:
        self._db = db
        self._town = town
        self._keys = keys
        self._port = port
        self._pids = pids
        self._switch = folder / "sealing"
        self._account = folder / "sealer_cpu"
        self._sent = 0

    def pair(self) -> Pair:
        """Both sides, in turns; who goes first changes, so that what drifts weighs on both alike."""
        on: list[_Round] = []
        off: list[_Round] = []
        for turn in range(TURNS):
            for sealing in (turn % 2 == 0, turn % 2 == 1):
                (on if sealing else off).append(self.round(sealing=sealing))
        return Pair(
            statistics.mean(one.all_ms for one in off),
            statistics.mean(one.all_ms for one in on),
            statistics.mean(one.sealer_ms for one in on),
        )

    def round(self, *, sealing: bool) -> _Round:
        """CPU milliseconds a sale."""
        self._town.at = now_us()
        people = [1 + (self._sent + n) % checkout.WALLETS for n in range(SALES)]
        self._sent += SALES
        requests = checkout.sale_requests(self._town, self._keys, people)
        before, started = thread_seconds(self._pids), time.monotonic()
        alone_before = self._alone()
        if sealing:
            self._switch.touch()
        done = send_all(self._port, requests, clients=checkout.CLIENTS, pids=self._pids)
        if done.bad:
            raise SystemExit(f"a request failed: {done.bad[0][-420:]!r}")
        # Both kinds of round last alike, so that what a server spends on nothing is in both.
        time.sleep(max(0, ROUND_S - (time.monotonic() - started)))
        while sealing and self._waiting():
            time.sleep(0.1)
        self._switch.unlink(missing_ok=True)
        spent = sum(
            seconds - before.get(thread, 0.0)
            for thread, seconds in thread_seconds(self._pids).items()
        )
        seal(self._db, HERE)
        return _Round(spent / SALES * 1_000, (self._alone() - alone_before) / SALES * 1_000)

    def _alone(self) -> float:
        return float(self._account.read_text()) if self._account.exists() else 0.0

    def _waiting(self) -> int:
        with self._db.read() as tx:
            return int(tx.get(_LEFT, community_id=HERE).waiting)


def _print(engine: str, pairs: list[Pair]) -> None:
    more = sorted(pair.more_percent for pair in pairs)
    print(
        f"\nsealing beside checkouts on {engine}: {PAIRS} interleaved pairs of {TURNS * SALES} sales"
    )
    print(
        f"  off {statistics.median(p.off_ms for p in pairs):6.2f} ms CPU a sale (server and database)"
        f"   on {statistics.median(p.on_ms for p in pairs):6.2f} ms"
    )
    alone = [pair.sealer_ms / pair.off_ms * 100 for pair in pairs]
    print(
        f"  the sealer alone: median {statistics.median(p.sealer_ms for p in pairs) * 1_000:.0f} us a sale,"
        f" {statistics.median(alone):.1f} % of a sale's CPU (from {min(alone):.1f} to {max(alone):.1f} %)"
    )
    print(
        f"  more with the sealer on: median {statistics.median(more):+.1f} %"
        f"  (each pair: {', '.join(f'{one:+.1f}' for one in more)})"
    )


if __name__ == "__main__":
    main(sys.argv[1:] or ["postgresql", "sqlite"])
