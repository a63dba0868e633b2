"""Points that wait and whose payment is in doubt: flagged by one, taken back or let be by another.

Only points that are still pending go back; whoever has spendable points keeps them (ruling C13, ledger 1.5).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ledger.audit import By
from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.facts import pending_end_step
from ledger.book.posting import Line, Posting, Side, check_open
from ledger.book.posting import steps as posting_steps
from ledger.book.steps import Step, apply
from ledger.earning.rates import RefundSplit
from ledger.errors import Refusal
from ledger.ids import derived_request_id, new_id
from ledger.members import approvals
from ledger.sql import Row, Sql, Tx

APPROVAL: Final = "pending.reverse"

FLAGGED: Final = (
    "EXISTS (SELECT 1 FROM approval f WHERE f.community_id = e.community_id"
    f" AND f.kind = '{APPROVAL}' AND f.state = 'proposed' AND f.subject = 'sale:' || e.sale_id)"
)
"""Whether somebody asked for the points of the sale behind evidence `e` to be taken back: they wait for the answer."""

_COLUMNS: Final = (
    "p.txn_id, p.wallet_owner_id, p.commodity, p.merchant_id, p.left_units, p.business_date,"
    " e.sale_id, e.paid_fen, e.paid_at, e.terminal_id, e.state AS evidence_state, x.ref, x.person_id,"
    " x.units_per_fen, x.scheme_version, r.household_id"
)
_FROM: Final = (
    " FROM pending p JOIN evidence e ON e.community_id = p.community_id AND e.txn_id = p.txn_id"
    " JOIN txn x ON x.community_id = p.community_id AND x.txn_id = p.txn_id"
    " LEFT JOIN resident r ON r.community_id = x.community_id AND r.person_id = x.person_id"
    " WHERE p.community_id = :community_id AND p.state = 'open'"
)
_BY_REF: Final = Sql(f"SELECT {_COLUMNS}{_FROM} AND x.ref = :ref")
_BY_SALE: Final = Sql(f"SELECT {_COLUMNS}{_FROM} AND e.sale_id = :sale_id")
_MISSING: Final = Sql(
    f"SELECT {_COLUMNS}, CASE WHEN {FLAGGED} THEN 1 ELSE 0 END AS is_flagged{_FROM}"
    f" AND (e.state = 'missing' OR {FLAGGED}) ORDER BY p.business_date, p.txn_id LIMIT :most"
)
_MARK: Final = Sql(
    "UPDATE evidence SET state = 'missing', proven_by = :by, proven_at = :at"
    " WHERE community_id = :community_id AND merchant_id = :merchant_id AND state = 'claimed'"
    " AND txn_id IN (SELECT p.txn_id FROM pending p WHERE p.community_id = :community_id"
    " AND p.merchant_id = :merchant_id AND p.state = 'open' AND p.business_date <= :until)"
)
_UNPROVEN: Final = Sql(
    "UPDATE evidence SET state = 'missing', proven_by = :by, proven_at = :at"
    " WHERE community_id = :community_id AND txn_id = :txn_id AND state <> 'proven'"
)
_TAKEN_BACK: Final = Sql(
    "SELECT txn_id FROM pending WHERE community_id = :community_id AND txn_id = :txn_id"
    " AND state = 'reversed'"
)


def mark_missing(
    tx: Tx, community_id: int, merchant_id: int, *, until: int, by: str, at: int
) -> int:
    """Every bill of a shop up to a business date is in: what it does not show waits for a decision (verdict R1).

    Those points no longer become spendable by time; a later bill may still prove them. Returns how many sales.
    """
    return tx.run(
        _MARK, community_id=community_id, merchant_id=merchant_id, until=until, by=by, at=at
    )


def missing_sales(tx: Tx, community_id: int, *, most: int = 100) -> list[Row]:
    """Pending points no bill shows, or that somebody flagged, oldest first; `is_flagged`: a proposal waits."""
    return tx.all(_MISSING, community_id=community_id, most=most)


def flag_sale(tx: Tx, community_id: int, ref: str, reason: str, *, by: By, at: int) -> int:
    """Ask that the pending points of a receipt be taken back; until a second person answers they stay pending.

    Returns the proposal's number. Refuses pending_not_found, pending_flagged, reason_missing, own_household, own_kin.
    """
    row = tx.find(_BY_REF, community_id=community_id, ref=ref)
    if row is None:
        raise Refusal("pending_not_found")
    if not reason.strip():
        raise Refusal("reason_missing")
    subject = f"sale:{row.sale_id}"
    known = approvals.find_latest(tx, community_id, APPROVAL, subject)
    if known is not None and known.state == "proposed":
        raise Refusal("pending_flagged")
    body = {
        "ref": ref,
        "sale_id": row.sale_id,
        "person_id": row.person_id,
        "household_id": row.household_id,
        "merchant_id": int(row.merchant_id),
        "units": int(row.left_units),
        "reason": reason.strip(),
    }
    return approvals.propose(tx, community_id, APPROVAL, subject, body, by=by, at=at)


def take_pending_back(
    tx: Tx, community_id: int, approval_id: int, *, today: int, by: By, at: int
) -> int:
    """Agree as a second person: the points of that sale that are still pending go back. Returns the units.

    Refuses pending_not_found (they were taken back by a refund, or are spendable), period_locked, and what
    `ledger.members.approvals.approve` refuses.
    """
    approved = approvals.approve(tx, community_id, approval_id, by=by, at=at)
    row = waiting_sale(tx, community_id, str(approved.body["sale_id"]))
    if row is None:
        raise Refusal("pending_not_found")
    check_open(tx, community_id, today)
    left = int(row.left_units)
    word = {"community_id": community_id, "txn_id": row.txn_id, "by": f"staff:{by.id}", "at": at}
    steps = [
        Step(_UNPROVEN, word, guard="evidence"),
        pending_end_step(community_id, row.txn_id, left, state="reversed", at=at),
    ]
    if left:
        steps += posting_steps(_posting(tx, community_id, row, left, today, by, at))
    apply(tx, steps)
    return left


def waiting_sale(tx: Tx, community_id: int, sale_id: str) -> Row | None:
    """What of a sale's points still waits; None where nothing does."""
    return tx.find(_BY_SALE, community_id=community_id, sale_id=sale_id)


