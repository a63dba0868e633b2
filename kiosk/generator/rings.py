"""Five rings of people who cheat together, planted once each: what they do, and in which nights it must show."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from kiosk.generator.rhythm import days
from kiosk.generator.shapes import DAY_S, Deed, GoodsBack, Person, Purchase, Replay, Ring, Rings
from kiosk.generator.streams import Streams

_SETTLED_DAYS: Final = 24
"""A ring needs accounts with points on them: none is over before this many days have passed."""
_LEFT_DAYS: Final = 3
_HOUR_S: Final = 3_600
_MINUTE_S: Final = 60

_LOOP_SHOP, _CASHIER_SHOP, _SHAM_SHOP, _REPLAY_SHOPS = "M03", "M04", "M05", ("M02", "M06")
_LOOP_DAYS: Final = (9, 6, 3, 0)
_LOOP_STAKE_FEN, _LOOP_FEN, _LOOP_POINTS = 15_000, 4_000, 200
_CASHIER_DAYS, _CASHIER_SALES = (7, 0), 12
_SHAM_COUNTS: Final = (20, 40)
_SHAM_FEN: Final = (2_000, 5_000, 10_000)
_SHAM_ACCOUNTS, _SHAM_POINTS = 20, 400
_FAVOUR_DAYS: Final = (21, 18, 15, 12, 9, 6, 3, 0)
_HONEST_DEEDS_A_DAY: Final = 0.5
_REPLAY_FEN, _REPLAY_GAP_S = 2_600, 240


def plant_rings(
    people: Sequence[Person], streams: Streams, since: date, until: date, *, after: tuple[int, int]
) -> Rings:
    """Five rings at times of their own in a period; none where it is too short.

    `after`: the highest numbers of a purchase and of goods brought back that are taken.
    """
    rings = Rings()
    first, last = since + timedelta(days=_SETTLED_DAYS), until - timedelta(days=_LEFT_DAYS)
    if first > last:
        return rings
    chance = streams.stream("rings")
    planter = _Planter(rings, chance, _Cast(people, since, chance), after)
    for plant in (planter.loop, planter.cashier, planter.sham, planter.favours, planter.replay):
        plant(first + timedelta(days=chance.randint(0, (last - first).days)))
    planter.honest_deeds(since, until)
    rings.truth.sort()
    return rings


class _Cast:
    """Picks people for parts; nobody twice, and no two of one home."""

    def __init__(self, people: Sequence[Person], since: date, chance: random.Random) -> None:
        self._chance = chance
        early = since + timedelta(days=1)
        self._members = [
            person
            for person in people
            if person.joined_on is not None and person.joined_on <= early
        ]
        self._homes = Counter(person.household for person in people if person.joined_on is not None)
        self._used: set[int] = set()

    def busy(self, count: int) -> list[int]:
        """Those who buy most and so have points."""
        return self._take(sorted(self._members, key=lambda p: -p.activity), count)

    def alone(self) -> int:
        """Somebody who buys little, with no other account in their home."""
        quiet = (p for p in self._members if self._homes[p.household] == 1)
        return self._take(sorted(quiet, key=lambda p: (p.activity, p.number)), 1)[0]

    def by_phone(self) -> int:
        """Somebody who shows a phone's code."""
        return self._take(self._shuffled(lambda p: p.carrier == "phone"), 1)[0]

    def anybody(self, count: int) -> list[int]:
        """People as they come."""
        return self._take(self._shuffled(lambda _p: True), count)

    def _shuffled(self, fits: Callable[[Person], bool]) -> list[Person]:
        fitting = [person for person in self._members if fits(person)]
        self._chance.shuffle(fitting)
        return fitting

    def _take(self, order: Sequence[Person], count: int) -> list[int]:
        taken: list[int] = []
        for person in order:
            if len(taken) < count and person.household not in self._used:
                self._used.add(person.household)
                taken.append(person.number)
        return taken


