"""Relatives by declaration: who may not decide about whom, beyond the own household.

The kinds are those of the recusal rule for public servants (Civil Servants Law of China, article 74):
spouses, relatives in direct line, collateral relatives within three generations, close in-laws; `other`
is whoever else wants to stand aside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ledger import audit
from ledger.audit import By
from ledger.errors import Refusal
from ledger.members import residents
from ledger.sql import Row, Sql, Tx

KINDS: Final = ("spouse", "direct", "collateral", "in_law", "other")

_COLUMNS: Final = "person_id, other_person_id, kind, declared_at, declared_by, ended_at, ended_by"
_OF: Final = Sql(
    f"SELECT {_COLUMNS} FROM kin WHERE community_id = :community_id"
    " AND (person_id = :person_id OR other_person_id = :person_id)"
    " ORDER BY declared_at, person_id, other_person_id"
)
_DECLARE: Final = Sql(
    "INSERT INTO kin (community_id, person_id, other_person_id, declared_at, kind, declared_by)"
    " VALUES (:community_id, :person_id, :other_person_id, :at, :kind, :by_id)"
)
_END: Final = Sql(
    "UPDATE kin SET ended_at = :at, ended_by = :by_id WHERE community_id = :community_id"
    " AND person_id = :person_id AND other_person_id = :other_person_id AND ended_at IS NULL"
)
_PERSON_OF_STAFF: Final = Sql(
    "SELECT person_id FROM staff WHERE community_id = :community_id AND staff_id = :staff_id"
)
_HOUSEHOLD_OF: Final = Sql(
    "SELECT household_id FROM resident"
    " WHERE community_id = :community_id AND person_id = :person_id"
)
_RELATIVES_LIVING_IN: Final = Sql(
    "SELECT r.person_id FROM kin k JOIN resident r ON r.community_id = k.community_id"
    " AND r.person_id = CASE WHEN k.person_id = :person_id THEN k.other_person_id"
    "  ELSE k.person_id END"
    " WHERE k.community_id = :community_id AND k.ended_at IS NULL"
    " AND (k.person_id = :person_id OR k.other_person_id = :person_id)"
    " AND r.household_id = :household_id"
)


@dataclass(frozen=True, slots=True)
class Kin:
    """One declaration; the smaller number stands first, whoever declared it."""

    person_id: int
    other_person_id: int
    kind: str
    declared_at: int
    declared_by: int
    ended_at: int | None
    ended_by: int | None

    def relative_of(self, person_id: int) -> int:
        """The other one of the two."""
        return self.other_person_id if person_id == self.person_id else self.person_id


def declare(
    tx: Tx,
    community_id: int,
    person_id: int,
    other_person_id: int,
    *,
    kind: str,
    by: By,
    at: int,
) -> None:
    """Keep that two residents are relatives; from now on neither decides about the other's household.

    Refusals: kin_kind, kin_oneself, kin_twice, resident_not_found.
    """
    if kind not in KINDS:
        raise Refusal("kin_kind", kind=kind[:40])
    if person_id == other_person_id:
        raise Refusal("kin_oneself")
    for one in (person_id, other_person_id):
        residents.get_resident(tx, community_id, one)
    if any(
        found.ended_at is None and found.relative_of(person_id) == other_person_id
        for found in kin_of(tx, community_id, person_id)
    ):
        raise Refusal("kin_twice")
    first, second = sorted((person_id, other_person_id))
    tx.run(
        _DECLARE,
        community_id=community_id,
        person_id=first,
        other_person_id=second,
        kind=kind,
        by_id=_staff_id(by),
        at=at,
    )
    _note(tx, community_id, by, "kin.declare", first, second, kind, at=at)


def end(
    tx: Tx, community_id: int, person_id: int, other_person_id: int, *, by: By, at: int
) -> None:
    """End a declaration (a divorce, a mistake); nobody ends one of their own.

    Refusals: kin_not_found, own_household.
    """
    if by.kind == "staff" and person_of(tx, community_id, by.id) in {person_id, other_person_id}:
        raise Refusal("own_household")
    first, second = sorted((person_id, other_person_id))
    ended = tx.run(
        _END,
        community_id=community_id,
        person_id=first,
        other_person_id=second,
        by_id=_staff_id(by),
        at=at,
    )
    if not ended:
        raise Refusal("kin_not_found")
    _note(tx, community_id, by, "kin.end", first, second, None, at=at)


def kin_of(tx: Tx, community_id: int, person_id: int) -> list[Kin]:
    """Every declaration about a resident, oldest first, ended ones too."""
    return [_kin(row) for row in tx.all(_OF, community_id=community_id, person_id=person_id)]


def person_of(tx: Tx, community_id: int, staff_id: int) -> int | None:
    """The resident a member of staff is, None where they live elsewhere or it was never said."""
    row = tx.find(_PERSON_OF_STAFF, community_id=community_id, staff_id=staff_id)
    return None if row is None else row.person_id


def household_of(tx: Tx, community_id: int, person_id: int) -> int | None:
    """The household a resident belongs to, None for nobody of this community."""
    row = tx.find(_HOUSEHOLD_OF, community_id=community_id, person_id=person_id)
    return None if row is None else int(row.household_id)


def check_stands_apart(tx: Tx, community_id: int, staff_id: int, household_id: int) -> None:
    """Refuse a member of staff who lives in a household, or has a declared relative in it.

    Refusals: own_household, own_kin.
    """
    person_id = person_of(tx, community_id, staff_id)
    if person_id is None:
        return
    if household_of(tx, community_id, person_id) == household_id:
        raise Refusal("own_household")
    if tx.all(
        _RELATIVES_LIVING_IN,
        community_id=community_id,
        person_id=person_id,
        household_id=household_id,
    ):
        raise Refusal("own_kin")


def _staff_id(by: By) -> int:
    return by.id if by.kind == "staff" else 0


def _kin(row: Row) -> Kin:
    return Kin(*row)


def _note(
    tx: Tx,
    community_id: int,
    by: By,
    act: str,
    first: int,
    second: int,
    kind: str | None,
    *,
    at: int,
) -> None:
    after: audit.Facts = {"other_person_id": str(second), "kind": kind}
    audit.record(tx, community_id, by, act, f"person:{first}", at=at, after=after)
