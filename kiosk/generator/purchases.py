"""What people buy: when, where, for how much, how they pay, and what goes wrong at the till."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date
from typing import Final

from kiosk.generator.rhythm import days
from kiosk.generator.shapes import Channel, Person, Purchase, Shop
from kiosk.generator.shops import HOURS
from kiosk.generator.streams import Streams, Wheel, lognormal, poisson

_TICKETS_A_DAY: Final = 3.2 * 12 / 365
_OLD_AGE, _OLD_FACTOR = 60, 1.1
_LEAST_FEN: Final = 100
_CHANNELS: Final[Wheel[Channel]] = Wheel(
    [("wechat", 0.58), ("alipay", 0.27), ("card", 0.09), ("cash", 0.06)]
)
_WISH_CHANCE: Final = 0.28
_WISHES: Final = Wheel(
    list(zip((20, 40, 60, 100, 200, 400), (0.18, 0.17, 0.15, 0.22, 0.18, 0.10), strict=True))
)
_NO_RECEIPT, _NO_PAYMENT_REF, _TYPED_WRONG, _TEN_TIMES = 0.012, 0.020, 0.004, 0.35
_SENT_TWICE, _KEYED_TWICE = 0.007, 0.0005
_OFFLINE, _NEXT_DAY, _AFTER_MONTH = 0.016, 0.004, 0.0005
_OFFLINE_MEDIAN_S, _OFFLINE_LOG_SD, _DAY_S, _AFTER_MONTH_S = 540, 1.1, 86_400, 32 * 86_400


def make_purchases(
    people: list[Person],
    shops: Iterable[Shop],
    streams: Streams,
    busy: dict[date, float],
    since: date,
    until: date,
) -> list[Purchase]:
    """Every purchase of the period in the order of time, numbered from 1."""
    members = _rates(people)
    maker = _Maker(list(shops))
    made: list[Purchase] = []
    for day in days(since, until):
        chance = streams.stream("purchases", day.isoformat())
        factor = busy[day]
        today: list[Purchase] = []
        for person, joined_on, rate in members:
            if joined_on > day:
                break
            for _ in range(poisson(chance, rate * factor)):
                today += maker.make(chance, day, person)
        today.sort(key=lambda purchase: (purchase.second, purchase.person))
        made += _numbered(today, len(made))
    return made


def _rates(people: list[Person]) -> list[tuple[int, date, float]]:
    members = [
        (
            person.number,
            person.joined_on,
            _TICKETS_A_DAY
            * person.activity
            * (_OLD_FACTOR if person.joined_on.year - person.birth_year >= _OLD_AGE else 1.0),
        )
        for person in people
        if person.joined_on is not None
    ]
    return sorted(members, key=lambda row: (row[1], row[0]))


def _numbered(today: list[Purchase], before: int) -> list[Purchase]:
    """Give numbers by time; a receipt keyed in twice learns the number of the first."""
    first = {
        (row.person, row.receipt_no): before + place
        for place, row in enumerate(today, 1)
        if row.again_of is None
    }
    return [
        row._replace(
            number=before + place,
            again_of=None if row.again_of is None else first[row.person, row.receipt_no],
        )
        for place, row in enumerate(today, 1)
    ]


class _Maker:
    """Draws single purchases; `receipts` counts each shop's own slips."""

    def __init__(self, shops: list[Shop]) -> None:
        self._shops = Wheel([(shop, shop.share) for shop in shops])
        self._receipts = {shop.code: 0 for shop in shops}
        self._payments = 0

    def make(self, chance: random.Random, day: date, person: int) -> list[Purchase]:
        """One purchase, and rarely the same receipt keyed in a second time."""
        shop = self._shops.pick(chance)
        hour = HOURS[shop.hours].pick(chance)
        fen = round(lognormal(chance, shop.median_yuan, shop.log_sd) * 100)
        channel = _CHANNELS.pick(chance)
        fen = max(fen, _LEAST_FEN)
        self._receipts[shop.code] += 1
        self._payments += 1
        receipt_no = f"{shop.code}{day:%y%m%d}{self._receipts[shop.code]:06d}"
        no_ref = channel == "cash" or chance.random() < _NO_PAYMENT_REF
        bought = Purchase(
            number=0,
            day=day,
            second=hour * 3_600 + chance.randrange(3_600),
            person=person,
            shop=shop.code,
            till=chance.choice(shop.tills),
            channel=channel,
            total_fen=fen,
            typed_fen=_typed(chance, fen),
            wish_points=_WISHES.pick(chance) if chance.random() < _WISH_CHANCE else 0,
            receipt_no=None if chance.random() < _NO_RECEIPT else receipt_no,
            payment_ref=None if no_ref else f"0000{day:%Y%m%d}{self._payments:016d}",
            sends=2 if chance.random() < _SENT_TWICE else 1,
            again_of=None,
            waits_s=_wait(chance),
        )
        if bought.receipt_no is None or chance.random() >= _KEYED_TWICE:
            return [bought]
        later = min(bought.second + chance.randrange(130, 900), _DAY_S - 1)
        return [bought, bought._replace(second=later, sends=1, again_of=0, wish_points=0)]


def _typed(chance: random.Random, fen: int) -> int:
    """What the clerk keyed in: now and then ten times too much, or two digits changed about."""
    if chance.random() >= _TYPED_WRONG:
        return fen
    if chance.random() < _TEN_TIMES:
        return fen * 10
    digits = list(str(fen))
    place = chance.randrange(len(digits) - 1)
    digits[place], digits[place + 1] = digits[place + 1], digits[place]
    return max(int("".join(digits)), _LEAST_FEN)


def _wait(chance: random.Random) -> int:
    draw = chance.random()
    if draw < _AFTER_MONTH:
        return _AFTER_MONTH_S
    if draw < _AFTER_MONTH + _NEXT_DAY:
        return _DAY_S
    if draw < _OFFLINE:
        return round(lognormal(chance, _OFFLINE_MEDIAN_S, _OFFLINE_LOG_SD))
    return 0
