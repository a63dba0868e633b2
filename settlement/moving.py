"""A claim of another shop's sale, moved to the shop whose it is: proposed by one, agreed to by another (T1).

The sale is paid as booked to the shop that made it, and the claim of the other is over. Both sides keep a row: the one
that claimed has its own closed, the one whose it is has one of its own with what was posted, so that each statement
shows the move.
"""

from __future__ import annotations

from typing import Final

from ledger import audit
from ledger.audit import By
from ledger.errors import GuardMissedError, Refusal
from ledger.ids import derived_request_id
from ledger.members import approvals
from ledger.members.shop_ties import check_not_own_purchase, check_not_own_shop
from ledger.sql import Row, Sql, Tx
from settlement.choices import paid_as_booked
from settlement.discrepancies import UNSETTLED, get_discrepancy
from settlement.effects import end_item, end_unclaimed, post_effect, today_of
from settlement.night import last_run_no, night_running
from settlement.own_rows import open_row
from settlement.verdicts import Code

APPROVAL: Final = "claim_move"
_SPAN: Final = (810_000, 819_999)
"""Rows of shops a sale was moved to are numbered in between."""

_WAITING: Final = Sql(
    "SELECT ref, txn_id, terminal_id, kind, units, fen, business_date, occurred_at FROM open_item"
    " WHERE community_id = :community_id AND claimant_id = :claimant_id AND ref = :ref AND closed_run IS NULL"
)
_CLOSE: Final = Sql(
    "UPDATE discrepancy SET state = 'decided', decision = 'moved', reason = :reason, decided_by = :decided_by,"
    " decided_at = :at, approved_by = :approved_by, posted_txn = :txn_id, posted_fen = :posted_fen,"
    " closed_run = :run_no, closed_date = :today WHERE community_id = :community_id"
    " AND discrepancy_no = :discrepancy_no AND state IN ('open', 'asked', 'proposed')"
)


def waiting_sale(tx: Tx, community_id: int, row: Row) -> Row | None:
    """The other shop's sale behind a T1, while nobody has paid it; None for any other verdict."""
    if row.code != Code.T1 or not str(row.sub_code).isdigit():
        return None
    shop = int(row.sub_code)
    return tx.find(_WAITING, community_id=community_id, claimant_id=shop, ref=row.ref)


def propose_move(
    tx: Tx, community_id: int, discrepancy_no: int, *, why: str, by: By, at: int
) -> int:
    """Propose to move a claim to the shop whose sale it is; returns the proposal's number.

    Refuses: why_missing, discrepancy_not_found, discrepancy_settled, move_not_offered (no T1, or its own shop was
    paid for it meanwhile), own_shop, own_household, own_kin.
    """
    if not why.strip():
        raise Refusal("why_missing")
    row, _ = _open(tx, community_id, discrepancy_no, by)
    body = {"discrepancy_no": str(discrepancy_no), "shop": int(row.sub_code), "why": why.strip()}
    subject = f"discrepancy:{discrepancy_no}"
    return approvals.propose(tx, community_id, APPROVAL, subject, body, by=by, at=at)


def approve_move(tx: Tx, community_id: int, approval_id: int, *, by: By, at: int) -> None:
    """Agree, as a second person, to move a claim: its own shop is paid as booked, and both keep a row of it.

    Refuses: approval_not_found, approval_decided, approval_same_person, night_unfinished, and as `propose_move`.
    """
    approved = approvals.approve(tx, community_id, approval_id, by=by, at=at)
    if approved.kind != APPROVAL:
        raise Refusal("approval_not_found")
    if night_running(tx, community_id):
        raise Refusal("night_unfinished", business_date=None)
    number, why = int(approved.body["discrepancy_no"]), str(approved.body["why"])
    row, sale = _open(tx, community_id, number, by)
    shop = int(row.sub_code)
    today, run_no = today_of(tx, community_id, at=at), last_run_no(tx, community_id)
    effect = paid_as_booked([(int(sale.units), int(sale.fen))])
    txn_id = post_effect(
        tx,
        community_id,
        shop,
        effect,
        request_id=derived_request_id(APPROVAL, community_id, number),
        corrects_date=int(sale.business_date),
        staff_id=by.id,
        at=at,
    )
    end_item(tx, community_id, shop, sale.ref, run_no=run_no, closed_by="decided", today=today)
    end_unclaimed(tx, community_id, shop, sale.ref, run_no=run_no, today=today)
    theirs = open_row(tx, community_id, Code.T1, _SPAN, _side_of_owner(shop, sale), at=at)
    closing = {
        "community_id": community_id,
        "reason": why,
        "decided_by": approved.proposed_by,
        "approved_by": by.id,
        "run_no": run_no,
        "today": today,
        "at": at,
    }
    posted = {"txn_id": txn_id, "posted_fen": effect.payable_fen}
    nothing = {"txn_id": None, "posted_fen": 0}
    ended = tx.run(_CLOSE, **closing, discrepancy_no=number, **nothing)
    ended += tx.run(_CLOSE, **closing, discrepancy_no=theirs, **posted)
    if ended != 2:  # noqa: PLR2004 - one on each side
        raise GuardMissedError("discrepancy")
    facts: audit.Facts = {"to_shop": str(shop), "fen": effect.payable_fen}
    subject = f"discrepancy:{number}"
    audit.record(tx, community_id, by, "discrepancy.move", subject, at=at, after=facts)


def _open(tx: Tx, community_id: int, discrepancy_no: int, by: By) -> tuple[Row, Row]:
    """The difference and the sale behind it, where this person may touch both shops."""
    row = get_discrepancy(tx, community_id, discrepancy_no)
    if row.state not in UNSETTLED:
        raise Refusal("discrepancy_settled", state=row.state)
    sale = waiting_sale(tx, community_id, row)
    if sale is None:
        raise Refusal("move_not_offered")
    for shop in (int(row.claimant_id), int(row.sub_code)):
        check_not_own_shop(tx, community_id, by, shop)
    check_not_own_purchase(tx, community_id, by, sale.txn_id)
    return row, sale


def _side_of_owner(shop: int, sale: Row) -> dict[str, object]:
    return {
        "claimant_id": shop,
        "terminal_id": sale.terminal_id,
        "ref": sale.ref,
        "business_date": sale.business_date,
        "booked_kind": sale.kind,
        "booked_units": int(sale.units),
        "booked_fen": int(sale.fen),
        "booked_at": sale.occurred_at,
        "booked_txn": sale.txn_id,
        "plus_fen": max(int(sale.fen), 0),
    }
