"""What is wrong with payments, by code: P1 failed, P2 not confirmed, P3 another amount, P4 another account.

Findings are read from the payouts and the bank's answers as they stand: one that is put right is gone. The rows people
work on (`settlement.payment_rows`) follow them and cannot outlive them.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from ledger.earning.working_days import due_day
from ledger.errors import Refusal
from ledger.members.settings import current
from ledger.sql import Row, Sql, Tx
from settlement.effects import today_of
from settlement.payout_store import Payout, unended_payouts

Code = Literal["P1", "P2", "P3", "P4"]

_FAILED: Final = Sql(
    "SELECT payout_id, claimant_id, amount_fen, changed_at FROM payout WHERE community_id = :community_id"
    " AND state IN ('failed', 'returned') AND (:claimant_id = 0 OR claimant_id = :claimant_id) ORDER BY payout_id"
)
_DIFFERENT: Final = Sql(
    "SELECT l.batch_id, l.line_no, l.payout_id, coalesce(l.booked_fen, l.amount_fen) AS amount_fen,"
    " l.paid_fen, l.outcome, l.answered_at,"
    " p.claimant_id FROM bank_line l JOIN payout p ON p.community_id = l.community_id"
    " AND p.payout_id = l.payout_id WHERE l.community_id = :community_id"
    " AND l.outcome IN ('amount', 'account', 'late') AND l.settled IS NULL"
    " AND (:claimant_id = 0 OR p.claimant_id = :claimant_id) ORDER BY l.batch_id, l.line_no"
)
_SAID: Final = Sql(
    "SELECT note FROM payout_event WHERE community_id = :community_id AND payout_id = :payout_id"
    " ORDER BY event_no DESC LIMIT 1"
)
_STOPPED: Final = Sql(
    "SELECT count(*) AS n FROM bank_line l JOIN payout p ON p.community_id = l.community_id"
    " AND p.payout_id = l.payout_id WHERE l.community_id = :community_id AND p.claimant_id = :claimant_id"
    " AND l.outcome IN ('amount', 'account', 'late') AND l.settled IS NULL"
)
_PAID_FEN: Final = "paid_fen="


class Finding(NamedTuple):
    """One finding about one payment: plus, what the shop may still be owed; minus, what may have to come back (fen).

    `batch_id` and `line_no` name the line of a bank file that two people have to settle; 0 where there is none.
    `why`: the bank's reason for P1, or the word the step was kept with (`not_sent`, `settled`, `bank`).
    """

    code: Code
    payout_id: int
    claimant_id: int
    plus_fen: int
    minus_fen: int
    since: int
    batch_id: int = 0
    line_no: int = 0
    why: str = ""


def bank_findings(tx: Tx, community_id: int, *, at: int, claimant_id: int = 0) -> list[Finding]:
    """Every P1 to P4 as of now, by code; of one shop where `claimant_id` names it."""
    asked = {"community_id": community_id, "claimant_id": claimant_id}
    found = [
        Finding(
            "P1",
            row.payout_id,
            row.claimant_id,
            int(row.amount_fen),
            0,
            row.changed_at,
            why=said_of(tx, community_id, row.payout_id),
        )
        for row in tx.all(_FAILED, **asked)
    ]
    lines = tx.all(_DIFFERENT, **asked)
    differing = {int(row.payout_id) for row in lines}
    today = today_of(tx, community_id, at=at)
    days = current(tx, community_id).payout_confirm_days
    for payout in unended_payouts(tx, community_id):
        if payout.payout_id in differing or claimant_id not in {0, payout.claimant_id}:
            continue
        sent_at = payout.sent_at or payout.changed_at
        paid = said_fen(tx, community_id, payout)
        if paid is not None:
            found.append(_amount(payout, paid))
        elif due_day(today_of(tx, community_id, at=sent_at), days).day < today:
            found.append(Finding("P2", payout.payout_id, payout.claimant_id, 0, 0, sent_at))
    found += [_different(row) for row in lines]
    return sorted(found, key=lambda one: (one.code, one.payout_id))


def count_differing(tx: Tx, community_id: int) -> int:
    """How many payments the bank made otherwise than asked wait for two people (P3 and P4 of bank files)."""
    return len(tx.all(_DIFFERENT, community_id=community_id, claimant_id=0))


def check_not_stopped(tx: Tx, community_id: int, claimant_id: int) -> None:
    """While the bank paid a shop another amount or another account, nothing more goes to that shop.

    Refuses: payout_stopped.
    """
    if is_stopped(tx, community_id, claimant_id):
        raise Refusal("payout_stopped")


def is_stopped(tx: Tx, community_id: int, claimant_id: int) -> bool:
    """Whether the bank paid a shop otherwise than asked, and two people have not settled that yet."""
    return bool(tx.get(_STOPPED, community_id=community_id, claimant_id=claimant_id).n)


def said_of(tx: Tx, community_id: int, payout_id: int) -> str:
    """The note of a payout's last step: the bank's reason, or a word of ours."""
    return str(tx.get(_SAID, community_id=community_id, payout_id=payout_id).note)


def said_fen(tx: Tx, community_id: int, payout: Payout) -> int | None:
    """Fen the gateway says it paid, where that differs from what was asked."""
    if payout.state != "unknown":
        return None
    note = said_of(tx, community_id, payout.payout_id)
    return int(note.removeprefix(_PAID_FEN)) if note.startswith(_PAID_FEN) else None


def _amount(payout: Payout, paid_fen: int) -> Finding:
    short = payout.amount_fen - paid_fen
    shop, since = payout.claimant_id, payout.changed_at
    return Finding("P3", payout.payout_id, shop, max(short, 0), max(-short, 0), since)


def _different(row: Row) -> Finding:
    place = (int(row.batch_id), int(row.line_no))
    amount, paid = int(row.amount_fen), int(row.paid_fen)
    who = (int(row.payout_id), int(row.claimant_id))
    if row.outcome == "account":
        # The shop is owed all of it still, and the stranger's bank holds it: both are shown, never netted.
        return Finding("P4", *who, amount, paid, row.answered_at, *place)
    if row.outcome == "late":
        return Finding("P3", *who, 0, paid, row.answered_at, *place)
    return Finding(
        "P3", *who, max(amount - paid, 0), max(paid - amount, 0), row.answered_at, *place
    )
