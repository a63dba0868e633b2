"""Households: who lives together, and whose points lie in one pool where the scheme says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ledger import audit
from ledger.audit import By
from ledger.errors import Refusal
from ledger.ids import new_id
from ledger.members.words import check_code, check_text
from ledger.sql import Row, Sql, Tx

_COLUMNS: Final = "household_id, code, building, unit, head_person_id, closed_at"
_ONE: Final = Sql(
    f"SELECT {_COLUMNS} FROM household"
    " WHERE community_id = :community_id AND household_id = :household_id"
)
_BY_CODE: Final = Sql(
    f"SELECT {_COLUMNS} FROM household WHERE community_id = :community_id AND code = :code"
)
_PAGE: Final = Sql(
    f"SELECT {_COLUMNS} FROM household WHERE community_id = :community_id AND code > :after"
    " ORDER BY code LIMIT :n"
)
_SEARCH: Final = Sql(
    "SELECT h.household_id, h.code, h.building, h.unit, h.head_person_id, h.closed_at,"
    " (SELECT count(*) FROM resident r WHERE r.community_id = h.community_id"
    "  AND r.household_id = h.household_id AND r.state = 'active') AS members FROM household h"
    " WHERE h.community_id = :community_id AND h.code > :after"
    " AND (:text = '' OR h.code LIKE :start ESCAPE '!' OR h.building LIKE :start ESCAPE '!')"
    " ORDER BY h.code LIMIT :n"
)
_WAITS: Final = Sql(
    "SELECT count(*) AS n FROM estate e WHERE e.community_id = :community_id"
    " AND e.household_id = :household_id AND e.was_last = 1 AND e.claimed_act IS NULL"
    " AND NOT EXISTS (SELECT 1 FROM resident r WHERE r.community_id = e.community_id"
    "  AND r.household_id = e.household_id AND r.state = 'active')"
)
_OPEN: Final = Sql(
    "INSERT INTO household (community_id, household_id, code, building, unit, opened_at)"
    " VALUES (:community_id, :household_id, :code, :building, :unit, :opened_at)"
)
_CLOSE: Final = Sql(
    "UPDATE household SET closed_at = :at"
    " WHERE community_id = :community_id AND household_id = :household_id AND closed_at IS NULL"
)
_HEAD: Final = Sql(
    "UPDATE household SET head_person_id = :person_id"
    " WHERE community_id = :community_id AND household_id = :household_id"
)


@dataclass(frozen=True, slots=True)
class Household:
    """One household, known by a code such as `3-2-501`; never by a name."""

    household_id: int
    code: str
    building: str
    unit: str
    head_person_id: int | None
    closed_at: int | None


def open_household(
    tx: Tx, community_id: int, *, code: str, building: str, unit: str, by: By, at: int
) -> int:
    """Open a household under a code of the community's choice; returns its id.

    Refusals: code_bad, name_bad, household_code_taken.
    """
    check_code(code, least=1, most=20)
    check_text(building)
    check_text(unit)
    if find_by_code(tx, community_id, code) is not None:
        raise Refusal("household_code_taken", taken=code)
    household_id = new_id(at)
    tx.run(
        _OPEN,
        community_id=community_id,
        household_id=household_id,
        code=code,
        building=building,
        unit=unit,
        opened_at=at,
    )
    subject = f"household:{household_id}"
    audit.record(tx, community_id, by, "household.open", subject, at=at, after={"code": code})
    return household_id


def get_household(tx: Tx, community_id: int, household_id: int) -> Household:
    """One household.

    Refusals: household_not_found.
    """
    row = tx.find(_ONE, community_id=community_id, household_id=household_id)
    if row is None:
        raise Refusal("household_not_found")
    return _household(row)


def get_open(tx: Tx, community_id: int, household_id: int) -> Household:
    """One household that is not closed.

    Refusals: household_not_found, household_closed.
    """
    household = get_household(tx, community_id, household_id)
    if household.closed_at is not None:
        raise Refusal("household_closed")
    return household


def get_lived_in(tx: Tx, community_id: int, household_id: int) -> Household:
    """One open household that people may move into: none whose last member died and whose points wait for heirs.

    Refusals: household_not_found, household_closed, household_waits.
    """
    household = get_open(tx, community_id, household_id)
    if tx.get(_WAITS, community_id=community_id, household_id=household_id).n:
        raise Refusal("household_waits")
    return household


def find_by_code(tx: Tx, community_id: int, code: str) -> Household | None:
    """The household of that code, or None."""
    row = tx.find(_BY_CODE, community_id=community_id, code=code)
    return None if row is None else _household(row)


def page(tx: Tx, community_id: int, *, after: str = "", limit: int = 50) -> list[Household]:
    """Households by code, from the one after `after` on."""
    return [
        _household(row) for row in tx.all(_PAGE, community_id=community_id, after=after, n=limit)
    ]


def search(
    tx: Tx, community_id: int, text: str, *, after: str = "", limit: int = 50
) -> list[tuple[Household, int]]:
    """Households whose code or building begins with `text`, each with the number of people who take part in it.

    In the order of their codes, from the one after `after` on; an empty text finds every household.
    """
    plain = text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    rows = tx.all(
        _SEARCH, community_id=community_id, after=after, text=text, start=f"{plain}%", n=limit
    )
    return [(Household(*row[:6]), int(row.members)) for row in rows]


def close_household(tx: Tx, community_id: int, household_id: int, *, by: By, at: int) -> None:
    """Close a household that moved away; its entries stay in the book.

    Refusals: household_not_found.
    """
    get_household(tx, community_id, household_id)
    if tx.run(_CLOSE, community_id=community_id, household_id=household_id, at=at):
        audit.record(tx, community_id, by, "household.close", f"household:{household_id}", at=at)


def set_head(
    tx: Tx, community_id: int, household_id: int, person_id: int, *, by: By, at: int
) -> None:
    """Name the head of a household, whom the community calls first.

    Refusals: household_not_found.
    """
    before = get_household(tx, community_id, household_id)
    tx.run(_HEAD, community_id=community_id, household_id=household_id, person_id=person_id)
    audit.record(
        tx,
        community_id,
        by,
        "household.head",
        f"household:{household_id}",
        at=at,
        before={"head_person_id": before.head_person_id},
        after={"head_person_id": person_id},
    )


def _household(row: Row) -> Household:
    return Household(*row)
