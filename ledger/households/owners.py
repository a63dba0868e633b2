"""Whose wallet it is now: points of a sale follow the person, those of a household that ended follow its successor."""

from __future__ import annotations

from typing import Final

from ledger.sql import Sql, Tx

_HOME: Final = Sql(
    "SELECT h.household_id, (SELECT r.household_id FROM resident r"
    "  WHERE r.community_id = h.community_id AND r.person_id = :person_id) AS home_now"
    " FROM household h WHERE h.community_id = :community_id AND h.household_id = :owner_id"
)
_SUCCESSOR: Final = Sql(
    "SELECT successor_id FROM household_end"
    " WHERE community_id = :community_id AND household_id = :household_id"
)


def owner_now(tx: Tx, community_id: int, owner_id: int, person_id: int | None) -> int:
    """The wallet owner to whom points go that were `owner_id`'s when `person_id` earned or spent them.

    A person's own wallet stays theirs. A household's: the household the person belongs to today; without a person, the
    household itself, or the one it was merged into.
    """
    row = tx.find(_HOME, community_id=community_id, owner_id=owner_id, person_id=person_id or 0)
    if row is None:
        return owner_id
    return successor_of(
        tx, community_id, int(row.household_id if row.home_now is None else row.home_now)
    )


def successor_of(tx: Tx, community_id: int, household_id: int) -> int:
    """The household that stands for this one today: itself, or where merging has led."""
    seen = {household_id}
    while True:
        row = tx.find(_SUCCESSOR, community_id=community_id, household_id=household_id)
        if row is None or int(row.successor_id) in seen:
            return household_id
        household_id = int(row.successor_id)
        seen.add(household_id)
