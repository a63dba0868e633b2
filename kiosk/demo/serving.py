"""Serves a finished demonstration: the fake payment channel, the server, and what to type where."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import requests

from kiosk.commands.serve import Beside
from kiosk.demo.folder import DemoFolder, Facts
from kiosk.demo.live import CHANNEL_KEY, today_of
from kiosk.fakepay.app import FakePay
from kiosk.fakepay.serve import LOOPBACK, Served
from kiosk.generator.rhythm import days
from kiosk.generator.shapes import date_key
from ledger.audit import SYSTEM
from ledger.book.day import last_locked
from ledger.database import Database
from ledger.earning.calendar import day_from_key
from ledger.members import keys, terminals
from ledger.migrate import upgrade
from ledger.sql import Tx
from settlement.night import run_night

WEBHOOK_SECRET: Final = "whsec_demonstration"  # noqa: S105 - of a channel that moves no money
_THREADS: Final = 4
_STARTS_IN_S: Final = 90
_ENDS_IN_S: Final = 10
_PAUSE_S: Final = 0.1


@dataclass(frozen=True)
class Running:
    """A demonstration being served: its address and the codes for three tablets, good for an hour."""

    url: str
    facts: Facts
    till_code: str
    counter_code: str
    screen_code: str
    process: subprocess.Popen[bytes]


@contextmanager
def serving(folder: DemoFolder, *, port: int, now: int) -> Iterator[Running]:
    """Serve the folder on 127.0.0.1 until the block ends.

    FileNotFoundError where nothing was lived, OSError where the port is taken, TimeoutError where
    the server does not start.
    """
    facts = folder.find_facts()
    if facts is None:
        raise FileNotFoundError(folder.root)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((LOOPBACK, port))
    codes = wake(folder, facts, now=now)
    url = f"http://{LOOPBACK}:{port}"
    fake = FakePay(folder.channel_file)
    fake.send_webhooks_to(f"{url}/api/v1/webhooks/channel", WEBHOOK_SECRET)
    with Served(fake) as channel, folder.log_file.open("ab") as log:
        environment = _environment(folder, port, channel.url)
        process = subprocess.Popen(  # noqa: S603 - our own server
            [
                *(sys.executable, "-m", "granian", "--interface", "wsgi", "--factory"),
                *("--host", LOOPBACK, "--port", str(port), "--blocking-threads", str(_THREADS)),
                *("--log-level", "warning", "kiosk.serving:make_app"),
            ],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Ctrl-C is for this process alone, which then stops the server in good order.
            start_new_session=True,
        )
        try:
            _wait_for(url, process)
            # As `jifen serve` does: the days to come are closed at night, and the timetable's page says so.
            clockwork = Beside(["clockwork", "run", "--with-parent"], environment, log=log)
            clockwork.start()
            try:
                yield Running(url, facts, *codes, process)
            finally:
                clockwork.stop()
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the server and its workers to stop; what does not listen is stopped without asking."""
    process.terminate()
    try:
        process.wait(timeout=_ENDS_IN_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wake(folder: DemoFolder, facts: Facts, *, now: int) -> tuple[str, str, str]:
    """Bring the community up to `now` after a sleep: nights not run, keys run out; fresh enrolment codes.

    Gives the codes for the spare till, the spare counter and the residents' screen.
    """
    db = Database(folder.database_url)
    vault = folder.vault()
    here = facts.community_id
    try:
        upgrade(db.engine)
        with db.read() as tx:
            locked = day_from_key(last_locked(tx, here))
        for day in days(locked + timedelta(days=1), today_of(now) - timedelta(days=1)):
            # A day that stays open keeps those after it open too; the office says why.
            if run_night(db, here, date_key(day), at=now).state != "locked":
                break
        db.write(lambda tx: keys.renew_keys(tx, vault, here, at=now, by=0))
    finally:
        db.close()
    spare = (facts.spare_till, facts.spare_counter, facts.spare_screen)
    till, counter, screen = enrolment_codes(folder, facts, spare, now=now)
    return till, counter, screen


def enrolment_codes(
    folder: DemoFolder, facts: Facts, names: Sequence[str], *, now: int
) -> list[str]:
    """A fresh enrolment code for each terminal named by its code, as the office would make them."""
    db = Database(folder.database_url)

    def work(tx: Tx) -> list[str]:
        here = facts.community_id
        ids = [terminals.get_by_code(tx, here, name).terminal_id for name in names]
        return [
            terminals.make_enrolment_code(tx, here, terminal_id, by=SYSTEM, at=now)
            for terminal_id in ids
        ]

    try:
        return db.write(work)
    finally:
        db.close()


def _environment(folder: DemoFolder, port: int, channel_url: str) -> Mapping[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("JIFEN_")},
        "JIFEN_DATA_DIR": str(folder.root.resolve()),
        "JIFEN_HOST": LOOPBACK,
        "JIFEN_PORT": str(port),
        "JIFEN_GATEWAY_URL": channel_url,
        "JIFEN_GATEWAY_KEY": CHANNEL_KEY,
        "JIFEN_WEBHOOK_SECRET": WEBHOOK_SECRET,
    }


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _STARTS_IN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise TimeoutError(f"the server ended with status {process.returncode}")
        try:
            if requests.get(f"{url}/healthz", timeout=1).ok:
                return
        except requests.ConnectionError:
            time.sleep(_PAUSE_S)
    raise TimeoutError(f"no answer from {url}")


def describe(running: Running) -> str:
    """Addresses and sign-ins, for the screen."""
    facts, url = running.facts, running.url
    who = [f"{login} ({role})" for login, role in facts.staff.items()]
    shown = [f"card {row['number']}  PIN {row['pin']}  ({row['shows']})" for row in facts.residents]
    rows = [
        ("Till", f"{url}/till", f"community {facts.issuer}  code {running.till_code}"),
        ("Counter", f"{url}/counter", f"community {facts.issuer}  code {running.counter_code}"),
        ("Screen", f"{url}/kiosk", f"community {facts.issuer}  code {running.screen_code}"),
        ("", "", f"clerk's code {facts.clerk_code}; the enrolment codes are good for an hour"),
        ("Resident", f"{url}/me", shown[0]),
        *(("", "", more) for more in shown[1:]),
        ("Office", f"{url}/office", f"password {facts.staff_password}"),
        *(("", "", name) for name in who),
        ("Shop", f"{url}/merchant", f"{facts.owner_login}, the same password"),
    ]
    table = "\n".join(f"  {name:9} {address:32} {text}" for name, address, text in rows)
    return f"{lived_text(facts)}\n\n{table}\n"


def lived_text(facts: Facts) -> str:
    """What was lived, in one line."""
    counts = ", ".join(f"{count} {name}" for name, count in facts.counts.items())
    return f"{facts.since} to {facts.until}: {counts}"
