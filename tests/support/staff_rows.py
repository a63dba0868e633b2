"""Staff of a test town as plain rows: their numbers are what the test says, nobody signs in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.audit import By
from ledger.database import Database
from ledger.sql import Sql
from tests.support.town import HERE

_STAFF: Final = Sql(
    "INSERT INTO staff (community_id, staff_id, login, phc, state, wrong_tries, locked_until, made_at)"
    " VALUES (:community_id, :staff_id, :login, '-', 'active', 0, 0, :at)"
)
_ROLE: Final = Sql(
    "INSERT INTO staff_role (community_id, staff_id, role, granted_at, granted_by)"
    " VALUES (:community_id, :staff_id, :role, :at, 0)"
)


def add_staff(db: Database, roles: Mapping[By, str], *, at: int) -> None:
    """Give each of these people a sign-in and one role, from `at` on."""
    for who, role in roles.items():
        row = {"community_id": HERE, "staff_id": who.id, "at": at}
        db.write(lambda tx, row=row, who=who: tx.run(_STAFF, **row, login=f"s{who.id}"))  # type: ignore[misc]
        db.write(lambda tx, row=row, role=role: tx.run(_ROLE, **row, role=role))  # type: ignore[misc]
