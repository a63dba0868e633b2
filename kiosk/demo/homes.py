"""Heads of the demonstration's households who let a member use only so many points a month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from kiosk.generator.shapes import Person, World, date_key
from ledger.audit import By
from ledger.households import limits
from ledger.members import residents
from ledger.sql import Tx

_LIMITED: Final = 6
_LIMIT_UNITS: Final = 10_000
"""100.00 points a month, from the second month on."""


def set_limits(
    tx: Tx, community_id: int, world: World, person_ids: Mapping[int, int], *, at: int
) -> None:
    """A few heads let the youngest of their household use so many points a month.

    `person_ids`: a member's number in the made-up world to the number the book knows them by.
    """
    for head, youngest in limited_pairs(world):
        head_id = person_ids[head.number]
        limits.set_limit(
            tx,
            community_id,
            residents.get_resident(tx, community_id, head_id).household_id,
            person_ids[youngest.number],
            _LIMIT_UNITS,
            month=date_key(world.since) // 100,
            by=By("resident", head_id),
            at=at,
        )


def limited_pairs(world: World) -> list[tuple[Person, Person]]:
    """The busiest heads who live with others, each with the youngest of these."""
    others: dict[int, list[Person]] = defaultdict(list)
    for person in world.members:
        if not person.is_head:
            others[person.household].append(person)
    heads = sorted(
        (person for person in world.members if person.is_head and others[person.household]),
        key=lambda person: -person.activity,
    )
    return [
        (head, max(others[head.household], key=lambda person: (person.birth_year, person.number)))
        for head in heads[:_LIMITED]
    ]
