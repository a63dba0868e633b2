"""Trails of days and months as tests read them, and what stands on every account."""

from __future__ import annotations

from itertools import groupby

from ledger.sql import Sql, Tx
from settlement.life_trail import LifeStep, Subject, trail_of
from tests.support.town import HERE

EVERY_ROW = Sql(
    "SELECT a.kind, a.commodity, a.owner_id, sum(CASE WHEN t.credit_id = a.account_id THEN t.amount"
    " ELSE -t.amount END) AS total FROM account a JOIN transfer t ON t.community_id = a.community_id"
    " AND (t.debit_id = a.account_id OR t.credit_id = a.account_id)"
    " WHERE a.community_id = :community_id GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
)


def trail(tx: Tx, subject: str, period: int, shop: int = 0) -> list[LifeStep]:
    return trail_of(tx, Subject(HERE, subject, period, shop))  # type: ignore[arg-type]


def states(steps: list[LifeStep]) -> list[str]:
    return [step.state for step in steps]


def way(steps: list[LifeStep]) -> list[str]:
    """The states without the failures, after each of which the step it failed in is taken once more."""
    return [state for state, _ in groupby(one for one in states(steps) if one != "failed")]
