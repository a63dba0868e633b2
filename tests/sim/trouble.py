"""Safety: a last evening of March, a night and a morning, while everything goes wrong that can."""

from __future__ import annotations

from typing import Any

from tests.sim.machine import DAY, HOUR, MINUTE, SECOND, Actor
from tests.sim.network import Weather
from tests.sim.run import Run
from tests.sim.server import Faults
from tests.sim.store import Fuse
from tests.sim.stripe import Troubles
from tests.sim.till import STEP, Till
from tests.sim.town import day_after, day_at, midnight_after

LAST = 20260331
GAPS = ((0, 2), (5, 60), (5, 400))
"""Seconds between two acts of a till: a rush hour, a busy and a quiet day."""


def trouble(run: Run) -> None:
    """Whatever is said must be true, however much goes wrong."""
    machine, chance = run.machine, run.machine.chance
    run.not_before(midnight_after(LAST) - chance.choice((10, 40, 150)) * MINUTE)
    _faults(run)
    gap = chance.choice(GAPS)
    shift = [till.work(chance.randint(1, 5), gap) for till in run.tills]
    scenes = [_debtor(run)] if chance.randrange(3) == 0 else []
    if chance.randrange(4) == 0:
        scenes.append(_on_its_way(run))
    often = run.office.recover_often(chance.choice((0, 0, 6)))
    office = run.office.work(chance.randint(0, 3), (5, 600))
    run.settle(*shift, *scenes, often, office, within=DAY)
    if chance.randrange(2):
        run.settle(*_rush(run), within=DAY)
    if chance.randrange(2):
        day = day_after(day_at(machine.now))
        run.settle(run.office.sign(2, day, frozenset({"earn"})), within=DAY)
    run.check()
    _evening(run, LAST)
    run.check()
    run.not_before(midnight_after(LAST) + 9 * HOUR)
    second = chance.randint(0, 4)
    shift = [till.work(second, gap) for till in run.tills]
    office = run.office.work(chance.randint(0, 3), (5, 600))
    run.settle(*shift, office, run.office.decide_some(3), within=DAY)
    run.check()


def _faults(run: Run) -> None:
    machine, chance = run.machine, run.machine.chance
    run.network.weather = Weather(*(chance.choice((0, 30, 150)) for _ in Weather._fields))
    run.channel.troubles = Troubles(*(chance.choice((0, 30, 120)) for _ in Troubles._fields))
    for server in run.servers:
        server.faults = Faults(
            crash=chance.choice((0, 20, 150)),
            pause=700 if run.stale else chance.choice((100, 500)),
            stall=chance.choice((0, 10)),
        )
        server.skew = chance.choice((0, 0, chance.randint(-8, 8))) * SECOND
    if chance.randrange(4) == 0:
        # One machine whose clock nobody looks after.
        chance.choice(run.servers).skew = chance.randint(-20, 5) * MINUTE
    if chance.randrange(3) == 0:
        machine.after(chance.randint(60, 3600) * SECOND, lambda: _step_clock(run))
    if chance.randrange(3) == 0:
        code = chance.choice(run.tills).code
        machine.after(chance.randint(0, 1800) * SECOND, lambda: run.network.cut_off(code, 1800))
    if chance.randrange(2):
        for _ in range(3):
            machine.after(chance.randint(0, 1800) * SECOND, lambda: run.line.break_for(90))


def _step_clock(run: Run) -> None:
    server = run.machine.chance.choice(run.servers)
    server.skew += run.machine.chance.randint(-300, 300) * SECOND
    run.machine.note(f"{server.name}'s clock steps")


def _rush(run: Run) -> list[Actor]:
    """One household at every till at one moment, each time with most of the points it has."""
    wallets = run.raw.execute(
        "SELECT a.owner_id, b.posted - b.held FROM account a"
        " JOIN balance b ON b.account_id = a.account_id WHERE a.kind = 'wallet'"
        f" AND b.posted - b.held BETWEEN {STEP} AND 53000 ORDER BY 1"
    ).fetchall()
    if not wallets:
        return []
    person, points = run.machine.chance.choice(wallets)
    wished = {"person": person, "total_fen": 50_000, "fresh": True}
    wished["offset_units"] = max(STEP, points * 3 // 4 // STEP * STEP)
    if run.machine.chance.randrange(2):
        wished["by_gateway"] = False
    return [_at_once(till, wished) for till in run.tills]


def _at_once(till: Till, wished: dict[str, Any]) -> Actor:
    """Two bills of one household at one till, one right after the other."""
    for _ in range(2):
        yield from till.sell(**wished)


def _debtor(run: Run) -> Actor:
    """Somebody earns, spends what was earned, and brings the goods back: points are owed."""
    till, other = run.machine.chance.sample(run.tills, 2)
    before = set(map(id, run.witness.asks))
    yield from till.sell(person=4, total_fen=30_000, offset_units=0, by_gateway=True, fresh=True)
    sold = [
        ask
        for ask in run.witness.of("sale")
        if id(ask) not in before and ask.facts["till"] == till.code
    ]
    yield 130 * SECOND
    yield from other.sell(
        person=4, total_fen=60_000, offset_units=28_000, by_gateway=False, fresh=True
    )
    for ask in sold[:1]:
        if ask.told and ask.done:
            yield from till.take_back(ask, ask.facts["total_fen"])
    yield 130 * SECOND
    yield from till.sell(person=4, total_fen=4_000, offset_units=0, fresh=True)


def _on_its_way(run: Run) -> Actor:
    """A payment that hangs on the line until long after the sale was let go."""
    run.line.break_for(60, "late_request")
    till = run.machine.chance.choice(run.tills)
    yield from till.sell(by_gateway=True, fresh=True, tries=1)
    yield 150 * SECOND
    yield from run.office.recover()


def _evening(run: Run, day: int) -> None:
    """The shops file, the bills come, the night is closed; right after midnight or at two, by one worker or two."""
    chance = run.machine.chance
    files = [owner.file_all(tries=3, forget=True) for owner in run.owners]
    # The same bill may be read in by two people at once.
    times = chance.choice((1, 1, 2))
    bills = [owner.send_bill(tries=2) for owner in run.owners for _ in range(times)]
    run.settle(*files, *bills, within=DAY)
    run.not_before(midnight_after(day) + SECOND)
    slow = any(server.skew < -MINUTE for server in run.servers)
    if not slow and chance.randrange(2):
        # Who sells after midnight and before the night has begun sells on the next day.
        run.settle(*(till.work(1, (0, 60)) for till in run.tills), within=DAY)
        run.not_before(midnight_after(day) + chance.choice((0, 2)) * HOUR)
    if chance.randrange(2):
        for server in run.servers:
            server.wire.fuse = Fuse("after_commit", chance.randint(4, 20))
    late = [till.work(1, (0, 60)) for till in run.tills if chance.randrange(3) == 0]
    night = run.office.night(day, tries=6, workers=chance.choice((1, 1, 2)))
    run.settle(night, *late, within=2 * DAY)
    # Where one clock is slow, it is still yesterday there when the day is locked.
    acts = 2 if slow else chance.randrange(2)
    run.settle(*(till.work(acts, (0, 60)) for till in run.tills), within=DAY)
