"""Who lives in a household, who is its head, and where it is: without any points."""

from __future__ import annotations

from typing import Final

from ledger import audit
from ledger.audit import By
from ledger.errors import Refusal
from ledger.households import store
from ledger.members import approvals, households, residents
from ledger.members.words import check_code, check_text
from ledger.sql import Sql, Tx

_MEMBERS: Final = Sql(
    "SELECT person_id FROM resident WHERE community_id = :community_id"
    " AND household_id = :household_id AND state = 'active' ORDER BY person_id"
)
_ALL_MOVE: Final = Sql(
    "UPDATE resident SET household_id = :other WHERE community_id = :community_id"
    " AND household_id = :household_id"
)
_END: Final = Sql(
    "INSERT INTO household_end (community_id, household_id, successor_id, act_id, ended_at)"
    " VALUES (:community_id, :household_id, :other, :act_id, :at)"
)
_ADDRESS: Final = Sql(
    "UPDATE household SET code = :code, building = :building, unit = :unit"
    " WHERE community_id = :community_id AND household_id = :household_id AND closed_at IS NULL"
)
_NO_HEAD: Final = Sql(
    "UPDATE household SET head_person_id = NULL"
    " WHERE community_id = :community_id AND household_id = :household_id"
)


def active_members(tx: Tx, community_id: int, household_id: int) -> set[int]:
    """The people who take part in a household today."""
    rows = tx.all(_MEMBERS, community_id=community_id, household_id=household_id)
    return {int(row.person_id) for row in rows}


def keep_a_head(tx: Tx, community_id: int, household_id: int, *, by: By, at: int) -> None:
    """Where the head is gone, whoever was registered first takes their place; the office can name another."""
    home = households.get_household(tx, community_id, household_id)
    members = active_members(tx, community_id, household_id)
    if home.head_person_id in members:
        return
    if members:
        households.set_head(tx, community_id, household_id, min(members), by=by, at=at)
    elif home.head_person_id is not None:
        tx.run(_NO_HEAD, community_id=community_id, household_id=household_id)


def merge(
    tx: Tx, community_id: int, household_id: int, other: int, act_id: int, *, by: By, at: int
) -> None:
    """Everybody moves over, also those who are gone; what still reaches the old wallet follows them."""
    for person_id in sorted(active_members(tx, community_id, household_id)):
        residents.move(tx, community_id, person_id, other, by=by, at=at)
    tx.run(_ALL_MOVE, community_id=community_id, household_id=household_id, other=other)
    tx.run(
        _END,
        community_id=community_id,
        household_id=household_id,
        other=other,
        act_id=act_id,
        at=at,
    )
    households.close_household(tx, community_id, household_id, by=by, at=at)
    keep_a_head(tx, community_id, other, by=by, at=at)


def move_home(  # noqa: PLR0913 - an address and who says so
    tx: Tx,
    community_id: int,
    household_id: int,
    *,
    code: str,
    building: str,
    unit: str,
    reason: str,
    today: int,
    by: By,
    at: int,
) -> None:
    """The whole household moves to another home of the community: another code, the same wallet.

    Refuses household_not_found, household_closed, household_code_taken, code_bad, name_bad, own_household, own_kin.
    """
    approvals.check_not_own_household(tx, community_id, by, household_id=household_id)
    home = households.get_open(tx, community_id, household_id)
    check_code(code, least=1, most=20)
    check_text(building)
    check_text(unit)
    if code != home.code and households.find_by_code(tx, community_id, code) is not None:
        raise Refusal("household_code_taken", taken=code)
    tx.run(
        _ADDRESS,
        community_id=community_id,
        household_id=household_id,
        code=code,
        building=building,
        unit=unit,
    )
    store.keep_simple(
        tx, community_id, "move", household_id, reason=reason, today=today, by=by, at=at
    )
    audit.record(
        tx,
        community_id,
        by,
        "household.address",
        f"household:{household_id}",
        at=at,
        before={"code": home.code},
        after={"code": code},
    )


def move_out(
    tx: Tx,
    community_id: int,
    household_id: int,
    people: tuple[int, ...],
    *,
    reason: str,
    today: int,
    by: By,
    at: int,
) -> None:
    """These people leave the community. Points are good here alone: they stay in the pool with whoever stays.

    Where nobody stays the household is closed; its points can be used by nobody and lapse on their dates.
    Refuses household_not_found, household_closed, household_nobody_goes, household_not_member, own_household, own_kin.
    """
    approvals.check_not_own_household(tx, community_id, by, household_id=household_id)
    households.get_open(tx, community_id, household_id)
    members = active_members(tx, community_id, household_id)
    if not people:
        raise Refusal("household_nobody_goes")
    if not set(people) <= members:
        raise Refusal("household_not_member")
    for person_id in people:
        residents.leave(tx, community_id, person_id, by=by, at=at)
    store.keep_simple(
        tx,
        community_id,
        "out",
        household_id,
        person_id=people[0] if len(people) == 1 else None,
        reason=reason,
        today=today,
        by=by,
        at=at,
    )
    if set(people) == members:
        households.close_household(tx, community_id, household_id, by=by, at=at)
    keep_a_head(tx, community_id, household_id, by=by, at=at)
