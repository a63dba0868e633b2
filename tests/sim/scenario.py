"""One seed: a few hours around the end of a month while everything goes wrong, then healing, then the judges."""

from __future__ import annotations

from random import Random
from sqlite3 import Connection

from tests.sim.claims import Owner
from tests.sim.healing import heal
from tests.sim.judge import Scene, judge_counter
from tests.sim.judge_money import judge_money
from tests.sim.machine import Machine
from tests.sim.month import Treasury
from tests.sim.network import Network
from tests.sim.office import Office
from tests.sim.run import Run
from tests.sim.server import Server, still_the_machine
from tests.sim.stale import decide_on_old_figures
from tests.sim.store import Book
from tests.sim.stripe import Channel, Line
from tests.sim.till import Habits, Street, Till
from tests.sim.town import BEGIN, FUND_FEN, HOUSEHOLD, START_UNITS, SimTown
from tests.sim.trouble import trouble
from tests.sim.witness import Witness


def live(seed: int, book: Book, town: SimTown) -> Run:
    """Live one seed; raises WrongError, or whatever the product raised, where something is wrong.

    The error carries the run as `run`, for whoever looks into it.
    """
    town.shown.clear()
    with book.fresh() as raw:
        run = _begin(seed, raw, town)
        chance = run.machine.chance
        ways_back = [still_the_machine(chance), decide_on_old_figures(chance, run.stale)]
        try:
            trouble(run)
            heal(run)
            _judge(run, town)
        except BaseException as error:
            error.run = run  # type: ignore[attr-defined]
            raise
        finally:
            for back in ways_back:
                back()
            for server in run.servers:
                server.cut_off()
            run.machine.close()
    return run


def _begin(seed: int, raw: Connection, town: SimTown) -> Run:
    machine = Machine(seed, BEGIN)
    chance = machine.chance
    channel = Channel(machine)
    line = Line(machine, channel)
    witness = Witness()
    witness.cards = {town.card(person) for person in HOUSEHOLD}
    servers = [Server(f"server {n}", machine, raw, town, line) for n in (1, 2)]
    network = Network(machine, servers, witness)
    street = Street(machine, network, town, _habits(chance))
    tills = [Till(street, *row) for row in town.tills]
    owners = [Owner(street, shop, [t for t in tills if t.shop == shop]) for shop in (1, 2)]
    for owner in owners:
        owner.dishonest = chance.choice((0, 200, 500))
        owner.silent = chance.randrange(4) == 0
        owner.forgetful = chance.choice((0, 100, 400))
    office = Office(street)
    channel.hook = office.hook
    return Run(
        machine=machine,
        channel=channel,
        line=line,
        servers=servers,
        network=network,
        street=street,
        tills=tills,
        owners=owners,
        office=office,
        treasury=Treasury(street),
        raw=raw,
        witness=witness,
        stale=chance.choice((0, 900)),
    )


def _habits(chance: Random) -> Habits:
    """Each seed has a few things that happen a lot, and others not at all."""
    usual = Habits()
    drawn = {name: value * chance.choice((0, 1, 1, 3)) for name, value in usual._asdict().items()}
    drawn["sell"] = usual.sell
    drawn["wish"] = chance.choice((300, 900))
    return Habits(**drawn)


def _judge(run: Run, town: SimTown) -> None:
    scene = Scene(run.raw, run.witness, run.channel, START_UNITS, FUND_FEN, town.goods)
    judge_counter(scene)
    judge_money(scene)
