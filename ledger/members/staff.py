"""Staff and shop owners who sign in with a password: their sign-ins, roles and tries."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from ledger import audit
from ledger.audit import By
from ledger.clock import SECOND_US
from ledger.database import Database
from ledger.errors import Refusal
from ledger.ids import new_id
from ledger.members import merchants, residents, sessions
from ledger.members.hashing import STANDARD, Cost, hash_secret, is_right
from ledger.members.passwords import check_password
from ledger.members.roles import STAFF_ROLES
from ledger.members.words import check_text
from ledger.sql import Row, Sql, Tx

TRIES: Final = 5
LOCK_S: Final = 900
"""After TRIES wrong passwords a sign-in waits a quarter of an hour."""

_LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
_COLUMNS: Final = "staff_id, login, state, person_id, merchant_id"
_ONE: Final = Sql(
    f"SELECT {_COLUMNS} FROM staff WHERE community_id = :community_id AND staff_id = :staff_id"
)
_ALL: Final = Sql(
    "SELECT s.staff_id, s.login, s.state, s.person_id, s.merchant_id, i.name FROM staff s"
    " LEFT JOIN staff_identity i ON i.community_id = s.community_id AND i.staff_id = s.staff_id"
    " WHERE s.community_id = :community_id ORDER BY s.login"
)
_BY_LOGIN: Final = Sql(
    "SELECT staff_id, phc, state, merchant_id, wrong_tries, locked_until FROM staff"
    " WHERE community_id = :community_id AND login = :login"
)
_ADD: Final = Sql(
    "INSERT INTO staff (community_id, staff_id, login, phc, state, person_id, merchant_id,"
    " wrong_tries, locked_until, made_at) VALUES (:community_id, :staff_id, :login, :phc,"
    " 'active', :person_id, :merchant_id, 0, 0, :at)"
)
_NAME: Final = Sql(
    "INSERT INTO staff_identity (community_id, staff_id, name)"
    " VALUES (:community_id, :staff_id, :name)"
)
_NAME_OF: Final = Sql(
    "SELECT name FROM staff_identity WHERE community_id = :community_id AND staff_id = :staff_id"
)
_SET_PASSWORD: Final = Sql(
    "UPDATE staff SET phc = :phc, wrong_tries = 0, locked_until = 0"
    " WHERE community_id = :community_id AND staff_id = :staff_id"
)
_SET_PERSON: Final = Sql(
    "UPDATE staff SET person_id = :person_id"
    " WHERE community_id = :community_id AND staff_id = :staff_id"
)
_SET_STATE: Final = Sql(
    "UPDATE staff SET state = :state WHERE community_id = :community_id AND staff_id = :staff_id"
)
_TRY: Final = Sql(
    "UPDATE staff SET wrong_tries = CASE WHEN wrong_tries >= :tries THEN 1"
    " ELSE wrong_tries + 1 END,"
    " locked_until = CASE WHEN wrong_tries + 1 = :tries THEN :until ELSE locked_until END"
    " WHERE community_id = :community_id AND staff_id = :staff_id AND locked_until <= :at"
)
_RIGHT: Final = Sql(
    "UPDATE staff SET wrong_tries = 0, locked_until = 0"
    " WHERE community_id = :community_id AND staff_id = :staff_id AND phc = :phc"
)
_ROLES: Final = Sql(
    "SELECT role FROM staff_role WHERE community_id = :community_id AND staff_id = :staff_id"
    " AND revoked_at IS NULL ORDER BY role"
)
_GIVE: Final = Sql(
    "INSERT INTO staff_role (community_id, staff_id, role, granted_at, granted_by)"
    " VALUES (:community_id, :staff_id, :role, :at, :by)"
)
_TAKE: Final = Sql(
    "UPDATE staff_role SET revoked_at = :at, revoked_by = :by WHERE community_id = :community_id"
    " AND staff_id = :staff_id AND role = :role AND revoked_at IS NULL"
)


@dataclass(frozen=True, slots=True)
class Staff:
    """One sign-in; with `merchant_id` it is a shop owner's, else a member of staff."""

    staff_id: int
    login: str
    state: str
    person_id: int | None
    merchant_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStaff:
    """What opening a sign-in needs; `person_id` where the member of staff is a resident too."""

    login: str
    name: str
    password: str
    person_id: int | None = None
    merchant_id: int | None = None


