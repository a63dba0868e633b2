"""Residents with a part in the demonstration: heads who limit a member, and members of staff who live here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from kiosk.generator.desk import REVIEWERS
from kiosk.generator.shapes import Person, World, date_key
from ledger.audit import SYSTEM, By
from ledger.households import limits
from ledger.members import residents, staff
from ledger.members.hashing import QUICK
from ledger.members.staff import NewStaff
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


def add_reviewers(
    tx: Tx,
    community_id: int,
    world: World,
    person_ids: Mapping[int, int],
    *,
    password: str,
    pepper: bytes,
    at: int,
) -> dict[int, By]:
    """Sign-ins of the residents who grant points for good deeds, by their numbers in the made-up world."""
    found = {}
    for member, number in zip(REVIEWERS, world.rings.reviewers, strict=False):
        new = NewStaff(
            login=member.login, name=member.name, password=password, person_id=person_ids[number]
        )
        staff_id = staff.add_staff(
            tx, community_id, new, pepper=pepper, by=SYSTEM, at=at, cost=QUICK
        )
        for role in member.roles:
            staff.give_role(tx, community_id, staff_id, role, by=SYSTEM, at=at)
        found[number] = By("staff", staff_id)
    return found
