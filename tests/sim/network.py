"""The way between tills and servers: messages get lost, come twice, late, out of order, or not at all for a while."""

from __future__ import annotations

from typing import NamedTuple

from tests.sim.machine import MS, SECOND, Actor, Machine, Promise
from tests.sim.server import Server
from tests.sim.witness import Ask, Said, Witness

TIMEOUT = 20 * SECOND


class Weather(NamedTuple):
    """How often, in thousandths: a request or an answer is lost, a request comes a second time, or late."""

    lost: int = 0
    doubled: int = 0
    late: int = 0


class Network:
    """Carries requests to any of the servers."""

    def __init__(self, machine: Machine, servers: list[Server], witness: Witness) -> None:
        """Fine weather."""
        self.machine = machine
        self.servers = servers
        self.witness = witness
        self.weather = Weather()
        self.cut: dict[str, int] = {}
        """Until when somebody hears nothing and is not heard."""

    def ask(self, who: str, ask: Ask) -> Promise:
        """Send one try; the promise is kept with what was said, or None where no answer came in time."""
        answer, chance = Promise(), self.machine.chance
        self.machine.after(TIMEOUT, lambda: answer.keep(None))
        self._travel(who, ask, answer, self._delay())
        if chance.randrange(1000) < self.weather.doubled:
            self._travel(who, ask, Promise(), chance.randint(1, 200) * SECOND)
        return answer

    def cut_off(self, who: str, seconds: int) -> None:
        """Nothing comes through to or from somebody for a while."""
        self.machine.note(f"{who} is cut off for {seconds} s")
        self.cut[who] = self.machine.now + seconds * SECOND

    def persist(self, who: str, ask: Ask, tries: int) -> Actor:
        """Ask until there is a final answer, or as often as one is willing to."""
        for number in range(tries):
            said = yield self.ask(who, ask)
            if said is not None and ask.is_final(said):
                ask.told = True
                return
            yield self.machine.chance.randint(1, 5 + 10 * number) * SECOND

    def _delay(self) -> int:
        if self.machine.chance.randrange(1000) < self.weather.late:
            return self.machine.chance.randint(1, 60) * SECOND
        return self.machine.chance.randint(1, 100) * MS

    def _lost(self, who: str) -> bool:
        if self.cut.get(who, 0) > self.machine.now:
            return True
        return self.machine.chance.randrange(1000) < self.weather.lost

    def _travel(self, who: str, ask: Ask, answer: Promise, delay: int) -> None:
        if self._lost(who):
            return
        server = self.machine.chance.choice(self.servers)

        def arrive() -> None:
            if not server.alive:
                return
            ask.arrivals.append(server.clock())
            if ask.first_at is None:
                ask.first_at = self.machine.now
            reply = Promise()
            reply.then(lambda said: self._say(who, ask, said, answer))
            server.take(ask.job, reply, ask.kind)

        self.machine.after(delay, arrive)

    def _say(self, who: str, ask: Ask, said: Said, answer: Promise) -> None:
        self.machine.note(f"{ask.kind} {ask.facts.get('label', '')} -> {said.how} {said.code}")
        self.witness.said(ask, said, self.machine.now)
        if not self._lost(who):
            self.machine.after(self._delay(), lambda: answer.keep(said))
