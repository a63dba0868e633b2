"""Households and who lives in them: sizes, ages, names, and who has enrolled by when."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from kiosk.generator import names
from kiosk.generator.shapes import Household, Person
from kiosk.generator.sizes import Size
from kiosk.generator.streams import Streams, Wheel, lognormal

_HOUSEHOLD_SIZES: Final = Wheel(
    list(zip(range(1, 9), (0.10, 0.15, 0.18, 0.20, 0.15, 0.10, 0.07, 0.05), strict=True))
)
_AGES: Final = Wheel([((0, 14), 17.95), ((15, 59), 63.35), ((60, 64), 5.2), ((65, 99), 13.5)])
_MEAN_YEARS_PAST_65: Final = 8.5
_ADULT, _OLD_AGE, _VERY_OLD = 22, 60, 101
# From which age on: the chance of an account, and of showing a phone rather than a card.
_ACCOUNTS: Final = ((80, 0.35), (60, 0.62), (18, 0.50), (14, 0.35), (0, 0.0))
_PHONES: Final = ((75, 0.14), (60, 0.48), (0, 0.96))
_MIDPOINT_DAY, _SPREAD_DAYS, _YEAR_DAYS = 150, 45, 364
_FLOORS: Final = (6, 18)
_ACTIVITY_SHAPE: Final = 0.6


def make_people(
    size: Size, streams: Streams, since: date, *, rare: bool
) -> tuple[list[Household], list[Person]]:
    """Everybody of a community that starts enrolling on `since`."""
    doors, crowd = _homes(size, streams)
    joined = _joining(size, streams, since, len(doors))
    households = [
        Household(n, f"H{n:05d}", building, unit, joined[n - 1])
        for n, (building, unit) in enumerate(doors, 1)
    ]
    people = _with_accounts(streams, since, households, crowd)
    return households, _with_rare(people, since.year) if rare else people


def _homes(size: Size, streams: Streams) -> tuple[list[tuple[str, str]], list[list[int]]]:
    """Doors (building, unit) and the ages behind each."""
    chance = streams.stream("households")
    ages = streams.stream("ages")
    accounts = streams.stream("accounts")
    crowd: list[list[int]] = []
    if size.members is None:
        crowd = [_family(chance, ages) for _ in range(size.households)]
        _adjust(crowd, size.residents, streams.stream("adjust"))
    else:
        left = size.members
        while left:
            family: list[int] = []
            for age in _family(chance, ages):
                family.append(age)
                left -= accounts.random() < _by_age(age, _ACCOUNTS)
                if not left:
                    break
            crowd.append(family)
    return _doors(size, streams.stream("buildings"), len(crowd)), crowd


def _family(chance: random.Random, ages: random.Random) -> list[int]:
    members = [_age(ages) for _ in range(_HOUSEHOLD_SIZES.pick(chance))]
    while members[0] < _ADULT:
        members[0] = _age(ages)
    return members


def _age(chance: random.Random) -> int:
    first, last = _AGES.pick(chance)
    if last > 64:  # noqa: PLR2004 - the open end of the table above
        return min(last, first + int(chance.expovariate(1 / _MEAN_YEARS_PAST_65)))
    return chance.randint(first, last)


def _adjust(crowd: list[list[int]], residents: int, chance: random.Random) -> None:
    """Add or take single members until the total is exactly what it must be."""
    missing = residents - sum(map(len, crowd))
    while missing:
        family = chance.choice(crowd)
        if missing > 0:
            family.append(_age(chance))
            missing -= 1
        elif len(family) > 1:
            family.pop()
            missing += 1


def _doors(size: Size, chance: random.Random, count: int) -> list[tuple[str, str]]:
    """Buildings of unlike size, filled one after the other, two or three stairwells each."""
    weights = [lognormal(chance, 95, 0.35) for _ in range(size.buildings)]
    whole = math.fsum(weights)
    doors: list[tuple[str, str]] = []
    for building, weight in enumerate(weights, 1):
        stairs, floors = chance.choice((2, 3)), chance.choice(_FLOORS)
        share = round(count * weight / whole) if building < size.buildings else count - len(doors)
        for place in range(min(max(share, 0), count - len(doors))):
            floor = place // (stairs * 2) % floors + 1
            doors.append((f"{building}号楼", f"{place % stairs + 1}单元{floor}{place % 2 + 1:02d}"))
    return doors


def _joining(size: Size, streams: Streams, since: date, count: int) -> list[date | None]:
    """The day each household enrols; None within the year."""
    chance = streams.stream("enrolment")
    order = list(range(count))
    chance.shuffle(order)
    joined: list[date | None] = [None] * count
    if size.last_share >= 1:
        return [since] * count
    done = 0
    for day in range(_YEAR_DAYS + 1):
        target = round(count * _share(size, day))
        for place in order[done:target]:
            joined[place] = since + timedelta(days=day)
        done = max(done, target)
    return joined


def _share(size: Size, day: int) -> float:
    def curve(x: int) -> float:
        return 1 / (1 + math.exp(-(x - _MIDPOINT_DAY) / _SPREAD_DAYS))

    grown = (curve(day) - curve(0)) / (curve(_YEAR_DAYS) - curve(0))
    return size.first_share + (size.last_share - size.first_share) * grown


def _with_accounts(
    streams: Streams, since: date, households: list[Household], crowd: list[list[int]]
) -> list[Person]:
    naming, accounts = streams.stream("names"), streams.stream("accounts")
    carriers, activities = streams.stream("carriers"), streams.stream("activity")
    people: list[Person] = []
    for household, family in zip(households, crowd, strict=True):
        house_name = names.surname(naming)
        for place, age in enumerate(family):
            family_name = names.surname(naming) if place == 1 else house_name
            has_account = accounts.random() < _by_age(age, _ACCOUNTS)
            phone_shown = carriers.random() < _by_age(age, _PHONES)
            number = len(people) + 1
            member = has_account and household.joined_on is not None
            people.append(
                Person(
                    number=number,
                    household=household.number,
                    name=family_name + names.given_name(naming),
                    phone=names.phone(number),
                    birth_year=since.year - age,
                    is_head=place == 0,
                    carrier=("phone" if phone_shown else "printed") if member else "",
                    joined_on=household.joined_on if member else None,
                    activity=activities.gammavariate(_ACTIVITY_SHAPE, 1 / _ACTIVITY_SHAPE),
                )
            )
    return people


def _by_age(age: int, table: tuple[tuple[int, float], ...]) -> float:
    return next(value for from_age, value in table if age >= from_age)


def _with_rare(people: list[Person], year: int) -> list[Person]:
    """Replace a few names and one age by what a careless program stumbles over."""
    changed = list(people)
    members = [place for place, person in enumerate(changed) if person.joined_on is not None]
    for place, (kind, name) in zip(members, names.RARE_NAMES, strict=False):
        changed[place] = replace(changed[place], name=name, rare=kind)
    # Somebody old already, so that nobody's habits change with the age.
    for place in members[len(names.RARE_NAMES) :]:
        if year - changed[place].birth_year >= _OLD_AGE:
            changed[place] = replace(
                changed[place], birth_year=year - _VERY_OLD, rare="aged over 100"
            )
            break
    return changed
