"""The clockwork at work: take what is due, do it, write down its end; look again a little later.

Several servers over one database each have one. A run is taken in the record before it is begun, so that each is done
by one of them; what a killed one had begun is gone on with by another when its time is up.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from kiosk.clockwork import record
from kiosk.clockwork.plan import is_blocked, left_over, open_runs
from kiosk.clockwork.rules import MINUTE_US, Due, Step, read_timetable, rest_minutes
from kiosk.clockwork.steps import WORK, StillOpenError, Work
from kiosk.opened import Opened
from ledger.errors import Refusal
from ledger.members.communities import all_communities
from ledger.sql import Tx

RENEW_S: Final = record.LEASE_US / 3_000_000
_LOG: Final = logging.getLogger("jifen.clockwork")


class Ended(NamedTuple):
    """One run this worker took: `done` or `failed`, with its answer or what went wrong."""

    community_id: int
    due: Due
    state: str
    answer: Mapping[str, Any]
    problem: str


class Clockwork:
    """One worker over one database."""

    def __init__(
        self,
        server: Opened,
        *,
        now: Callable[[], int],
        work: Mapping[str, Work] = WORK,
        timetable: tuple[Step, ...] | None = None,
        renew_s: float = RENEW_S,
    ) -> None:
        """Prepare a worker; `now` gives microseconds UTC and is asked before each step and at its end."""
        self.worker = secrets.token_hex(8)
        self._server = server
        self._now = now
        self._work = work
        self._timetable = read_timetable() if timetable is None else timetable
        self._renew_s = renew_s

    def tick(self) -> list[Ended]:
        """Do everything that is due and free, the oldest first, community by community; gives what was done."""
        with self._server.db.read() as tx:
            here = [int(row.community_id) for row in all_communities(tx)]
        ended: list[Ended] = []
        for community_id in here:
            try:
                ended.extend(self._community(community_id))
            except Exception:  # noqa: BLE001 - the other communities go on, and so does the next look
                _LOG.exception("clockwork of community %s", community_id)
        return ended

    def _community(self, community_id: int) -> Iterator[Ended]:
        tried: set[tuple[str, int]] = set()
        while True:
            with self._server.db.read() as tx:
                behind = left_over(tx, community_id, self._timetable)
                still_open = open_runs(tx, community_id, self._timetable, now=self._now())
            free = [due for _, due in behind]
            free += [due for step, due in still_open if not is_blocked(due, step, still_open)]
            chosen = next((due for due in free if (due.step, due.period) not in tried), None)
            if chosen is None:
                return
            tried.add((chosen.step, chosen.period))
            ended = self.do(community_id, chosen)
            if ended is not None:
                yield ended

    def do(self, community_id: int, due: Due) -> Ended | None:
        """Do one run, if it is free: None where another has it, or it rests after a failure.

        A run that is done gives its kept answer again and does nothing.
        """
        db, key = self._server.db, (community_id, due.step, due.period)
        at = self._now()
        with db.read() as tx:
            known = record.find_run(tx, *key)
        if known is not None and known.state == "done":
            return Ended(community_id, due, "done", known.answer, "")
        worker = self.worker
        if not db.write(lambda tx: record.take(tx, *key, due_at=due.due_at, worker=worker, at=at)):
            return None
        try:
            with self._held(key):
                answer = self._work[due.step](self._server, community_id, due.period, at)
        except Exception as error:  # noqa: BLE001 - kept with the run, tried again, shown in the office
            return self._failed(community_id, due, _problem(error))
        ended_at = self._now()
        if not db.write(
            lambda tx: record.end_well(tx, *key, worker=worker, answer=answer, at=ended_at)
        ):
            _LOG.warning("%s %s was lost to another worker", due.step, due.period)
        return Ended(community_id, due, "done", answer, "")

    def _failed(self, community_id: int, due: Due, problem: str) -> Ended:
        at = self._now()
        key = (community_id, due.step, due.period)

        def work(tx: Tx) -> None:
            run = record.find_run(tx, *key)
            tries = 1 if run is None else run.tries
            record.end_badly(
                tx,
                *key,
                worker=self.worker,
                problem=problem,
                next_try_at=at + rest_minutes(tries) * MINUTE_US,
                at=at,
            )

        self._server.db.write(work)
        return Ended(community_id, due, "failed", {}, problem)

    @contextmanager
    def _held(self, key: tuple[int, str, int]) -> Iterator[None]:
        """Renew the hold on a run while the block works."""
        over = threading.Event()

        def renew(tx: Tx) -> None:
            record.renew(tx, *key, worker=self.worker, at=self._now())

        def hold() -> None:
            while not over.wait(self._renew_s):
                try:
                    self._server.db.write(renew)
                except Exception:  # noqa: BLE001 - the next renewal may succeed; the lease is three of them long
                    _LOG.exception("the hold on %s was not renewed", key[1])

        thread = threading.Thread(target=hold, name="jifen-clockwork-hold", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _problem(error: Exception) -> str:
    """What went wrong, without anybody's words in it: a refusal's code, a night's state, or the error's name."""
    if isinstance(error, Refusal):
        return error.code
    if isinstance(error, StillOpenError):
        return f"night_{error.state}"
    _LOG.error("a step failed", exc_info=error)
    return type(error).__name__
