"""The sealer of a running server: it seals and signs by itself, outlives faults, and ends with the server."""

import logging
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from kiosk.sealing import SIGN_EVERY_US, Sealing
from ledger.database import Database
from ledger.errors import Refusal
from ledger.seal.checkpoints import newest
from ledger.seal.last_signed import LastSigned
from ledger.seal.sealer import seal, size
from tests.kiosk.test_serving import free_port, jifen, wait_for
from tests.support.log import SealedLog

FAST_S = 0.05
PATIENCE_S = 30


def sealing_of(log: SealedLog) -> Sealing:
    return Sealing(log.db, log.vault, log.last_signed, now=lambda: log.at, every_s=FAST_S)


def sealed(log: SealedLog) -> int:
    with log.db.read() as tx:
        return size(tx, log.here)


def signed(log: SealedLog) -> int:
    with log.db.read() as tx:
        found = newest(tx, log.here)
    return 0 if found is None else found.size


@pytest.fixture
def log(db: Database, tmp_path: Path) -> SealedLog:
    return SealedLog.begin(db, tmp_path, "Ed25519")


def test_it_seals_at_once_and_signs_twice_a_minute(log: SealedLog) -> None:
    sealing = sealing_of(log)
    log.grow(3)
    sealing.work_once()
    assert (sealed(log), signed(log)) == (5, 5)

    log.grow(1)
    sealing.work_once()
    assert (sealed(log), signed(log)) == (6, 5)

    log.at += SIGN_EVERY_US
    sealing.work_once()
    assert (sealed(log), signed(log)) == (6, 6)

    log.at += SIGN_EVERY_US
    sealing.work_once()
    assert signed(log) == 6


def test_a_clock_put_back_keeps_nobody_from_signing(log: SealedLog) -> None:
    sealing = sealing_of(log)
    log.grow(1)
    sealing.work_once()
    log.at -= 86_400 * 1_000_000
    log.grow(1)

    sealing.work_once()

    assert signed(log) == 4


def test_of_two_threads_the_first_leads_and_the_second_follows_it(log: SealedLog) -> None:
    first, second = sealing_of(log), sealing_of(log)
    second._last_signed = LastSigned(log.last_signed._folder)
    log.grow(1)
    first.work_once()
    log.grow(1)
    second.work_once()
    assert sealed(log) == 3

    log.last_signed.step_down()
    second.work_once()
    assert sealed(log) == 4


def test_a_thread_works_and_ends_when_told(log: SealedLog) -> None:
    sealing = sealing_of(log)
    sealing.start()
    log.grow(2)
    until = time.monotonic() + PATIENCE_S
    while sealed(log) < 4 and time.monotonic() < until:
        time.sleep(FAST_S)

    sealing.stop()

    assert sealed(log) == 4
    assert not sealing.is_alive()


def test_a_refusal_is_logged_and_the_log_left_alone_for_a_while(
    log: SealedLog,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sealing = sealing_of(log)
    log.grow(1)
    sealing.work_once()
    (tmp_path / "seal" / f"{log.here}.checkpoint").unlink()
    log.grow(1)
    log.at += SIGN_EVERY_US
    tried = []

    def count(db: Database, community_id: int) -> int:
        tried.append(community_id)
        return seal(db, community_id)

    monkeypatch.setattr("kiosk.sealing.seal", count)

    with caplog.at_level(logging.ERROR, "jifen.seal"):
        sealing.work_once()
        sealing.work_once()

    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "log_mark_missing" in caplog.text
    assert len(tried) == 1


def test_a_fault_is_logged_with_its_place_and_ends_nothing(
    log: SealedLog, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealing = sealing_of(log)

    def fail(*_: object) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr("kiosk.sealing.seal", fail)
    with caplog.at_level(logging.ERROR, "jifen.seal"):
        sealing.work_once()

    assert "the disk is gone" in caplog.text
    assert "Traceback" in caplog.text


def test_a_database_that_is_away_is_logged_and_waited_for(
    log: SealedLog, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealing = sealing_of(log)

    def away() -> None:
        raise Refusal("busy_try_again")

    with monkeypatch.context() as patched, caplog.at_level(logging.ERROR, "jifen.seal"):
        patched.setattr(log.db, "read", away)
        sealing.work_once()
    assert "cannot be read" in caplog.text
    log.grow(1)

    sealing.work_once()

    assert sealed(log) == 3


@pytest.mark.slow
def test_a_served_community_seals_signs_and_stops(tmp_path: Path) -> None:
    port = free_port()
    environment = {**os.environ, "JIFEN_DATA_DIR": str(tmp_path), "LANG": "C"}
    environment["JIFEN_SEAL_EVERY_S"] = "1"
    assert jifen("migrate", environment=environment).wait(60) == 0
    community = ("community", "new", "--issuer", "CA01", "--name", "Chang'an", "--hotline", "1")
    assert jifen(*community, "--scheme", "changan", environment=environment).wait(60) == 0
    server = jifen("serve", "--no-clockwork", "--port", str(port), environment=environment)
    note = ""
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", server, None)
        until = time.monotonic() + PATIENCE_S
        while not note and time.monotonic() < until:
            time.sleep(0.2)
            try:
                with urllib.request.urlopen(
                    f"http://127.0.0.1:{port}/api/v1/log/CA01/checkpoint", timeout=5
                ) as response:
                    note = response.read().decode()
            except OSError:
                continue
    finally:
        server.send_signal(signal.SIGTERM)
        ended = server.wait(PATIENCE_S)

    assert note.startswith("jifen/CA01\n")
    assert ended == 0
    shown = subprocess.run(
        [sys.executable, "-m", "kiosk.cli", "seal", "verify"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "True" in shown.stdout