def add_staff(
    tx: Tx,
    community_id: int,
    new: NewStaff,
    *,
    pepper: bytes,
    by: By,
    at: int,
    cost: Cost = STANDARD,
) -> int:
    """Open a sign-in, without any role yet; returns its id.

    Refusals: login_bad, login_taken, password_short, password_common, name_bad,
    resident_not_found, merchant_not_found.
    """
    if not _LOGIN.fullmatch(new.login):
        raise Refusal("login_bad")
    check_password(new.password, login=new.login)
    check_text(new.name)
    if tx.find(_BY_LOGIN, community_id=community_id, login=new.login) is not None:
        raise Refusal("login_taken")
    if new.person_id is not None:
        residents.get_resident(tx, community_id, new.person_id)
    if new.merchant_id is not None:
        merchants.get_merchant(tx, community_id, new.merchant_id)
    staff_id = new_id(at)
    tx.run(
        _ADD,
        community_id=community_id,
        staff_id=staff_id,
        login=new.login,
        phc=hash_secret(_bound(community_id, staff_id, new.password), pepper=pepper, cost=cost),
        person_id=new.person_id,
        merchant_id=new.merchant_id,
        at=at,
    )
    tx.run(_NAME, community_id=community_id, staff_id=staff_id, name=new.name)
    _note(tx, community_id, by, "staff.add", staff_id, at, merchant_id=new.merchant_id)
    return staff_id


def get_staff(tx: Tx, community_id: int, staff_id: int) -> Staff:
    """One sign-in.

    Refusals: staff_not_found.
    """
    row = tx.find(_ONE, community_id=community_id, staff_id=staff_id)
    if row is None:
        raise Refusal("staff_not_found")
    return Staff(*row)


def all_staff(tx: Tx, community_id: int) -> list[Row]:
    """Every sign-in: the columns of Staff and `name`."""
    return tx.all(_ALL, community_id=community_id)


def name_of(tx: Tx, community_id: int, staff_id: int) -> str:
    """The name of a member of staff, '' where there is none."""
    row = tx.find(_NAME_OF, community_id=community_id, staff_id=staff_id)
    return "" if row is None else str(row.name)


def sign_in(
    db: Database, community_id: int, login: str, password: str, *, pepper: bytes, at: int
) -> Staff:
    """Who that is, where login and password fit; each wrong try is counted.

    An unknown login takes as long as a wrong password and is answered alike.
    Refusals: sign_in_wrong, sign_in_locked, staff_left.
    """
    row = db.write(lambda tx: _count_try(tx, community_id, login, at))
    if row is None:
        is_right("", _nobody(), pepper=pepper)
        raise Refusal("sign_in_wrong")
    staff_id = int(row.staff_id)
    if not is_right(_bound(community_id, staff_id, password), row.phc, pepper=pepper):
        raise Refusal("sign_in_wrong")
    if row.state != "active":
        raise Refusal("staff_left")

    def accept(tx: Tx) -> Staff:
        tx.run(_RIGHT, community_id=community_id, staff_id=staff_id, phc=row.phc)
        return get_staff(tx, community_id, staff_id)

    return db.write(accept)


def set_password(
    tx: Tx,
    community_id: int,
    staff_id: int,
    password: str,
    *,
    pepper: bytes,
    by: By,
    at: int,
    cost: Cost = STANDARD,
) -> None:
    """Change a password; every sign-in in use ends.

    Refusals: staff_not_found, password_short, password_common.
    """
    staff = get_staff(tx, community_id, staff_id)
    check_password(password, login=staff.login)
    phc = hash_secret(_bound(community_id, staff_id, password), pepper=pepper, cost=cost)
    tx.run(_SET_PASSWORD, community_id=community_id, staff_id=staff_id, phc=phc)
    _sign_out(tx, community_id, staff_id, at)
    _note(tx, community_id, by, "staff.password", staff_id, at)


