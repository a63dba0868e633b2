"""Goods brought back, and visits to the points supermarket in the hours the scheme gives."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Final

from kiosk.generator.rhythm import days
from kiosk.generator.shapes import DAY_S, Good, GoodsBack, Person, Purchase, Visit
from kiosk.generator.streams import Streams, Wheel, poisson
from ledger.earning.scheme import Scheme

_REFUNDED, _PARTIAL = 0.016, 0.40
_SAME_DAY, _WITHIN_WEEK = 0.70, 0.25
_SHOP_OPENS_S, _SHOP_CLOSES_S = 9 * 3_600, 19 * 3_600
_LEAST_GAP_S, _MOST_GAP_S = 300, 5 * 3_600
_LINES: Final = Wheel([(1, 0.6), (2, 0.3), (3, 0.1)])


def make_refunds(purchases: list[Purchase], streams: Streams, until: date) -> list[GoodsBack]:
    """Who brings goods back, when, and for how many fen; never after the last day."""
    chance = streams.stream("refunds")
    made: list[GoodsBack] = []
    for purchase in purchases:
        if chance.random() >= _REFUNDED:
            continue
        day, second = _when(chance, purchase)
        share = chance.uniform(0.1, 0.9) if chance.random() < _PARTIAL else 1.0
        if day <= until:
            fen = max(round(purchase.typed_fen * share), 1)
            made.append(GoodsBack(0, purchase.number, day, second, fen))
    made.sort(key=lambda back: (back.day, back.second, back.purchase))
    return [back._replace(number=number) for number, back in enumerate(made, 1)]


def _when(chance: random.Random, purchase: Purchase) -> tuple[date, int]:
    draw = chance.random()
    gap = chance.randrange(_LEAST_GAP_S, _MOST_GAP_S)
    if draw < _SAME_DAY:
        return purchase.day, min(purchase.second + gap, DAY_S - 60)
    later = chance.randint(1, 7) if draw < _SAME_DAY + _WITHIN_WEEK else chance.randint(8, 30)
    return purchase.day + timedelta(days=later), chance.randrange(_SHOP_OPENS_S, _SHOP_CLOSES_S)


def make_visits(
    people: list[Person],
    goods: Sequence[Good],
    scheme: Scheme,
    visits_a_week: float,
    streams: Streams,
    since: date,
    until: date,
) -> list[Visit]:
    """Baskets people would like at the supermarket; whether the points suffice is for the till."""
    windows = _windows(scheme)
    shelf = Wheel([(good, good.weight) for good in goods])
    members = [person for person in people if person.joined_on is not None]
    made: list[Visit] = []
    for day in days(since, until):
        if day.isoweekday() not in windows:
            continue
        first, last = windows[day.isoweekday()]
        chance = streams.stream("visits", day.isoformat())
        there = [person for person in members if person.joined_on and person.joined_on <= day]
        if not there:
            continue
        by_activity = Wheel([(person, person.activity) for person in there])
        for _ in range(poisson(chance, visits_a_week / len(windows))):
            basket: dict[str, int] = {}
            for _ in range(_LINES.pick(chance)):
                code = shelf.pick(chance).code
                basket[code] = basket.get(code, 0) + 1
            person = by_activity.pick(chance).number
            made.append(Visit(0, day, chance.randrange(first, last), person, tuple(basket.items())))
    made.sort(key=lambda visit: (visit.day, visit.second, visit.person))
    return [visit._replace(number=number) for number, visit in enumerate(made, 1)]


def _windows(scheme: Scheme) -> dict[int, tuple[int, int]]:
    """Weekday to first and last second of the day, from the scheme's weekly windows."""
    found: dict[int, tuple[int, int]] = {}
    for window in scheme.windows:
        for weekday in window.weekdays:
            found[weekday] = (_second_of(window.opens), _second_of(window.closes))
    return found


def _second_of(clock: time) -> int:
    return clock.hour * 3_600 + clock.minute * 60
