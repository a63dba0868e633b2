"""Which days a shop's list speaks for: a claim handed in late names its own day, and no day between."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ledger.sql import Sql, Tx
from settlement.coverage import WHOLE_SHOP
from settlement.daybook import ClaimLine

_COVERED: Final = Sql(
    "SELECT first_date, last_date FROM claim_batch WHERE community_id = :community_id AND claimant_id = :claimant_id"
    " AND terminal_id = :terminal_id AND outcome = 'ok' AND last_date >= :since"
)


def days_of(
    tx: Tx, community_id: int, claimant_id: int, lines: Iterable[ClaimLine], *, day: int
) -> tuple[int, int]:
    """First and last day (yyyymmdd) of a list handed in for `day`.

    A day that an earlier list spoke for already is not where this one begins: what it names there was forgotten then.
    So a list with one claim of last month does not stand for every day since on which nothing was handed in.
    """
    dates = sorted({line.business_date for line in lines})
    if not dates:
        return day, day
    rows = tx.all(
        _COVERED,
        community_id=community_id,
        claimant_id=claimant_id,
        terminal_id=WHOLE_SHOP,
        since=dates[0],
    )
    new = [
        date for date in dates if not any(row.first_date <= date <= row.last_date for row in rows)
    ]
    last = max(dates[-1], day)
    return (min(new[0], last) if new else min(day, last)), last
