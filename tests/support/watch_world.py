"""An honest month of a small community, five rings put into it, and the truth; knows no rule of the watch."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

from settlement.rings import Award, Shown
from settlement.watch import Deal

HOUR = 3_600_000_000
DAY = 24 * HOUR
START = 1_772_380_800_000_000  # 2026-03-02 00:00 in Shanghai
ZONE = 8 * HOUR
SHOPS = tuple((n, median, sd) for n, (median, sd) in enumerate(
    [(3200, .85), (2800, .85), (1400, .7), (1300, .7), (4600, .7), (1600, .7), (900, .5), (1900, .5),
     (6200, .7), (3800, .9), (2500, .4), (8000, .6)], start=1))  # fmt: skip
SHARES = (20, 14, 12, 10, 6, 13, 9, 6, 4, 3, 2, 1)


@dataclass
class World:
    """A month's deals, awards and codes read; `truth`: ring and the day its own night must raise it."""

    deals: list[Deal] = field(default_factory=list)
    awards: list[Award] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    truth: set[tuple[str, int]] = field(default_factory=set)
    opened: dict[int, int] = field(default_factory=dict)

    def honest_sales(self) -> int:
        """How many sales nobody planted."""
        return sum(deal.is_sale and deal.wallet < RING_WALLETS for deal in self.deals)


RING_WALLETS = 9_000


def date(number: int) -> int:
    """The n-th day (yyyymmdd) of a month that begins on 2 March 2026."""
    return 20260302 + number if number < 30 else 20260401 + number - 30


def honest(seed: int, *, days: int = 31, a_day: int = 70, wallets: int = 320) -> World:
    """People who buy as people do: a few often, most seldom, in opening hours, a quarter with points."""
    chance = random.Random(seed)
    world = World()
    weights = [chance.gammavariate(0.6, 1) for _ in range(wallets)]
    count = 0
    for number in range(days):
        for _ in range(a_day):
            count += 1
            shop, median, sd = chance.choices(SHOPS, SHARES)[0]
            wallet = chance.choices(range(1, wallets + 1), weights)[0]
            fen = max(round(math.exp(chance.gauss(math.log(median), sd))), 100)
            at = START + number * DAY + round(chance.triangular(7, 20.5, 12) * HOUR)
            points = fen >= 400 and chance.random() < 0.28
            offset = min(fen * 3 // 10, chance.choice((100, 200, 300, 500, 1000))) if points else 0
            paid = fen - offset
            deal = Deal(f"S{count:05d}", shop, shop * 10 + chance.randrange(2), shop * 100 + chance.randrange(3),
                        wallet, at, date(number), fen, offset, paid)  # fmt: skip
            world.deals.append(deal)
            if chance.random() < 0.016:
                world.deals.append(
                    deal._replace(ref=f"B{count:05d}", original=deal.ref, at=at + HOUR)
                )
        for _ in range(4):
            giver, taker = chance.sample(range(1, 60), 2)
            world.awards.append(Award(giver, taker, date(number), f"A{number}-{giver}"))
    for n in range(400):
        at = START + chance.randrange(days) * DAY + 10 * HOUR + chance.randrange(8 * HOUR)
        shop = chance.choices(SHOPS, SHARES)[0][0]
        world.shown.append(Shown(f"C{n}", shop, shop * 10, at, date((at - START) // DAY)))
        if n % 20 == 0:  # read twice at the same till: an impatient hand
            world.shown.append(
                Shown(f"C{n}", shop, shop * 10, at + 5_000_000, date((at - START) // DAY))
            )
    return world


def with_rings(seed: int) -> World:
    """The honest month and one ring of each kind."""
    world, chance = honest(seed), random.Random(seed + 1)
    _refund_loop(world, chance)
    _cashiers_card(world, chance)
    _sham_offsets(world, chance)
    _favours(world, chance)
    _replay(world, chance)
    return world


def _at(number: int, chance: random.Random) -> int:
    return START + number * DAY + round(chance.uniform(9, 19) * HOUR)


def _refund_loop(world: World, chance: random.Random) -> None:
    """Bought with points, brought back for cash, four times in ten days."""
    for n, number in enumerate((12, 15, 18, 21)):
        at = _at(number, chance)
        sale = Deal(f"L{n}", 1, 10, 101, RING_WALLETS, at, date(number), 4_000, 1_200, 2_800)
        world.deals += [sale, sale._replace(ref=f"LB{n}", original=sale.ref, at=at + HOUR)]
    world.truth |= {("R1", date(18)), ("R1", date(21))}


def _cashiers_card(world: World, chance: random.Random) -> None:
    """A cashier runs one card over other people's purchases, a dozen times a day."""
    for number in (9, 16):
        for n in range(12):
            at = _at(number, chance)
            world.deals.append(Deal(f"K{number}-{n}", 4, 40, 402, RING_WALLETS + 1, at, date(number),
                                    chance.randrange(500, 3_000), 0, 1_500))  # fmt: skip
        world.truth.add(("R2", date(number)))


def _sham_offsets(world: World, chance: random.Random) -> None:
    """Thirty offsets on bills of round yuan in one night, with many cards."""
    for n in range(30):
        fen = chance.choice((2_000, 5_000, 10_000))
        at = START + 24 * DAY + 20 * HOUR + n * 90_000_000
        world.deals.append(Deal(f"X{n}", 7, 70, 701, RING_WALLETS + 10 + n % 8, at, date(24), fen, fen * 3 // 10,
                                fen * 7 // 10))  # fmt: skip
    world.truth.add(("R3", date(24)))


def _favours(world: World, chance: random.Random) -> None:
    """Two homes that grant to each other, four times each way."""
    for n, number in enumerate((3, 5, 8, 11, 13, 17, 20, 22)):
        there = n % 2 == 0
        homes = (91, 92) if there else (92, 91)
        world.awards.append(Award(*homes, date(number), f"F{n}"))
    # The third grant of the second home makes it three each way.
    world.truth |= {("R4", date(17)), ("R4", date(20)), ("R4", date(22))}
    del chance


def _replay(world: World, chance: random.Random) -> None:
    """A screenshot shown at two shops four minutes apart."""
    at = _at(27, chance)
    world.shown += [
        Shown("SCREEN", 2, 20, at, date(27)),
        Shown("SCREEN", 6, 60, at + 240_000_000, date(27)),
    ]
    world.truth.add(("R5", date(27)))
