"""Liveness: with nothing in the way any more, every queue empties and everything unknown becomes known."""

from __future__ import annotations

from tests.sim.machine import DAY, HOUR, MINUTE, Actor
from tests.sim.network import Weather
from tests.sim.run import Run
from tests.sim.server import Faults
from tests.sim.stripe import Troubles
from tests.sim.town import day_after, day_at, midnight_after
from tests.sim.witness import WrongError

MOST_TRIES = 40
"""In the end everything must have an answer within so many tries."""

MARCH, APRIL, LAST_OF_APRIL = 202603, 202604, 20260430


def heal(run: Run) -> None:
    """Everybody gets an answer, every day and month is closed, every shop is paid."""
    chance = run.machine.chance
    run.network.weather, run.network.cut = Weather(), {}
    run.channel.troubles = Troubles(returned=chance.choice((0, 500)))
    for server in run.servers:
        server.faults, server.wire.fuse.where, server.skew = Faults(pause=50), "", 0
    # Whatever is still on its way arrives; who died comes back.
    run.machine.run(run.machine.now + 10 * MINUTE)
    for _ in range(2):
        run.settle(run.office.recover(), *(till.clear_outbox(3) for till in run.tills), within=DAY)
        run.machine.run(run.machine.now + 10 * MINUTE)
    run.settle(*(till.clear_outbox(MOST_TRIES) for till in run.tills), within=2 * DAY)
    run.settle(_finish_office(run), within=2 * DAY)
    # An office that works on every difference, or one that leaves them lying.
    diligent = chance.randrange(3) == 0
    _close_days(run, diligent=diligent)
    _close_month(run, MARCH)
    if chance.randrange(3):
        run.not_before(midnight_after(LAST_OF_APRIL) + 2 * HOUR)
        if (run.last_locked() or 0) < LAST_OF_APRIL:
            run.settle(run.office.night(LAST_OF_APRIL, tries=MOST_TRIES), within=2 * DAY)
        if diligent:
            run.settle(run.office.decide_some(100, everything=True), within=DAY)
        _close_month(run, APRIL)
    run.settle(run.office.seal(), within=DAY)
    run.check()


def _finish_office(run: Run) -> Actor:
    """What the office asked for and never heard of is asked for again."""
    for ask in run.witness.of("grant", "fund", "decide", "approve"):
        if not ask.told:
            yield from run.network.persist("office", ask, MOST_TRIES)


def _close_days(run: Run, *, diligent: bool) -> None:
    """Everybody files, every ended day is locked, every difference decided, if by a diligent office."""
    today = day_at(run.machine.now)
    for owner in run.owners:
        file = owner.file_all(tries=MOST_TRIES, forget=False, silent=owner.silent)
        run.settle(file, owner.send_bill(tries=MOST_TRIES), within=DAY)
    run.not_before(midnight_after(today) + 2 * HOUR)
    for day in _open_days(run, today):
        run.settle(run.office.night(day, tries=MOST_TRIES), within=2 * DAY)
    if (run.last_locked() or 0) < today:
        raise WrongError(f"the night of {today} never locked its day")
    # A second look finds what was proposed and waits for another person.
    for _ in range(2 if diligent else 0):
        run.settle(run.office.decide_some(100, everything=True), within=DAY)


def _open_days(run: Run, today: int) -> list[int]:
    last = run.last_locked()
    day = 20260331 if last is None else day_after(last)
    days = []
    while day <= today:
        days.append(day)
        day = day_after(day)
    return days


def _close_month(run: Run, month: int) -> None:
    """Statements, acceptance, payouts, until nothing is under way."""
    machine, chance = run.machine, run.machine.chance
    run.settle(run.treasury.close(month, tries=MOST_TRIES), within=40 * DAY)
    run.channel.troubles = run.channel.troubles._replace(lost_answer=100, slow=300, declined=100)
    if chance.randrange(2):
        run.line.break_for(chance.randint(50, 200))
    run.settle(run.treasury.pay(month, tries=4), within=40 * DAY)
    run.channel.troubles = Troubles()
    run.settle(run.treasury.pay(month, tries=MOST_TRIES), within=80 * DAY)
    machine.run(machine.now + 3 * DAY)
    returned, run.channel.returned = run.channel.returned, []
    run.settle(run.treasury.hear_returns(returned), within=80 * DAY)
