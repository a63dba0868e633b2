"""Server processes: they take requests, run the product's functions, and die and come back without memory."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from types import SimpleNamespace
from typing import Any, NamedTuple

from greenlet import greenlet

from ledger import database, ids
from ledger.database import Database
from ledger.errors import GuardMissedError, Refusal
from ledger.ids import IdMaker
from ledger.members.terms import TermsCache
from pos import gateway
from pos.desk import Desk
from pos.gateway import Gateway
from settlement import gate
from settlement.auditor.report import Report
from tests.sim.machine import MS, SECOND, CutOffError, Machine, Promise
from tests.sim.store import Fuse, SimDatabase, Wire
from tests.sim.stripe import Line
from tests.sim.witness import Said

Job = Callable[[Desk, int], Any]
"""What a request asks: a function of the process's desk and of what its clock shows."""


class Faults(NamedTuple):
    """How often things go wrong, in thousandths."""

    crash: int = 0
    pause: int = 250
    stall: int = 0


class Server:
    """One process on the shared book. Its memory (terms, account numbers, ids) ends with it."""

    def __init__(self, name: str, machine: Machine, raw: Any, town: Any, line: Line) -> None:
        """Start it; `line` leads to the payment channel."""
        self.name = name
        self.machine = machine
        self.faults = Faults()
        self.skew = 0
        self.deaths = 0
        self._raw, self._town, self._line = raw, town, line
        self._programs: list[greenlet] = []
        self._begin()

    def _begin(self) -> None:
        """A new process: nothing of the old one is left."""
        self.wire = Wire(self._raw, self._die)
        self._ids = IdMaker(self.machine.chance.randrange(1024))
        self.db = SimDatabase(self.wire, self._between)
        gateway = Gateway("sim:", "sk", session=self._session(), pause=self._sleep)
        self.desk = Desk(db=self.db, terms=TermsCache(), pepper=self._town.pepper, channel=gateway)
        self._programs = []

    @property
    def alive(self) -> bool:
        """Whether it takes requests."""
        return not self.wire.dead

    def clock(self) -> int:
        """What its clock shows."""
        return self.machine.now + self.skew

    def take(self, job: Job, answer: Promise, what: str) -> None:
        """Run a request; the promise is kept with what was said, or never where the process dies."""
        if not self.alive:
            return
        at, wire, chance = self.clock(), self.wire, self.machine.chance
        if self.faults.crash and not wire.fuse.where and chance.randrange(1000) < self.faults.crash:
            wire.fuse = _draw_fuse(chance)

        def program() -> None:
            try:
                said = Said("done", "", job(self.desk, at))
            except Refusal as refusal:
                said = Said("refused", refusal.code, dict(refusal.facts))
            except GuardMissedError as missed:
                said = Said("outrun", missed.guard, None)
            except CutOffError:
                return
            except Exception as error:  # noqa: BLE001 - whatever else the product raises is a finding
                error.add_note(f"while {self.name} did: {what}")
                self.machine.fail(error)
                return
            answer.keep(said)

        self._use_memory()
        self._programs.append(self.machine.start(program))

    def cut_off(self) -> None:
        """Kill the process from outside."""
        if self.alive:
            self.wire.dead = True
            self._die()

    # --- what happens inside

    def _die(self) -> None:
        self.deaths += 1
        self.machine.note(f"{self.name} dies")
        doomed = self._programs
        self.machine.after(0, lambda: _bury(doomed))
        self.machine.after(self.machine.chance.randint(1, 20) * SECOND, self._come_back)

    def _come_back(self) -> None:
        self._begin()
        self.machine.note(f"{self.name} is back")

    def _use_memory(self) -> None:
        """What the product keeps for a whole process belongs to this one now."""
        ids._IDS = self._ids

    def _between(self) -> None:
        """A transaction is about to begin: perhaps others come first."""
        chance, faults = self.machine.chance, self.faults
        drawn = chance.randrange(1000)
        if drawn < faults.stall:
            self._pause(chance.randint(1, 40) * SECOND)
        elif drawn < faults.stall + faults.pause:
            self._pause(chance.randint(1, 80) * MS)

    def _pause(self, delay: int) -> None:
        self.machine.put_aside(delay)
        self._woken()

    def _woken(self) -> None:
        if self.wire.dead:
            raise CutOffError
        self._use_memory()

    def _sleep(self, seconds: float) -> None:
        """The gateway waits before it tries again."""
        self._pause(int(seconds * SECOND))

    def _session(self) -> Any:
        wire = self.wire

        def request(method: str, url: str, **told: Any) -> Any:
            if wire.dead:
                raise CutOffError
            if wire.fuse.burns("before_channel"):
                self.cut_off()
                raise CutOffError
            promise = self._line.send(method, url, told)
            found = self.machine.wait_for(promise)
            if wire.fuse.burns("after_channel"):
                self.cut_off()
            if wire.dead:
                raise CutOffError
            self._use_memory()
            return self._line.read(found)

        return SimpleNamespace(request=request)


_WAYS_TO_DIE = (
    "statement",
    "before_commit",
    "before_commit",
    "after_commit",
    "after_commit",
    "before_channel",
    "after_channel",
)


def _draw_fuse(chance: Any) -> Fuse:
    where = chance.choice(_WAYS_TO_DIE)
    most = {"statement": 30, "before_commit": 6, "after_commit": 6}.get(where, 2)
    return Fuse(where, chance.randint(1, most))


def _bury(programs: list[greenlet]) -> None:
    for program in programs:
        if not program.dead:
            program.throw(CutOffError)


def _passes(
    _db: Database,
    _community_id: int,
    *,
    at: int,
    since: Report | None = None,  # noqa: ARG001 - the engine's own signature
) -> Report:
    """The second engine takes longer than a whole seed; it is tried elsewhere, and the judges stand in for it here."""
    return Report("1", "CA01", 0, "", str(at), 0, (), (), (), {})


def still_the_machine(chance: Random) -> Callable[[], None]:
    """Take the product's own dice and sleeps away, so that a seed is all there is; gives the way back."""
    instead: tuple[tuple[Any, str, Any], ...] = (
        (ids, "os", SimpleNamespace(urandom=chance.randbytes)),
        (ids, "_IDS", None),
        (database, "time", SimpleNamespace(sleep=lambda _seconds: None)),
        (gateway, "random", chance),
        (gate, "second_engine", _passes),
    )
    kept = [getattr(module, name) for module, name, _ in instead]
    for module, name, value in instead:
        setattr(module, name, value)

    def back() -> None:
        for (module, name, _), value in zip(instead, kept, strict=True):
            setattr(module, name, value)

    return back
