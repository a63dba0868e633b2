"""What a customer waits while the night runs: checkouts over HTTP at an even pace, quiet and beside everything at once.

    python -m tests.bench.checkout_at_night [--claims 1000000] [--rate 20] [--quiet 60]

On PostgreSQL, writing to disk as in earnest: 8 clients send the reference sale of `tests.bench.checkout` at so many a
second; a wait counts from the moment the sale was due, so that a queue shows. Quiet: nothing else of ours runs, before
and after. Night: the shops' files of yesterday are taken in and the night settles them (a process of its own, at the
clockwork's priority), the server seals, and backups are taken one after another. The second engine has a measure of its
own (`tests.bench.audit`): in this book, written in bulk, it would find a million sales that no till wrote down, and
naming them is what would be measured; `--audit` has it look all the same.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from ledger.clock import SECOND_US, now_us
from ledger.database import Database
from ledger.earning.calendar import business_date, day_key
from tests.bench import checkout
from tests.bench.load import send_paced
from tests.bench.night_book import fill_book
from tests.bench.night_data import Files, make_files
from tests.bench.slowing import high
from tests.support.town import Town

_SLICE_S = 10
"""Codes are shown for half a minute: requests are made just before they are sent."""
_NICE = 10
"""As `jifen clockwork run` and `jifen copy run` have it."""
_BACKUPS = """
import os, sys, time
from pathlib import Path
from ledger.clock import now_us
from ledger.copies import backups
from ledger.copies.sources import source_of
os.nice(int(sys.argv[3]))
while True:
    began = time.monotonic()
    made = backups.make(source_of(sys.argv[1]), Path(sys.argv[2]), key=bytes(32), at=now_us(), key_file=Path("/none"))
    print(made.size_bytes, time.monotonic() - began, flush=True)
    backups.remove(Path(sys.argv[2]), [made.name])
    time.sleep(1)
"""


class _Sales:
    """Sends sales at an even pace, each to another person than the one before."""

    def __init__(self, town: Town, keys: checkout.Keys, port: int, rate: int) -> None:
        self._town = town
        self._keys = keys
        self._port = port
        self._rate = rate
        self._sent = 0

    def sell(self, goes_on: Callable[[], bool]) -> list[float]:
        """Waits in milliseconds, by slices until `goes_on` says no."""
        waits: list[float] = []
        while goes_on():
            self._town.at = now_us()
            people = [1 + (self._sent + n) % checkout.WALLETS for n in range(self._rate * _SLICE_S)]
            self._sent += len(people)
            requests = checkout.sale_requests(self._town, self._keys, people)
            done = send_paced(self._port, requests, clients=checkout.CLIENTS, rate=self._rate)
            if done.bad:
                raise SystemExit(f"a request failed: {done.bad[0][-420:]!r}")
            waits += done.latencies_ms
        return waits

    def for_s(self, seconds: float) -> list[float]:
        """Sell for so long."""
        until = time.monotonic() + seconds
        return self.sell(lambda: time.monotonic() < until)


def main() -> None:
    """Fill a book, sell quietly, sell beside a night, sell quietly again, print the three."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--claims", type=int, default=1_000_000)
    parser.add_argument("--rate", type=int, default=20)
    parser.add_argument("--quiet", type=int, default=60)
    parser.add_argument("--audit", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, checkout.database("postgresql") as (url, _pids):
        folder = Path(name)
        now = now_us()
        day = day_key(business_date(now, "Asia/Shanghai") - timedelta(days=1))
        files = make_files(folder, options.claims, 1, random.Random(options.claims), day)
        db = Database(url)
        town = fill_book(
            db, files, people=checkout.WALLETS, fund_fen=10**10, allowance_fen=10**9,
            opened=now - 86_400 * SECOND_US * 30, at=now, cover_tranche_fen=1_000_000,
        )  # fmt: skip
        keys = checkout.enrol(town)
        checkout.fill_wallets(db)
        facts = {"url": url, "pipelined": True, "accounts": checkout.accounts(town)}
        (folder / "facts.json").write_text(json.dumps(facts))
        with checkout.server("postgresql", folder) as (port, _pid):
            sales = _Sales(town, keys, port, options.rate)
            sales.for_s(_SLICE_S)
            _measure(sales, files, url, folder, options)
        db.close()


def _measure(
    sales: _Sales, files: Files, url: str, folder: Path, options: argparse.Namespace
) -> None:
    print(
        f"checkout over HTTP on PostgreSQL, {options.rate} a second from {checkout.CLIENTS} clients,"
        f" beside a night of {options.claims} lines"
    )
    before = sales.for_s(options.quiet)
    _line("quiet, before", before)
    (folder / "sealing").touch()
    backups = folder / "backups"
    backups.mkdir()
    named = folder / "files.json"
    named.write_text(json.dumps({**asdict(files), "nice": _NICE}, default=str))
    night = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.bench.night_once",
            url,
            str(named),
            *(["audit"] if options.audit else []),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    copies = subprocess.Popen(
        [sys.executable, "-c", _BACKUPS, url, str(backups), str(_NICE)],
        stdout=subprocess.PIPE,
        text=True,
    )
    heard: list[str] = []
    # Read as it comes: a pipe that fills would stop the backups.
    threading.Thread(target=lambda: heard.extend(copies.stdout or ()), daemon=True).start()
    busy = sales.sell(lambda: night.poll() is None)
    copies.terminate()
    copies.wait()
    (folder / "sealing").unlink()
    if night.returncode != 0:
        raise SystemExit("the night failed")
    took = json.loads(night.communicate()[0])
    _line("beside the night", busy)
    after = sales.for_s(options.quiet)
    _line("quiet, after", after)
    copied = [line.split() for line in heard]
    print(
        f"  the night took {took['night_s']:.1f} s (files {took['intake_s']:.1f} s), at most {took['peak_mib']} MiB;"
        f" {len(copied)} backups beside it"
        + (f", of {int(copied[-1][0]) >> 20} MiB in {float(copied[-1][1]):.1f} s" if copied else "")
    )
    quiet, night_p99 = high([*before, *after], 99), high(busy, 99)
    print(
        f"  ratio of p99 {night_p99 / quiet:.2f} (quiet, both together, {quiet:.1f} ms; at most 2.0)"
    )


def _line(name: str, waits: list[float]) -> None:
    print(
        f"  {name:17}{len(waits):6} sales  p50 {high(waits, 50):7.1f} ms  p95 {high(waits, 95):7.1f} ms"
        f"  p99 {high(waits, 99):7.1f} ms  longest {max(waits):7.1f} ms  load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