class _Planter:
    """Writes the rings into the documents of the period."""

    def __init__(
        self, rings: Rings, chance: random.Random, cast: _Cast, after: tuple[int, int]
    ) -> None:
        self._rings = rings
        self._chance = chance
        self._cast = cast
        self._purchase, self._back = after

    def loop(self, last: date) -> None:
        """R1: bought with points and brought back for cash, four times in ten days."""
        [person] = self._cast.busy(1)
        self._buy(last - timedelta(days=max(_LOOP_DAYS) + 1), 10 * _HOUR_S, person, _LOOP_SHOP,
                  _LOOP_STAKE_FEN, 0)  # fmt: skip
        acts = [last - timedelta(days=ago) for ago in _LOOP_DAYS]
        for day in acts:
            second = self._chance.randrange(14 * _HOUR_S, 16 * _HOUR_S)
            bought = self._buy(day, second, person, _LOOP_SHOP, _LOOP_FEN, _LOOP_POINTS)
            self._back += 1
            self._rings.refunds.append(
                GoodsBack(self._back, bought, day, second + 2 * _HOUR_S, _LOOP_FEN)
            )
        self._note("R1", acts, _LOOP_SHOP)

    def cashier(self, last: date) -> None:
        """R2: a cashier shows one card for what other people buy, a dozen times a day."""
        person = self._cast.alone()
        acts = [last - timedelta(days=ago) for ago in _CASHIER_DAYS]
        for day in acts:
            for n in range(_CASHIER_SALES):
                second = 8 * _HOUR_S + n * 55 * _MINUTE_S + self._chance.randrange(20 * _MINUTE_S)
                self._buy(day, second, person, _CASHIER_SHOP, self._chance.randrange(600, 3_000), 0)
        self._note("R2", acts, _CASHIER_SHOP)

    def sham(self, last: date) -> None:
        """R3: offsets on bills of round yuan without goods, in one evening, with many cards."""
        accounts = self._cast.busy(_SHAM_ACCOUNTS)
        count, made = self._chance.randint(*_SHAM_COUNTS), list[int]()
        for n in range(count):
            second = 18 * _HOUR_S + n * 5 * _MINUTE_S + self._chance.randrange(2 * _MINUTE_S)
            fen = self._chance.choice(_SHAM_FEN)
            person = accounts[n % len(accounts)]
            made.append(self._buy(last, second, person, _SHAM_SHOP, fen, _SHAM_POINTS))
        self._rings.truth.append(Ring("R3", (last,), _SHAM_SHOP, tuple(made)))

    def favours(self, last: date) -> None:
        """R4: two reviewers grant points to each other's homes, in turns, four times each way."""
        pair = tuple(self._cast.anybody(2))
        self._rings.reviewers = pair
        acts = [last - timedelta(days=ago) for ago in _FAVOUR_DAYS]
        for n, day in enumerate(acts):
            giver, taker = pair if n % 2 == 0 else pair[::-1]
            self._rings.deeds.append(Deed(day, 11 * _HOUR_S, giver, taker))
        self._note("R4", acts, "")

    def replay(self, last: date) -> None:
        """R5: the picture of a code shown at a second shop."""
        second = self._chance.randrange(15 * _HOUR_S, 17 * _HOUR_S)
        first, other = _REPLAY_SHOPS
        bought = self._buy(last, second, self._cast.by_phone(), first, _REPLAY_FEN, 0)
        self._rings.replays.append(
            Replay(bought, last, second + _REPLAY_GAP_S, f"{other}T1", _REPLAY_FEN)
        )
        self._note("R5", [last], _REPLAY_SHOPS[1])

    def honest_deeds(self, since: date, until: date) -> None:
        """What the reviewers grant besides, to people who did something for it."""
        takers = self._cast.anybody(40)
        for day in days(since + timedelta(days=1), until):
            if takers and self._chance.random() < _HONEST_DEEDS_A_DAY:
                giver = self._chance.choice(self._rings.reviewers)
                deed = Deed(day, 10 * _HOUR_S, giver, self._chance.choice(takers))
                self._rings.deeds.append(deed)

    def _note(self, code: str, acts: Sequence[date], shop: str) -> None:
        self._rings.truth.append(Ring(code, tuple(acts), shop))

    def _buy(
        self, day: date, second: int, person: int, shop: str, fen: int, wish_points: int
    ) -> int:
        self._purchase += 1
        self._rings.purchases.append(
            Purchase(
                number=self._purchase,
                day=day,
                second=min(second, DAY_S - 1),
                person=person,
                shop=shop,
                till=f"{shop}T1",
                channel="wechat",
                total_fen=fen,
                typed_fen=fen,
                wish_points=wish_points,
                receipt_no=None,
                payment_ref=f"0000{day:%Y%m%d}9{self._purchase:015d}",
                sends=1,
                again_of=None,
                waits_s=0,
            )
        )
        return self._purchase


def ring_lines(rings: Rings, used_fen: Mapping[int, int]) -> Iterator[dict[str, object]]:
    """The truth about the rings, one row each: which, the days (yyyymmdd) it acts on, the shop, and its offsets.

    `used_fen`: by purchase, the yuan its points stood for at the till.
    """
    for ring in rings.truth:
        used = [used_fen[number] for number in ring.purchases if used_fen.get(number)]
        yield {
            "ring": ring.code,
            "days": [int(f"{day:%Y%m%d}") for day in ring.days],
            "shop": ring.shop,
            "offsets": len(used),
            "fen": sum(used),
        }
