"""Everything of one seed in one place, and what must hold of it at any moment."""

from __future__ import annotations

from dataclasses import dataclass
from sqlite3 import Connection

from tests.sim.claims import Owner
from tests.sim.machine import Actor, Machine
from tests.sim.month import Treasury
from tests.sim.network import Network
from tests.sim.office import Office
from tests.sim.server import Server
from tests.sim.stripe import Channel, Line
from tests.sim.till import Street, Till
from tests.sim.witness import Witness, WrongError
from tests.support.invariants import CHECKS

_BY_ONE_CLOCK = {"a_locked_day_takes_nothing_more"}
"""Compares times that two servers' clocks wrote, which differ here; the judge asks the one true clock instead."""


@dataclass(kw_only=True)
class Run:
    """A street, its shops, its office, its servers, and the channel."""

    machine: Machine
    channel: Channel
    line: Line
    servers: list[Server]
    network: Network
    street: Street
    tills: list[Till]
    owners: list[Owner]
    office: Office
    treasury: Treasury
    raw: Connection
    witness: Witness
    stale: int
    """How many requests in a thousand are decided on figures of an earlier transaction."""

    def settle(self, *actors: Actor, within: int) -> None:
        """Let actors live to their end, or find that they do not come to one."""
        for ended in [self.machine.follow(actor) for actor in actors]:
            if not self.machine.run_until(ended, within=within):
                raise WrongError("somebody never came to an end")

    def not_before(self, moment: int) -> None:
        """Let nothing happen until then."""
        self.machine.now = max(self.machine.now, moment)

    def last_locked(self) -> int | None:
        """The last day that takes no entry any more."""
        asked = "SELECT max(business_date) FROM book_day WHERE state = 'locked'"
        day: int | None = self.raw.execute(asked).fetchone()[0]
        return day

    def check(self) -> None:
        """What must be true of the book at any moment."""
        for name, query in CHECKS.items():
            rows = [] if name in _BY_ONE_CLOCK else self.raw.execute(query).fetchmany(3)
            if rows:
                raise WrongError(f"{name}: {rows}")
