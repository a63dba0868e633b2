"""Payments that went otherwise than asked, as discrepancies with owner, due date and age: P1, P2, P3 and P4.

What they are follows from payouts and the bank's answers as they stand (`settlement.bank_findings`); here each has its
row from the moment it is known until it is put right. The two people who say how a payment ended close theirs.
"""

from __future__ import annotations

from typing import Final

from ledger.audit import By
from ledger.book.chart import Kind
from ledger.sql import Sql, Tx
from settlement import payout_store
from settlement.bank_findings import Finding, bank_findings
from settlement.effects import today_of
from settlement.night import last_run_no
from settlement.own_rows import open_row
from settlement.payout_store import Payout, get_payout
from settlement.verdicts import Code

_SPAN: Final = (760_000, 799_999)
"""P rows of a day are numbered in between."""

_OPEN: Final = Sql(
    "SELECT discrepancy_no, code, ref FROM discrepancy WHERE community_id = :community_id"
    " AND code IN ('P1', 'P2', 'P3', 'P4') AND state = 'open'"
    " AND (:claimant_id = 0 OR claimant_id = :claimant_id) ORDER BY discrepancy_no"
)
_GONE: Final = Sql(
    "UPDATE discrepancy SET state = 'auto_cleared', closed_run = :run_no, closed_date = :today"
    " WHERE community_id = :community_id AND discrepancy_no = :discrepancy_no AND state = 'open'"
)
_SETTLED: Final = Sql(
    "UPDATE discrepancy SET state = 'decided', decision = :decision, reason = :reason, decided_by = :decided_by,"
    " decided_at = :at, approved_by = :approved_by, closed_run = :run_no, closed_date = :today"
    " WHERE community_id = :community_id AND code IN ('P3', 'P4') AND ref = :ref AND state = 'open'"
)
_REFERENCE: Final = Sql(
    "SELECT reference FROM bank_line WHERE community_id = :community_id AND batch_id = :batch_id AND line_no = :line_no"
)


def keep_payment_rows(tx: Tx, community_id: int, *, at: int, claimant_id: int = 0) -> int:
    """Open a row for each finding about payments that has none, and clear those put right; gives how many were opened.

    `claimant_id`: of one shop alone; 0 stands for all. Run again it changes nothing.
    """
    here = {"community_id": community_id, "claimant_id": claimant_id}
    findings = bank_findings(tx, community_id, at=at, claimant_id=claimant_id)
    found = {(one.code, _ref(tx, community_id, one)): one for one in findings}
    known = {(row.code, row.ref): row.discrepancy_no for row in tx.all(_OPEN, **here)}
    now = {"today": today_of(tx, community_id, at=at), "run_no": last_run_no(tx, community_id)}
    for key in known.keys() - found.keys():
        tx.run(_GONE, community_id=community_id, discrepancy_no=known[key], **now)
    new = sorted(found.keys() - known.keys())
    for key in new:
        _open(tx, community_id, found[key], key[1], now["today"], at=at)
    return len(new)


def move(
    tx: Tx,
    community_id: int,
    payout: Payout,
    changed: Payout,
    *,
    by: By,
    at: int,
    kind: Kind | None = None,
    note: str = "",
) -> Payout:
    """Take a payout on (see `payout_store.move`) and keep its shop's rows in step."""
    moved = payout_store.move(tx, community_id, payout, changed, by=by, at=at, kind=kind, note=note)
    shop = payout.claimant_id
    stands = tx.all(_OPEN, community_id=community_id, claimant_id=shop)
    if stands or moved.state in {"failed", "returned", "unknown"}:
        keep_payment_rows(tx, community_id, at=at, claimant_id=shop)
    return moved


def close_settled(
    tx: Tx,
    community_id: int,
    reference: str,
    end: str,
    *,
    proposed_by: int,
    by: By,
    why: str,
    at: int,
) -> None:
    """Close the row of a payment whose end (`paid` or `failed`) two people have said."""
    tx.run(
        _SETTLED,
        community_id=community_id,
        ref=reference,
        decision=f"payment_{end}",
        reason=why,
        decided_by=proposed_by,
        approved_by=by.id,
        run_no=last_run_no(tx, community_id),
        today=today_of(tx, community_id, at=at),
        at=at,
    )


def _ref(tx: Tx, community_id: int, one: Finding) -> str:
    """What a finding is about: the reference the bank knows, or the payout and which attempt of it."""
    if one.batch_id:
        place = {"batch_id": one.batch_id, "line_no": one.line_no}
        return str(tx.get(_REFERENCE, community_id=community_id, **place).reference)
    return f"{one.payout_id}-{get_payout(tx, community_id, one.payout_id).attempt}"


def _open(tx: Tx, community_id: int, one: Finding, ref: str, today: int, *, at: int) -> None:
    payout = get_payout(tx, community_id, one.payout_id)
    held = {"P1": one.plus_fen, "P2": 0}.get(one.code, max(one.plus_fen, one.minus_fen))
    row = {
        "business_date": today,
        "claimant_id": one.claimant_id,
        "ref": ref,
        "booked_kind": "payout",
        "booked_units": 0,
        "booked_fen": payout.amount_fen,
        "booked_at": payout.sent_at or payout.proposed_at,
        "plus_fen": one.plus_fen,
        "minus_fen": one.minus_fen,
        "held_fen": held,
    }
    open_row(tx, community_id, Code(one.code), _SPAN, row, at=at)