def set_state(tx: Tx, community_id: int, staff_id: int, state: str, *, by: By, at: int) -> None:
    """Close a sign-in (`left`) or open it again (`active`); sign-ins in use end.

    Refusals: staff_not_found, own_role.
    """
    if state not in {"active", "left"}:
        raise ValueError(state)
    get_staff(tx, community_id, staff_id)
    _check_not_oneself(by, staff_id)
    tx.run(_SET_STATE, community_id=community_id, staff_id=staff_id, state=state)
    _sign_out(tx, community_id, staff_id, at)
    _note(tx, community_id, by, f"staff.{state}", staff_id, at)


def set_person(
    tx: Tx, community_id: int, staff_id: int, person_id: int | None, *, by: By, at: int
) -> None:
    """Say which resident a member of staff is, or that they are none; nobody says it of themselves.

    Whoever is a resident does not decide about their own household or relatives.
    Refusals: staff_not_found, resident_not_found, own_role.
    """
    before = get_staff(tx, community_id, staff_id).person_id
    _check_not_oneself(by, staff_id)
    if person_id is not None:
        residents.get_resident(tx, community_id, person_id)
    tx.run(_SET_PERSON, community_id=community_id, staff_id=staff_id, person_id=person_id)
    audit.record(
        tx,
        community_id,
        by,
        "staff.person",
        f"staff:{staff_id}",
        at=at,
        before={"person_id": _number(before)},
        after={"person_id": _number(person_id)},
    )


def _number(person_id: int | None) -> str | None:
    return None if person_id is None else str(person_id)


def roles_of(tx: Tx, community_id: int, staff_id: int) -> frozenset[str]:
    """The roles somebody holds now."""
    rows = tx.all(_ROLES, community_id=community_id, staff_id=staff_id)
    return frozenset(row.role for row in rows)


def give_role(tx: Tx, community_id: int, staff_id: int, role: str, *, by: By, at: int) -> None:
    """Give a role; nobody gives themselves one.

    Refusals: staff_not_found, role_unknown, role_twice, own_role.
    """
    if role not in STAFF_ROLES:
        raise Refusal("role_unknown", role=role[:40])
    get_staff(tx, community_id, staff_id)
    _check_not_oneself(by, staff_id)
    if role in roles_of(tx, community_id, staff_id):
        raise Refusal("role_twice")
    tx.run(_GIVE, community_id=community_id, staff_id=staff_id, role=role, at=at, by=by.id)
    _note(tx, community_id, by, "role.give", staff_id, at, role=role)


def take_role(tx: Tx, community_id: int, staff_id: int, role: str, *, by: By, at: int) -> None:
    """Take a role away; it counts from the next request on.

    Refusals: role_not_held, own_role.
    """
    _check_not_oneself(by, staff_id)
    if not tx.run(_TAKE, community_id=community_id, staff_id=staff_id, role=role, at=at, by=by.id):
        raise Refusal("role_not_held")
    _note(tx, community_id, by, "role.take", staff_id, at, role=role)


@cache
def _nobody() -> str:
    return hash_secret("nobody", pepper=b"")


def _count_try(tx: Tx, community_id: int, login: str, at: int) -> Row | None:
    row = tx.find(_BY_LOGIN, community_id=community_id, login=login)
    if row is None:
        return None
    counted = tx.run(
        _TRY,
        community_id=community_id,
        staff_id=row.staff_id,
        tries=TRIES,
        until=at + LOCK_S * SECOND_US,
        at=at,
    )
    if not counted:
        raise Refusal("sign_in_locked", wait_s=max(1, (row.locked_until - at) // SECOND_US))
    return row


def _check_not_oneself(by: By, staff_id: int) -> None:
    if by.kind == "staff" and by.id == staff_id:
        raise Refusal("own_role")


def _sign_out(tx: Tx, community_id: int, staff_id: int, at: int) -> None:
    for kind in ("staff", "merchant"):
        sessions.end_all(tx, community_id, kind, staff_id, at=at)


def _bound(community_id: int, staff_id: int, password: str) -> str:
    return f"staff:{community_id}:{staff_id}:{password}"


def _note(
    tx: Tx, community_id: int, by: By, act: str, staff_id: int, at: int, **after: int | str | None
) -> None:
    audit.record(tx, community_id, by, act, f"staff:{staff_id}", at=at, after=after)