def without_earned(tx: Tx, community_id: int, sale: Row, split: RefundSplit) -> RefundSplit:
    """A refund of a sale whose points were taken back already takes none a second time."""
    if not split.earned_reversed_units:
        return split
    gone = tx.find(_TAKEN_BACK, community_id=community_id, txn_id=sale.txn_id)
    return split if gone is None else replace(split, earned_reversed_units=0)


def _posting(
    tx: Tx, community_id: int, row: Row, left: int, today: int, by: By, at: int
) -> Posting:
    def side(kind: Account, owner: int = 0) -> Side:
        return Side(account_id(tx, community_id, kind, row.commodity, owner, at=at), kind)

    pending = side(Account.PENDING, row.wallet_owner_id)
    return Posting(
        community_id=community_id,
        kind=Kind.UNPROVEN,
        request_id=derived_request_id("unproven", row.txn_id),
        txn_id=new_id(at),
        occurred_at=at,
        at=at,
        business_date=today,
        lines=[Line(pending, side(Account.ISSUED_CONSUMPTION), row.commodity, left)],
        scheme_period=str(int(row.business_date) // 100),
        scheme_version=row.scheme_version,
        units_per_fen=row.units_per_fen,
        person_id=row.person_id,
        wallet_owner_id=row.wallet_owner_id,
        merchant_id=row.merchant_id,
        staff_id=by.id,
        reason_key="unproven",
        source="office",
        corrects_date=row.business_date,
    )
