"""One fault in one write or sync call of a posting: the process killed, the disk full, the disk broken.

`strace` injects the fault into the n-th such call of a forked process that posts one thing; n runs over every call the
posting makes. Afterwards the book must hold, what was acknowledged must be there, and the same request asked again must
leave exactly what an undisturbed run leaves.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import Engine

from ledger.database import Database
from ledger.errors import Refusal
from ledger.members.terms import TermsCache
from pos.desk import Desk
from tests.support.fake_channel import FakeChannel
from tests.support.invariants import broken
from tests.support.town import Town

Flow = Callable[[Database, Town], object]
"""Posts one thing under a request id of its own; posting it again changes nothing."""

Book = list[tuple[object, ...]]
"""What a book says, without its ids."""

CALLS: Final = ("pwrite64", "fdatasync", "fsync", "ftruncate")
FAULTS: Final = {
    "killed": "signal=KILL",
    "disk full": "error=ENOSPC",
    "disk broken": "error=EIO",
}

_STATE: Final = (
    """SELECT a.kind, a.commodity, a.owner_id, b.posted, b.held FROM balance b
    JOIN account a ON a.account_id = b.account_id ORDER BY 1, 2, 3""",
    """SELECT d.kind, c.kind, t.commodity, count(*), sum(t.amount) FROM transfer t
    JOIN account d ON d.account_id = t.debit_id JOIN account c ON c.account_id = t.credit_id
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""",
    "SELECT kind, count(*) FROM txn GROUP BY kind ORDER BY kind",
)
# What does not hold between two postings of one flow; it must when the flow was run again.
_BETWEEN: Final = {"lend": "nobody_has_points_in_hand_and_a_debt"}
_FORK = get_context("fork")
_WAIT_S: Final = 60
HASTE_S: Final = 0.2
"""How long after its answer the control commits: time to write the answer down on a busy machine."""
_CALL: Final = re.compile(rf"^\s*(?:\[pid\s+)?(\d+)\]?\s+({'|'.join(CALLS)})\(", re.MULTILINE)


class Place(NamedTuple):
    """The `number`-th call of a kind in any one thread, and what happens there."""

    call: str
    number: int
    fault: str


@dataclass(frozen=True)
class Bench:
    """A prepared database, copied for each try, and how a process opens its copy."""

    town: Town
    prepared: Path
    folder: Path
    open_database: Callable[[str], Database] = Database

    def at(self, db: Database) -> Town:
        """The town as somebody sees it who opened `db`."""
        channel = FakeChannel(channel_of(self.folder / "tried.db"))
        desk = Desk(db=db, terms=TermsCache(), pepper=self.town.desk.pepper, channel=channel)
        return replace(self.town, db=db, desk=desk)

    def fresh(self) -> Path:
        """A copy to damage."""
        path = self.folder / "tried.db"
        for ending in ("", "-wal", "-shm"):
            Path(f"{path}{ending}").unlink(missing_ok=True)
        shutil.copyfile(self.prepared, path)
        shutil.copyfile(channel_of(self.prepared), channel_of(path))
        (self.folder / "acknowledged").unlink(missing_ok=True)
        return path

    def run(self, flow: Flow, place: Place | None) -> Outcome:
        """Post once in a process of its own, with the fault at `place` or only listened to."""
        path = self.fresh()
        child = _FORK.Process(target=self._post, args=(flow, path))
        child.start()
        log = self.folder / "strace"
        with _strace(child, log, place):
            child.join(_WAIT_S)
        assert child.exitcode in {0, 3, -signal.SIGKILL}, child.exitcode
        text = log.read_text()
        hit = "(INJECTED)" in text or child.exitcode == -signal.SIGKILL
        return Outcome(path, (self.folder / "acknowledged").exists(), hit, _counts(text))

    def _post(self, flow: Flow, path: Path) -> None:
        os.kill(os.getpid(), signal.SIGSTOP)
        db = self.open_database(f"sqlite:///{path}")
        try:
            flow(db, self.at(db))
        except (sqlite3.Error, OSError, Refusal):
            os._exit(3)
        os.close(os.open(self.folder / "acknowledged", os.O_WRONLY | os.O_CREAT))
        # Long enough for a database that commits behind the answer to meet its fault.
        if self.open_database is not Database:
            time.sleep(3 * HASTE_S)
        os._exit(0)


def channel_of(path: Path) -> Path:
    """The payment channel's own book beside a database."""
    return path.with_suffix(".channel")


class Outcome(NamedTuple):
    """What a try left: the file, whether it was answered, whether the fault struck, its calls by kind."""

    path: Path
    acknowledged: bool
    hit: bool
    calls: dict[str, int]


def places(calls: dict[str, int]) -> Iterator[Place]:
    """Every fault in every call an undisturbed run makes, and one call beyond."""
    for call, count in sorted(calls.items()):
        for number in range(1, count + 2):
            for fault in FAULTS:
                yield Place(call, number, fault)


def state_of(engine: Engine) -> Book:
    """The book without its ids: every balance, every account's sum, how many postings of each kind."""
    with engine.connect() as connection:
        return [tuple(row) for query in _STATE for row in connection.exec_driver_sql(query)]


def faults_after(bench: Bench, flow: Flow, outcome: Outcome, wanted: Book) -> list[str]:
    """What is wrong after a try, before and after the request is asked again; [] when all is well."""
    db = Database(f"sqlite:///{outcome.path}")
    try:
        with db.engine.connect() as connection:
            between = _BETWEEN.get(getattr(flow, "__name__", ""), "")
            wrong = [
                f"{name}: {rows}" for name, rows in broken(connection).items() if name != between
            ]
        if outcome.acknowledged and state_of(db.engine) != wanted:
            wrong.append("acknowledged, and not there")
        flow(db, bench.at(db))
        if state_of(db.engine) != wanted:
            wrong.append("asked again, it left something else than an undisturbed run")
        with db.engine.connect() as connection:
            wrong += [f"{name}: {rows}" for name, rows in broken(connection).items()]
    finally:
        db.close()
    return wrong


@contextlib.contextmanager
def _strace(child: BaseProcess, log: Path, place: Place | None) -> Iterator[None]:
    """Listen to the stopped `child`, with the fault at `place`, and let it go on."""
    pid = child.pid or 0
    _until(lambda: _status(pid, "State").startswith("T"))
    words = ["strace", "-f", "-qq", "-o", str(log), "-e", f"trace={','.join(CALLS)}"]
    if place is not None:
        words += ["-e", f"inject={place.call}:{FAULTS[place.fault]}:when={place.number}"]
    with subprocess.Popen([*words, "-p", str(pid)], stderr=subprocess.DEVNULL):
        _until(lambda: _status(pid, "TracerPid") not in {"0", ""})
        os.kill(pid, signal.SIGCONT)
        yield


def _counts(text: str) -> dict[str, int]:
    """The most calls of each kind that one thread made: strace counts them for each thread."""
    seen: dict[tuple[str, str], int] = {}
    for thread, call in _CALL.findall(text):
        seen[thread, call] = seen.get((thread, call), 0) + 1
    most: dict[str, int] = {}
    for (_, call), count in seen.items():
        most[call] = max(most.get(call, 0), count)
    return most


def _status(pid: int, name: str) -> str:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return line.partition(":")[2].strip()
    return ""


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _WAIT_S
    while not true():
        assert time.monotonic() < deadline, "strace did not attach"
        time.sleep(0.001)
