"""Verdict A6: points spent in a shop by its own people or those of their home. Paid, and looked at by somebody else."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Final

from ledger.book.offsets import BOOKED, IN_RANGE, OFFSET_COLUMNS
from ledger.sql import Sql, Tx
from settlement.matching import Booked
from settlement.night_store import keep_found
from settlement.reckoning import Found
from settlement.sides import Run
from settlement.verdicts import Code

_FROM: Final = 720_000
"""A6s of a day are numbered from here."""

# A shop's own login that is a resident too, their home, and whom they declared as kin.
_OWN: Final = Sql(
    "SELECT s.merchant_id, r.person_id FROM staff s JOIN resident me ON me.community_id = s.community_id"
    "  AND me.person_id = s.person_id JOIN resident r ON r.community_id = me.community_id"
    "  AND r.household_id = me.household_id WHERE s.community_id = :community_id AND s.merchant_id IS NOT NULL"
    " UNION SELECT s.merchant_id, k.other_person_id FROM staff s JOIN kin k ON k.community_id = s.community_id"
    "  AND k.person_id = s.person_id AND k.ended_at IS NULL WHERE s.community_id = :community_id"
    "  AND s.merchant_id IS NOT NULL"
    " UNION SELECT s.merchant_id, k.person_id FROM staff s JOIN kin k ON k.community_id = s.community_id"
    "  AND k.other_person_id = s.person_id AND k.ended_at IS NULL WHERE s.community_id = :community_id"
    "  AND s.merchant_id IS NOT NULL"
)
_SPENT: Final = (
    f"SELECT {OFFSET_COLUMNS} FROM {BOOKED} JOIN txn x ON x.community_id = o.community_id AND x.txn_id = o.txn_id"
    f"{IN_RANGE} AND o.claimant_id = :merchant_id AND o.fen > 0 AND x.person_id {{among}} ORDER BY o.txn_id"
)
_SPENT_BY: Final = {
    "sqlite": Sql(_SPENT.format(among="IN (SELECT value FROM json_each(:people))")),
    "postgresql": Sql(_SPENT.format(among="= ANY(:people)")),
}


def close_own_shop(tx: Tx, run: Run, *, at: int) -> int:
    """Name each offset of the night's range that somebody spent in their own shop; gives how many."""
    own: dict[int, set[int]] = defaultdict(set)
    for row in tx.all(_OWN, community_id=run.community_id):
        own[int(row.merchant_id)].add(int(row.person_id))
    found = [
        _a6(Booked(*row))
        for merchant_id, people in sorted(own.items())
        for row in tx.all(
            _SPENT_BY[tx.dialect],
            community_id=run.community_id,
            first_leaf=run.first_leaf,
            end_leaf=run.end_leaf,
            merchant_id=merchant_id,
            people=json.dumps(sorted(people)) if tx.dialect == "sqlite" else sorted(people),
        )
    ]
    keep_found(tx, run, found, first=_FROM, at=at)
    return len(found)


def _a6(booked: Booked) -> Found:
    # Review, not refusal: it is settled, and held until somebody has looked.
    return Found(
        Code.A6,
        "",
        booked.claimant_id,
        booked.terminal_id,
        booked.ref,
        booked.business_date,
        booked,
        held_fen=booked.fen,
    )
