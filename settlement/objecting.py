"""Until when a shop may object to what was decided on a day: the term of the statement it stands on."""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger.members import settings
from ledger.sql import Sql, Tx

_STATEMENT: Final = Sql(
    "SELECT month, objection_until FROM statement WHERE community_id = :community_id"
    " AND claimant_id = :claimant_id AND first_date <= :day AND last_date >= :day"
)


class Term(NamedTuple):
    """The month (yyyymm) whose statement shows it; the last day to object, or 0 and the working days it will have."""

    month: int
    until_date: int
    days: int


def term_of(tx: Tx, community_id: int, claimant_id: int, day: int) -> Term:
    """The term for what a shop was told on a business date (yyyymmdd)."""
    days = settings.current(tx, community_id).accept_days
    found = tx.find(_STATEMENT, community_id=community_id, claimant_id=claimant_id, day=day)
    if found is None:
        return Term(day // 100, 0, days)
    return Term(int(found.month), int(found.objection_until), days)
