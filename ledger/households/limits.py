"""How much a member may take from the household's pool in a month: set by the head, seen by the member."""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.book.facts import CapUse
from ledger.book.steps import Step
from ledger.errors import Refusal
from ledger.households.homes import active_members
from ledger.households.rules import limit_from
from ledger.members import approvals, households
from ledger.sql import Row, Sql, Tx

CAP: Final = "pool_member"
"""The counter's code; its period is the month of the business date."""

_NEWEST: Final = (
    "SELECT l.from_month, l.units FROM member_limit l WHERE l.community_id = :community_id"
    " AND l.person_id = :person_id AND l.household_id = :household_id{}"
    " ORDER BY l.from_month DESC, l.set_at DESC LIMIT 1"
)
_ON: Final = Sql(_NEWEST.format(" AND l.from_month <= :month"))
_LAST: Final = Sql(_NEWEST.format(""))
_SET: Final = Sql(
    "INSERT INTO member_limit (community_id, person_id, household_id, from_month, set_at, units,"
    " set_by_kind, set_by) VALUES (:community_id, :person_id, :household_id, :from_month, :at, :units,"
    " :by_kind, :by_id)"
)
_USED: Final = Sql(
    "SELECT used FROM cap_counter WHERE community_id = :community_id AND subject_id = :person_id"
    " AND cap_code = :cap AND period_key = :month"
)


_BACK: Final = Sql(
    "UPDATE cap_counter SET used = CASE WHEN used >= :units THEN used - :units ELSE 0 END"
    " WHERE community_id = :community_id AND subject_id = :person_id AND cap_code = :cap"
    " AND period_key = :month AND EXISTS (SELECT 1 FROM resident r"
    "  WHERE r.community_id = :community_id AND r.person_id = :person_id"
    "  AND r.household_id = :owner_id)"
)
_ANEW: Final = Sql(
    "UPDATE cap_counter SET used = 0 WHERE community_id = :community_id AND subject_id = :person_id"
    " AND cap_code = :cap"
)


class Limit(NamedTuple):
    """A member's limit in units: this month's, what is used of it, and what counts from a later month on.

    None is no limit; `next_month` is 0 where nothing changes.
    """

    units: int | None
    used: int
    next_month: int
    next_units: int | None


def limit_of(tx: Tx, community_id: int, household_id: int, person_id: int, *, month: int) -> Limit:
    """What holds for a member in a month (yyyymm)."""
    asked = {"community_id": community_id, "person_id": person_id, "household_id": household_id}
    now = tx.find(_ON, **asked, month=month)
    last = tx.find(_LAST, **asked)
    used = tx.find(_USED, community_id=community_id, person_id=person_id, cap=CAP, month=month)
    is_later = last is not None and int(last.from_month) > month
    return Limit(
        _units(now),
        0 if used is None else int(used.used),
        int(last.from_month) if last is not None and is_later else 0,
        _units(last) if is_later else None,
    )


def member_counts(
    tx: Tx, community_id: int, household_id: int, person_id: int, units: int, *, month: int
) -> list[CapUse]:
    """What a member takes from the pool in a month (yyyymm), to be counted with it; none where nothing limits it.

    Refuses member_limit.
    """
    found = limit_of(tx, community_id, household_id, person_id, month=month)
    if found.units is None:
        return []
    if found.used + units > found.units:
        left = max(0, found.units - found.used)
        raise Refusal("member_limit", left_units=left, asked_units=units)
    return [CapUse(CAP, month, units, found.units)]


def member_back_step(
    community_id: int, person_id: int, owner_id: int, month: int, units: int
) -> Step:
    """What came back to the pool of `owner_id` no longer counts against the member's month (yyyymm).

    Whoever has moved meanwhile is counted in another pool: there it gives nothing back.
    """
    params = {"community_id": community_id, "person_id": person_id, "owner_id": owner_id}
    return Step(_BACK, {**params, "cap": CAP, "month": month, "units": units})


def start_anew(tx: Tx, community_id: int, person_id: int) -> None:
    """Whoever moves in has used nothing of the pool yet: what counted was another household's."""
    tx.run(_ANEW, community_id=community_id, person_id=person_id, cap=CAP)


def set_limit(
    tx: Tx,
    community_id: int,
    household_id: int,
    person_id: int,
    units: int | None,
    *,
    month: int,
    by: By,
    at: int,
) -> int:
    """Set or lift (None) a member's monthly limit; returns the month (yyyymm) from which it counts.

    The head sets it, or the office for the head. More counts at once, less from next month on, so that nobody is left
    with less than was promised for the month `month` that runs. Refuses household_not_found, household_closed,
    household_not_member, household_not_head, limit_wrong, own_household, own_kin.
    """
    home = households.get_open(tx, community_id, household_id)
    if by.kind == "resident" and by.id != home.head_person_id:
        raise Refusal("household_not_head")
    approvals.check_not_own_household(tx, community_id, by, household_id=household_id)
    if person_id not in active_members(tx, community_id, household_id):
        raise Refusal("household_not_member")
    if units is not None and not 0 <= units <= _MOST:
        raise Refusal("limit_wrong")
    now = limit_of(tx, community_id, household_id, person_id, month=month)
    from_month = limit_from(month, units, now.units)
    tx.run(
        _SET,
        community_id=community_id,
        person_id=person_id,
        household_id=household_id,
        from_month=from_month,
        units=units,
        by_kind=by.kind,
        by_id=by.id,
        at=at,
    )
    audit.record(
        tx,
        community_id,
        by,
        "household.limit",
        f"person:{person_id}",
        at=at,
        before={"units": now.units},
        after={"units": units, "from_month": from_month},
    )
    return from_month


_MOST: Final = 10**9


def _units(row: Row | None) -> int | None:
    return None if row is None or row.units is None else int(row.units)
