"""Ageing as the night runs it: each step a discrepancy reaches is written down once, with its day."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Final

from ledger.earning.calendar import day_from_key
from ledger.sql import Row, Sql, Tx
from settlement.ageing import Aged, Step, steps_reached
from settlement.due import due_on, pooled_until
from settlement.handling import HANDLING
from settlement.verdicts import Code

_UNSETTLED: Final = Sql(
    "SELECT discrepancy_no, code, due_date, owner_id FROM discrepancy WHERE community_id = :community_id"
    " AND state IN ('open', 'asked', 'proposed') ORDER BY discrepancy_no"
)
_REACHED: Final = Sql(
    "SELECT s.discrepancy_no, s.step FROM discrepancy_step s JOIN discrepancy d"
    " ON d.community_id = s.community_id AND d.discrepancy_no = s.discrepancy_no"
    " WHERE s.community_id = :community_id AND d.state IN ('open', 'asked', 'proposed')"
)
_KEEP: Final = Sql(
    "INSERT INTO discrepancy_step (community_id, discrepancy_no, step, business_date, reached_at)"
    " VALUES (:community_id, :discrepancy_no, :step, :business_date, :at) ON CONFLICT DO NOTHING"
)
_POOLED: Final = Sql(
    "SELECT discrepancy_no, code FROM discrepancy WHERE community_id = :community_id AND state = 'pooled'"
    " ORDER BY discrepancy_no"
)
_RELEASE: Final = Sql(
    "UPDATE discrepancy SET state = 'open', opened_at = :at, due_date = :due_date"
    " WHERE community_id = :community_id AND discrepancy_no = :discrepancy_no AND state = 'pooled'"
)
_PER_DAY: Final = 1_000_000


def release_pool(tx: Tx, community_id: int, *, day: int, at: int) -> int:
    """Claims that waited in the pool long enough by the close of `day` are somebody's now; gives how many."""
    here = {"community_id": community_id, "at": at}
    rows = tx.all(_POOLED, community_id=community_id)
    ripe = [row for row in rows if pooled_until(_found_on(row), Code(row.code)) <= day]
    for row in ripe:
        due = due_on(day, Code(row.code))
        tx.run(_RELEASE, **here, discrepancy_no=row.discrepancy_no, due_date=due)
    return len(ripe)


def age_open(tx: Tx, community_id: int, *, today: int, at: int) -> Counter[Step]:
    """Write down the steps unsettled discrepancies have newly reached by `today` (yyyymmdd); again, it adds nothing."""
    known = {(row.discrepancy_no, row.step) for row in tx.all(_REACHED, community_id=community_id)}
    new = [
        (row.discrepancy_no, step)
        for row in tx.all(_UNSETTLED, community_id=community_id)
        for step in reached_by(row, day_from_key(today))
        if (row.discrepancy_no, step.value) not in known
    ]
    tx.many(
        _KEEP,
        [
            {
                "community_id": community_id,
                "discrepancy_no": number,
                "step": step.value,
                "business_date": today,
                "at": at,
            }
            for number, step in new
        ],
    )
    return Counter(step for _, step in new)


def reached_by(row: Row, today: date) -> tuple[Step, ...]:
    """The steps a discrepancy row has reached by a day; one that somebody has settled reaches none any more."""
    found = day_from_key(_found_on(row))
    told_on = HANDLING[Code(row.code)].escalate_days
    aged = Aged(found, day_from_key(int(row.due_date)), row.owner_id is not None, told_on)
    return steps_reached(aged, today)


def _found_on(row: Row) -> int:
    return int(row.discrepancy_no) // _PER_DAY
