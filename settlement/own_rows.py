"""Discrepancies that no night finds: each is opened when it becomes known, under the next free number of its day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ledger.errors import GuardMissedError
from ledger.sql import Sql, Tx
from settlement.due import due_on
from settlement.effects import today_of
from settlement.night import last_run_no
from settlement.verdicts import Code

_PER_DAY: Final = 1_000_000
_LAST: Final = Sql(
    "SELECT coalesce(max(discrepancy_no), :first) AS n FROM discrepancy WHERE community_id = :community_id"
    " AND discrepancy_no >= :first AND discrepancy_no <= :last"
)
_COLUMNS: Final = [
    "discrepancy_no",
    "run_no",
    "business_date",
    "code",
    "claimant_id",
    "terminal_id",
    "ref",
    "booked_kind",
    "booked_units",
    "booked_fen",
    "booked_at",
    "booked_txn",
    "claimed_kind",
    "claimed_units",
    "claimed_fen",
    "claimed_at",
    "plus_fen",
    "minus_fen",
    "held_fen",
    "due_date",
    "opened_at",
]
_RAISE: Final = Sql(
    f"INSERT INTO discrepancy (community_id, {', '.join(_COLUMNS)}, sub_code, rest_units, rest_fen, state, reason,"
    f" posted_fen) VALUES (:community_id, {', '.join(f':{name}' for name in _COLUMNS)}, '', 0, 0, 'open', '', 0)"
    " ON CONFLICT (community_id, discrepancy_no) DO NOTHING"
)
_NOTHING: Final = {
    "terminal_id": 0,
    "booked_kind": None,
    "booked_units": None,
    "booked_fen": None,
    "booked_at": None,
    "booked_txn": None,
    "claimed_kind": None,
    "claimed_units": None,
    "claimed_fen": None,
    "claimed_at": None,
    "plus_fen": 0,
    "minus_fen": 0,
    "held_fen": 0,
}


def open_row(
    tx: Tx,
    community_id: int,
    code: Code,
    span: tuple[int, int],
    row: Mapping[str, Any],
    *,
    at: int,
) -> int:
    """Open a discrepancy today; returns its number, the next free one of `span` (first and last six digits).

    `row`: claimant_id, ref, business_date and the booked side; amounts in fen and units.
    """
    today = today_of(tx, community_id, at=at)
    first, last = (today * _PER_DAY + n for n in span)
    kept = {
        **_NOTHING,
        **row,
        "community_id": community_id,
        "code": code.value,
        "run_no": last_run_no(tx, community_id),
        "due_date": due_on(today, code),
        "opened_at": at,
    }
    number = int(tx.get(_LAST, community_id=community_id, first=first, last=last).n) + 1
    # Somebody else may take the number at the same moment: then the next one is free.
    while number <= last:
        if tx.run(_RAISE, **kept, discrepancy_no=number):
            return number
        number += 1
    raise GuardMissedError("discrepancy")
