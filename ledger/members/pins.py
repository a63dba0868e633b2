"""A resident's six digits: set at the service desk, checked online, locked after a few tries."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from ledger import audit
from ledger.audit import By
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import settings
from ledger.members.hashing import STANDARD, Cost, hash_secret, is_right
from ledger.sql import Row, Sql, Tx

DIGITS: Final = 6

_FIND: Final = Sql(
    "SELECT phc, wrong_tries, locked_at, set_at FROM pin"
    " WHERE community_id = :community_id AND person_id = :person_id"
)
_SET: Final = Sql(
    "INSERT INTO pin (community_id, person_id, phc, wrong_tries, locked_at, set_at)"
    " VALUES (:community_id, :person_id, :phc, 0, NULL, :at)"
    " ON CONFLICT (community_id, person_id)"
    " DO UPDATE SET phc = excluded.phc, wrong_tries = 0, locked_at = NULL, set_at = excluded.set_at"
)
_TRY: Final = Sql(
    "UPDATE pin SET wrong_tries = wrong_tries + 1,"
    " locked_at = CASE WHEN wrong_tries + 1 >= :tries THEN :at ELSE NULL END"
    " WHERE community_id = :community_id AND person_id = :person_id AND phc = :phc"
    " AND wrong_tries < :tries RETURNING wrong_tries"
)
_RIGHT: Final = Sql(
    "UPDATE pin SET wrong_tries = 0, locked_at = NULL"
    " WHERE community_id = :community_id AND person_id = :person_id AND phc = :phc"
)
_LOCKED: Final = Sql(
    "SELECT person_id, locked_at FROM pin WHERE community_id = :community_id"
    " AND locked_at IS NOT NULL ORDER BY locked_at DESC"
)
_RESIDENT: Final = Sql(
    "SELECT birth_year FROM resident WHERE community_id = :community_id AND person_id = :person_id"
)


def set_pin(
    tx: Tx,
    community_id: int,
    person_id: int,
    digits: str,
    *,
    pepper: bytes,
    by: By,
    at: int,
    cost: Cost = STANDARD,
) -> None:
    """Set or reset a resident's PIN, which also ends a lock.

    Refusals: resident_not_found, pin_shape, pin_trivial.
    """
    person = tx.find(_RESIDENT, community_id=community_id, person_id=person_id)
    if person is None:
        raise Refusal("resident_not_found")
    check_choice(digits, birth_year=person.birth_year)
    phc = hash_secret(_salted(community_id, person_id, digits), pepper=pepper, cost=cost)
    tx.run(_SET, community_id=community_id, person_id=person_id, phc=phc, at=at)
    audit.record(tx, community_id, by, "pin.set", f"person:{person_id}", at=at)


def replace_pin(  # noqa: PLR0913 - two PINs, whose, and how they are kept
    tx: Tx,
    community_id: int,
    person_id: int,
    old: str,
    new: str,
    *,
    pepper: bytes,
    by: By,
    at: int,
    cost: Cost = STANDARD,
) -> None:
    """Set `new` in place of `old`, which `check_pin` found right; a lock or another change since then stands.

    Refusals: pin_same, pin_shape, pin_trivial, pin_wrong, pin_locked, resident_not_found.
    """
    if new == old:
        raise Refusal("pin_same")
    row = tx.find(_FIND, community_id=community_id, person_id=person_id)
    if row is None or not is_right(_salted(community_id, person_id, old), row.phc, pepper=pepper):
        raise Refusal("pin_wrong", tries_left=0)
    if row.locked_at is not None:
        raise Refusal("pin_locked")
    set_pin(tx, community_id, person_id, new, pepper=pepper, by=by, at=at, cost=cost)


def check_pin(
    db: Database, community_id: int, person_id: int, digits: str, *, pepper: bytes, at: int
) -> None:
    """Pass where the PIN is right; each wrong try is counted even though the caller is refused.

    A try is counted before its digits are looked at, and given back when they were right: ten
    guesses sent at the same moment are ten tries.
    Refusals: pin_not_set, pin_locked, pin_shape, pin_wrong.
    """
    if not _is_pin(digits):
        raise Refusal("pin_shape")
    row, left = db.write(lambda tx: _count_try(tx, community_id, person_id, at))
    if not is_right(_salted(community_id, person_id, digits), row.phc, pepper=pepper):
        raise Refusal("pin_wrong", tries_left=left) if left else Refusal("pin_locked")
    db.write(lambda tx: tx.run(_RIGHT, community_id=community_id, person_id=person_id, phc=row.phc))


def state_of(tx: Tx, community_id: int, person_id: int) -> str:
    """`none`, `set` or `locked`."""
    row = tx.find(_FIND, community_id=community_id, person_id=person_id)
    if row is None:
        return "none"
    return "set" if row.locked_at is None else "locked"


def locked(tx: Tx, community_id: int) -> list[Row]:
    """Whose PIN is locked after wrong tries, the latest first: person_id, locked_at; the desk calls them."""
    return tx.all(_LOCKED, community_id=community_id)


def check_choice(digits: str, *, birth_year: int | None = None) -> None:
    """Refuse digits anybody would try first: rows, repeats, a year of birth.

    Refusals: pin_shape, pin_trivial.
    """
    if not _is_pin(digits):
        raise Refusal("pin_shape")
    steps = {(int(right) - int(left)) % 10 for left, right in pairwise(digits)}
    is_row = len(steps) == 1 and steps <= {0, 1, 9}
    half, third = DIGITS // 2, DIGITS // 3
    is_repeat = digits[:half] * 2 == digits or digits[:third] * 3 == digits
    is_birthday = birth_year is not None and _is_birthday(digits, birth_year)
    if is_row or is_repeat or is_birthday or digits in _COMMON:
        raise Refusal("pin_trivial")


def _is_birthday(digits: str, birth_year: int) -> bool:
    """The year of birth in full at either end, or its last two digits with a month and a day."""
    year, short = str(birth_year), f"{birth_year % 100:02d}"
    if digits.startswith(year) or digits.endswith(year):
        return True
    dates = [digits[2:]] if digits.startswith(short) else []
    dates += [digits[:4]] if digits.endswith(short) else []
    return any(1 <= int(d[:2]) <= _MONTHS and 1 <= int(d[2:]) <= _DAYS for d in dates)


_MONTHS: Final = 12
_DAYS: Final = 31
_COMMON: Final = frozenset({"112233", "332211", "123321", "520131", "521521", "147258", "159357"})


def _count_try(tx: Tx, community_id: int, person_id: int, at: int) -> tuple[Row, int]:
    row = tx.find(_FIND, community_id=community_id, person_id=person_id)
    if row is None:
        raise Refusal("pin_not_set")
    tries = settings.current(tx, community_id).pin_tries
    counted = tx.find(
        _TRY, community_id=community_id, person_id=person_id, phc=row.phc, tries=tries, at=at
    )
    if counted is None:
        raise Refusal("pin_locked")
    return row, max(0, tries - counted.wrong_tries)


def _is_pin(digits: str) -> bool:
    return len(digits) == DIGITS and digits.isascii() and digits.isdigit()


def _salted(community_id: int, person_id: int, digits: str) -> str:
    # Bound to the person, so that a hash copied from one row to another opens nothing.
    return f"{community_id}:{person_id}:{digits}"
