"""Residents: a number in the book, and apart from it a name and a phone that can be forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ledger import audit
from ledger.audit import By
from ledger.errors import Refusal
from ledger.ids import new_id
from ledger.members import consents, households
from ledger.members.words import check_phone, check_text
from ledger.sql import Row, Sql, Tx

_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2100
_COLUMNS: Final = (
    "r.person_id, r.household_id, r.birth_year, r.state, r.consent_at, r.joined_at, r.left_at"
)
_ONE: Final = Sql(
    f"SELECT {_COLUMNS} FROM resident r"
    " WHERE r.community_id = :community_id AND r.person_id = :person_id"
)
_OF_HOUSEHOLD: Final = Sql(
    f"SELECT {_COLUMNS} FROM resident r"
    " WHERE r.community_id = :community_id AND r.household_id = :household_id ORDER BY r.person_id"
)
_SEARCH: Final = Sql(
    f"SELECT {_COLUMNS}, i.name, i.phone, h.code AS household_code FROM resident r"
    " JOIN household h ON h.community_id = r.community_id AND h.household_id = r.household_id"
    " LEFT JOIN person_identity i"
    " ON i.community_id = r.community_id AND i.person_id = r.person_id"
    " WHERE r.community_id = :community_id AND r.person_id > :after"
    " AND (:text = '' OR i.name LIKE :anywhere ESCAPE '!' OR i.phone LIKE :start ESCAPE '!'"
    " OR h.code = :text)"
    " ORDER BY r.person_id LIMIT :n"
)
_REGISTER: Final = Sql(
    "INSERT INTO resident (community_id, person_id, household_id, birth_year, state, consent_at,"
    " joined_at) VALUES (:community_id, :person_id, :household_id, :birth_year, 'active',"
    " :consent_at, :joined_at)"
)
_IDENTIFY: Final = Sql(
    "INSERT INTO person_identity (community_id, person_id, name, phone, changed_at)"
    " VALUES (:community_id, :person_id, :name, :phone, :at)"
    " ON CONFLICT (community_id, person_id) DO UPDATE SET name = excluded.name,"
    " phone = excluded.phone, changed_at = excluded.changed_at"
)
_IDENTITY: Final = Sql(
    "SELECT name, phone FROM person_identity"
    " WHERE community_id = :community_id AND person_id = :person_id"
)
_FORGET: Final = Sql(
    "DELETE FROM person_identity WHERE community_id = :community_id AND person_id = :person_id"
)
_CONSENT: Final = Sql(
    "UPDATE resident SET consent_at = :at"
    " WHERE community_id = :community_id AND person_id = :person_id"
)
_END: Final = Sql(
    "UPDATE resident SET state = :state, left_at = :at WHERE community_id = :community_id"
    " AND person_id = :person_id AND state = 'active'"
)
_MOVE: Final = Sql(
    "UPDATE resident SET household_id = :household_id"
    " WHERE community_id = :community_id AND person_id = :person_id"
)


@dataclass(frozen=True, slots=True)
class Resident:
    """What the programme knows of a person without a name."""

    person_id: int
    household_id: int
    birth_year: int | None
    state: str
    consent_at: int | None
    joined_at: int
    left_at: int | None


@dataclass(frozen=True, slots=True)
class Identity:
    """Name and phone; both empty once they were forgotten."""

    name: str
    phone: str


NOBODY: Final = Identity("", "")


def register(
    tx: Tx,
    community_id: int,
    household_id: int,
    identity: Identity,
    *,
    birth_year: int | None,
    consent_at: int | None,
    by: By,
    at: int,
) -> int:
    """Register a resident of a household; returns the number the book knows them by.

    Without `consent_at` no card can be handed out. The record of the act holds no name.
    Refusals: household_not_found, household_closed, household_waits, name_bad, phone_bad, birth_year_bad.
    """
    households.get_lived_in(tx, community_id, household_id)
    if birth_year is not None and not _FIRST_YEAR <= birth_year <= _LAST_YEAR:
        raise Refusal("birth_year_bad", year=birth_year)
    person_id = new_id(at)
    tx.run(
        _REGISTER,
        community_id=community_id,
        person_id=person_id,
        household_id=household_id,
        birth_year=birth_year,
        consent_at=consent_at,
        joined_at=at,
    )
    _identify(tx, community_id, person_id, identity, at)
    if consent_at is not None:
        consents.keep(tx, community_id, person_id, how="desk", by=by, given_at=consent_at)
    _note(tx, community_id, by, "resident.register", person_id, at, household_id=household_id)
    return person_id


def get_resident(tx: Tx, community_id: int, person_id: int) -> Resident:
    """One resident.

    Refusals: resident_not_found.
    """
    row = tx.find(_ONE, community_id=community_id, person_id=person_id)
    if row is None:
        raise Refusal("resident_not_found")
    return Resident(*row)


def identity_of(tx: Tx, community_id: int, person_id: int) -> Identity:
    """Name and phone, for people who look after this resident."""
    row = tx.find(_IDENTITY, community_id=community_id, person_id=person_id)
    return NOBODY if row is None else Identity(row.name, row.phone)


def members_of(tx: Tx, community_id: int, household_id: int) -> list[Resident]:
    """Everybody registered in a household."""
    rows = tx.all(_OF_HOUSEHOLD, community_id=community_id, household_id=household_id)
    return [Resident(*row) for row in rows]


def search(tx: Tx, community_id: int, text: str, *, after: int = 0, limit: int = 50) -> list[Row]:
    """Residents whose name holds `text`, whose phone begins with it or whose household has it as code.

    Rows have the columns of Resident, then name, phone, household_code; page on with `person_id`.
    """
    plain = text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return tx.all(
        _SEARCH,
        community_id=community_id,
        after=after,
        text=text,
        anywhere=f"%{plain}%",
        start=f"{plain}%",
        n=limit,
    )


def change_identity(
    tx: Tx, community_id: int, person_id: int, identity: Identity, *, by: By, at: int
) -> None:
    """Correct a name or phone; the record says that it changed, not what it was.

    Refusals: resident_not_found, name_bad, phone_bad.
    """
    get_resident(tx, community_id, person_id)
    _identify(tx, community_id, person_id, identity, at)
    _note(tx, community_id, by, "resident.identity", person_id, at)


def forget(tx: Tx, community_id: int, person_id: int, *, by: By, at: int) -> None:
    """Delete name and phone; the book stays whole and knows the person by number only.

    Refusals: resident_not_found.
    """
    get_resident(tx, community_id, person_id)
    if tx.run(_FORGET, community_id=community_id, person_id=person_id):
        _note(tx, community_id, by, "resident.forget", person_id, at)


def record_consent(
    tx: Tx, community_id: int, person_id: int, *, by: By, at: int, how: str = "desk"
) -> None:
    """Keep that the resident agreed to take part, and to which version of the text; `how`: desk or page.

    Refusals: resident_not_found.
    """
    get_resident(tx, community_id, person_id)
    tx.run(_CONSENT, community_id=community_id, person_id=person_id, at=at)
    version = consents.keep(tx, community_id, person_id, how=how, by=by, given_at=at)
    _note(tx, community_id, by, "resident.consent", person_id, at, version_no=version)


def leave(
    tx: Tx, community_id: int, person_id: int, *, by: By, at: int, deceased: bool = False
) -> None:
    """End a resident's part: moved away, or deceased.

    Refusals: resident_not_found, resident_left.
    """
    get_resident(tx, community_id, person_id)
    state = "deceased" if deceased else "left"
    if not tx.run(_END, community_id=community_id, person_id=person_id, state=state, at=at):
        raise Refusal("resident_left")
    _note(tx, community_id, by, f"resident.{state}", person_id, at)


def move(tx: Tx, community_id: int, person_id: int, household_id: int, *, by: By, at: int) -> None:
    """Move a resident to another household; points in the old one's pool stay there.

    Refusals: resident_not_found, resident_left, household_not_found, household_closed, household_waits.
    """
    resident = get_resident(tx, community_id, person_id)
    if resident.state != "active":
        raise Refusal("resident_left")
    households.get_lived_in(tx, community_id, household_id)
    tx.run(_MOVE, community_id=community_id, person_id=person_id, household_id=household_id)
    _note(tx, community_id, by, "resident.move", person_id, at, household_id=household_id)


def _identify(tx: Tx, community_id: int, person_id: int, identity: Identity, at: int) -> None:
    tx.run(
        _IDENTIFY,
        community_id=community_id,
        person_id=person_id,
        name=check_text(identity.name),
        phone=check_phone(identity.phone),
        at=at,
    )


def _note(
    tx: Tx, community_id: int, by: By, act: str, person_id: int, at: int, **after: int
) -> None:
    audit.record(tx, community_id, by, act, f"person:{person_id}", at=at, after=after)
