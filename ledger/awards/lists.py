"""Decided awards as they are read: by their owner, by the office, by everybody."""

from __future__ import annotations

from typing import Final

from ledger.sql import Row, Sql, Tx

_COLUMNS: Final = (
    "award_id, item_code, commodity, owner_id, asked_units, booked_units, owed_units,"
    " dropped_units, is_private, reason, scheme_version, happened_on, business_date, txn_id"
)
_MINUS_OF: Final = Sql(
    f"SELECT {_COLUMNS} FROM award WHERE community_id = :community_id"
    " AND owner_id IN (:person_id, :household_id) AND asked_units < 0"
    " ORDER BY award_id DESC LIMIT :most"
)
_NEWEST: Final = Sql(
    f"SELECT {_COLUMNS}, proposed_by, approved_by FROM award WHERE community_id = :community_id"
    " ORDER BY award_id DESC LIMIT :most"
)
_PUBLIC: Final = Sql(
    "SELECT business_date, owner_id, item_code, booked_units, commodity FROM award"
    " WHERE community_id = :community_id AND asked_units > 0 AND booked_units > 0"
    " AND business_date >= :first_day AND business_date <= :last_day ORDER BY award_id"
)


def deductions_for(
    tx: Tx, community_id: int, *, person_id: int, household_id: int, most: int = 10
) -> list[Row]:
    """The latest deductions a resident is told of: their own and their household's, newest first."""
    return tx.all(
        _MINUS_OF,
        community_id=community_id,
        person_id=person_id,
        household_id=household_id,
        most=most,
    )


def newest_awards(tx: Tx, community_id: int, *, most: int = 50) -> list[Row]:
    """The latest awards of everybody, plus and minus, for the office."""
    return tx.all(_NEWEST, community_id=community_id, most=most)


def public_awards(tx: Tx, community_id: int, first_day: int, last_day: int) -> list[Row]:
    """What a public list of these business dates may show: plus lines alone, without any reason.

    A deduction and its reason are told to the owner and to nobody else (ruling C7).
    """
    return tx.all(_PUBLIC, community_id=community_id, first_day=first_day, last_day=last_day)
