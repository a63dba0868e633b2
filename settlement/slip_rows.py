"""What a stack of slip halves shows, as discrepancies with owner, due date and age: K1, K2 and K3.

The stack says which of them stand (`settlement.slips`); here each has its row from then until it is explained by a
later stack or claim, or somebody closes it with a reason.
"""

from __future__ import annotations

from typing import Any, Final

from ledger.audit import By
from ledger.sql import Row, Sql, Tx
from settlement.effects import today_of
from settlement.night import last_run_no
from settlement.own_rows import open_row
from settlement.verdicts import Code

_SPAN: Final = (820_000, 849_999)
"""K rows of a day are numbered in between."""
_STANDS: Final = Sql(
    "SELECT code, ref, business_date, claim_fen, slip_fen, booked_fen FROM slip_finding"
    " WHERE community_id = :community_id AND claimant_id = :claimant_id AND state = 'open'"
)
_OPEN: Final = Sql(
    "SELECT discrepancy_no, code, ref FROM discrepancy WHERE community_id = :community_id"
    " AND claimant_id = :claimant_id AND code IN ('K1', 'K2', 'K3') AND state IN ('open', 'asked')"
)
_GONE: Final = Sql(
    "UPDATE discrepancy SET state = 'auto_cleared', closed_run = :run_no, closed_date = :today"
    " WHERE community_id = :community_id AND discrepancy_no = :discrepancy_no AND state IN ('open', 'asked')"
)
_CLOSE: Final = Sql(
    "UPDATE discrepancy SET state = 'decided', decision = 'slip_closed', reason = :reason, decided_by = :by_id,"
    " decided_at = :at, closed_run = :run_no, closed_date = :today WHERE community_id = :community_id"
    " AND claimant_id = :claimant_id AND code = :code AND ref = :ref AND state IN ('open', 'asked')"
)


def keep_slip_rows(tx: Tx, community_id: int, claimant_id: int, *, at: int) -> int:
    """Open a row for each of a shop's findings that has none, clear those explained; gives how many were opened."""
    here = {"community_id": community_id, "claimant_id": claimant_id}
    stands = {(row.code, row.ref): row for row in tx.all(_STANDS, **here)}
    known = {(row.code, row.ref): row.discrepancy_no for row in tx.all(_OPEN, **here)}
    for key in known.keys() - stands.keys():
        tx.run(_GONE, community_id=community_id, discrepancy_no=known[key], **_now(tx, here, at=at))
    new = sorted(stands.keys() - known.keys())
    for key in new:
        row = {"claimant_id": claimant_id, **_sides(stands[key], at)}
        open_row(tx, community_id, Code(key[0]), _SPAN, row, at=at)
    return len(new)


def close_slip_row(
    tx: Tx,
    community_id: int,
    claimant_id: int,
    code: str,
    ref: str,
    reason: str,
    *,
    by: By,
    at: int,
) -> None:
    """Close a finding's row with what came of it."""
    here = {"community_id": community_id, "claimant_id": claimant_id}
    closed = {"code": code, "ref": ref, "reason": reason, "by_id": by.id, "at": at}
    tx.run(_CLOSE, **here, **closed, **_now(tx, here, at=at))


def _now(tx: Tx, here: dict[str, int], *, at: int) -> dict[str, int]:
    community_id = here["community_id"]
    return {"run_no": last_run_no(tx, community_id), "today": today_of(tx, community_id, at=at)}


def _sides(row: Row, at: int) -> dict[str, Any]:
    """The slip stands beside the claim; what is booked under its number is the book's side."""
    claim, slip = int(row.claim_fen or 0), int(row.slip_fen or 0)
    more, less = {
        Code.K1: (0, max(claim, 0)),
        Code.K2: (max(slip, 0), 0),
        Code.K3: (max(slip - claim, 0), max(claim - slip, 0)),
    }[Code(row.code)]
    return {
        "ref": row.ref,
        "business_date": row.business_date,
        "booked_kind": None if row.booked_fen is None else "sale",
        "booked_units": None if row.booked_fen is None else 0,
        "booked_fen": row.booked_fen,
        "booked_at": None if row.booked_fen is None else at,
        "claimed_kind": None if row.claim_fen is None else "sale",
        "claimed_units": None if row.claim_fen is None else 0,
        "claimed_fen": row.claim_fen,
        "claimed_at": None if row.claim_fen is None else at,
        "plus_fen": more,
        "minus_fen": less,
    }
