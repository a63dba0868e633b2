"""What the bank answered, taken in: each payment ends as the bank says, or waits for two people where it differs."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.database import Database
from ledger.errors import GuardMissedError, Refusal
from ledger.members import approvals, files
from ledger.members.approvals import Approval
from ledger.members.shop_ties import check_not_own_shop
from ledger.sql import Row, Sql, Tx
from pos.channel import PaidOut, PayoutReturned, Unknown
from settlement.bank_answer import Answered, Said, Sent, Verdict, judge, read_answer
from settlement.bank_batches import end_batch, form_of
from settlement.bank_difference import book_paid
from settlement.bank_fees import book_fees, loose_fees, pair_fees
from settlement.payment_rows import close_settled, keep_payment_rows
from settlement.payout_store import Payout, get_payout, payouts_of_statement
from settlement.payouts import end_attempt, start_anew
from settlement.statements import get_statement

APPROVAL: Final = "bank_difference"

_KNOWN: Final = Sql(
    "SELECT answer FROM bank_answer WHERE community_id = :community_id AND sha256 = :sha256"
)
_KEEP: Final = Sql(
    "INSERT INTO bank_answer (community_id, sha256, bank, answer, taken_by, taken_at)"
    " VALUES (:community_id, :sha256, :bank, :answer, :by_id, :at) ON CONFLICT DO NOTHING"
)
_LINE_COLUMNS: Final = (
    "l.batch_id, l.line_no, l.payout_id, l.attempt, l.reference, l.amount_fen, l.account_no, l.outcome,"
    " l.paid_fen, l.settled, l.booked_fen, l.answered_at"
)
_BY_REFERENCE: Final = Sql(
    f"SELECT {_LINE_COLUMNS} FROM bank_line l WHERE l.community_id = :community_id"
    " AND l.reference = :reference"
)
_BY_PLACE: Final = Sql(
    f"SELECT {_LINE_COLUMNS} FROM bank_line l WHERE l.community_id = :community_id"
    " AND l.batch_id = :batch_id AND l.line_no = :line_no"
)
_ANSWER: Final = Sql(
    "UPDATE bank_line SET outcome = :outcome, paid_fen = :paid_fen, reason = :reason, answered_at = :at,"
    " settled = NULL WHERE community_id = :community_id AND batch_id = :batch_id AND line_no = :line_no"
)
_SETTLE: Final = Sql(
    "UPDATE bank_line SET settled = :settled, answered_at = :at WHERE community_id = :community_id"
    " AND batch_id = :batch_id AND line_no = :line_no AND settled IS NULL"
    " AND outcome IN ('amount', 'account', 'late')"
)
_OPEN: Final = Sql(
    "SELECT b.batch_id FROM bank_batch b WHERE b.community_id = :community_id AND b.state = 'out'"
    " AND NOT EXISTS (SELECT 1 FROM bank_line l WHERE l.community_id = b.community_id"
    " AND l.batch_id = b.batch_id AND coalesce(l.outcome, 'waiting') = 'waiting') ORDER BY b.batch_id"
)
_GOING: Final = frozenset({"sending", "sent", "unknown"})
_DIFFERS: Final = frozenset({"amount", "account", "late"})


class BankUpload(NamedTuple):
    """A file of the bank's as it came in."""

    name: str
    body: bytes
    bank: str


def take_bank_answer(
    db: Database, community_id: int, upload: BankUpload, *, forms: Path | None, by: By, at: int
) -> dict[str, Any]:
    """Take in a return file or an account statement; the same bytes again give the same answer and do nothing.

    Answer: counts of payments by what became of them (paid, failed, waiting, amount, account, late, same),
    `unknown` references that are none of ours, `others` (rows about other money), `fee_fen` of the bank's fees,
    each booked once however many files print it, `fees` (how many), `fees_same_fen` (of them, a file's fees that
    another kind of file had in one sum, or one by one), `file` (SHA-256). Refuses: file_empty,
    bank_unknown, fund_empty, and those of `read_answer`.
    """
    files.check_size(upload.body)
    said = read_answer(form_of(upload.bank, forms), upload.body)
    digest = hashlib.sha256(upload.body)

    def work(tx: Tx) -> dict[str, Any]:
        known = tx.find(_KNOWN, community_id=community_id, sha256=digest.digest())
        if known is not None:
            found: dict[str, Any] = json.loads(known.answer)
            return found
        files.keep(
            tx,
            community_id,
            upload.body,
            name=upload.name,
            media_type="application/octet-stream",
            source="bank",
            by=by,
            at=at,
        )
        answer = {**_apply(tx, community_id, said, by=by, at=at), "file": digest.hexdigest()}
        answer |= {
            "fees_same_fen": pair_fees(tx, community_id, upload.bank, said),
            "loose_fees": loose_fees(said),
        }
        keep_payment_rows(tx, community_id, at=at)
        _note(tx, community_id, upload.bank, digest.digest(), answer, by=by, at=at)
        return answer

    answer = db.write(work)
    book_fees(db, community_id, answer, said, by=by, at=at)
    return answer


def propose_settling(
    tx: Tx,
    community_id: int,
    place: tuple[int, int],
    end: Literal["paid", "failed"],
    *,
    by: By,
    why: str,
    at: int,
) -> int:
    """Propose how a payment ended that the bank made otherwise than asked: the shop has it, or it came back.

    `place`: batch and line. Returns the proposal's number. Refuses: why_missing, bank_line_not_found,
    bank_line_agrees (nothing differs, or it is settled), own_shop.
    """
    if not why.strip():
        raise Refusal("why_missing")
    line = _line_at(tx, community_id, place)
    shop = get_payout(tx, community_id, line.payout_id).claimant_id
    check_not_own_shop(tx, community_id, by, shop)
    body = {"batch_id": str(place[0]), "line_no": place[1], "end": end, "why": why.strip()}
    return approvals.propose(
        tx, community_id, APPROVAL, f"payout:{line.payout_id}", body, by=by, at=at
    )


def approve_settling(tx: Tx, community_id: int, approval_id: int, *, by: By, at: int) -> None:
    """Settle, as a second person, what the bank did otherwise: booked as it ended, and the shop's stop ends.

    Where the shop has the money what is booked is what the bank paid: the rest is owed, or to be taken back.

    Refuses: approval_not_found, approval_decided, approval_same_person, bank_line_not_found, bank_line_agrees,
    payout_wrong_state (paid late, and paid again since: the bank or the shop has to give one back), payout_over_owed
    (given up, and another payout is under way for it), own_shop.
    """
    approved = approvals.approve(tx, community_id, approval_id, by=by, at=at)
    if approved.kind != APPROVAL:
        raise Refusal("approval_not_found")
    place = (int(approved.body["batch_id"]), int(approved.body["line_no"]))
    end = str(approved.body["end"])
    line = _line_at(tx, community_id, place)
    payout = get_payout(tx, community_id, line.payout_id)
    check_not_own_shop(tx, community_id, by, payout.claimant_id)
    where = {"community_id": community_id, "batch_id": place[0], "line_no": place[1]}
    if tx.run(_SETTLE, **where, settled=end, at=at) != 1:
        raise GuardMissedError("bank_line")
    proposed_by, why = approved.proposed_by, str(approved.body["why"])
    close_settled(
        tx, community_id, line.reference, end, proposed_by=proposed_by, by=by, why=why, at=at
    )
    if line.outcome == "late":
        if end == "paid":
            _book_late(tx, community_id, payout, approved, by=by, at=at)
    elif payout.attempt == line.attempt:
        _book_end(tx, community_id, payout, end, by=by, at=at)
    if end == "paid" and get_payout(tx, community_id, payout.payout_id).state == "confirmed":
        book_paid(tx, community_id, line, payout, int(line.paid_fen), by=by, at=at)
    keep_payment_rows(tx, community_id, at=at, claimant_id=payout.claimant_id)


def _book_end(tx: Tx, community_id: int, payout: Payout, end: str, *, by: By, at: int) -> None:
    if end == "paid":
        if payout.state in _GOING:
            done = PaidOut(payout.channel_ref, payout.amount_fen)
            end_attempt(tx, community_id, payout, done, by=by, at=at)
    elif payout.state in _GOING or payout.state == "confirmed":
        no = PayoutReturned(payout.channel_ref, "settled")
        end_attempt(tx, community_id, payout, no, by=by, at=at)


def _book_late(
    tx: Tx, community_id: int, payout: Payout, approved: Approval, *, by: By, at: int
) -> None:
    """The shop got the money of an attempt that was given up: it leaves the payable now, and is known to be over."""
    if payout.state not in {"failed", "returned", "approved", "cancelled"}:
        raise Refusal("payout_wrong_state", state=payout.state)
    if payout.state == "cancelled":
        _check_room(tx, community_id, payout)
        # These two say that it went; who had approved it before it was proposed anew is known no more.
        payout = payout._replace(
            proposed_by=approved.proposed_by,
            proposed_at=approved.proposed_at,
            approved_by=by.id,
            approved_at=at,
        )
    going = start_anew(tx, community_id, payout, route="hand", by=by, at=at)
    end_attempt(tx, community_id, going, PaidOut("", payout.amount_fen), by=by, at=at)


def _check_room(tx: Tx, community_id: int, payout: Payout) -> None:
    """What was given up counts again only where nothing else is under way for it."""
    statement = get_statement(tx, community_id, payout.statement_id)
    others = payouts_of_statement(tx, community_id, payout.statement_id)
    live = sum(one.amount_fen for one in others if one.state != "cancelled")
    if live + payout.amount_fen > statement.payable_fen:
        raise Refusal("payout_over_owed")


def _line_at(tx: Tx, community_id: int, place: tuple[int, int]) -> Row:
    where = {"batch_id": place[0], "line_no": place[1]}
    line = tx.find(_BY_PLACE, community_id=community_id, **where)
    if line is None:
        raise Refusal("bank_line_not_found")
    if line.outcome not in _DIFFERS or line.settled is not None:
        raise Refusal("bank_line_agrees")
    return line


def _apply(tx: Tx, community_id: int, said: Said, *, by: By, at: int) -> dict[str, Any]:
    by_reference: dict[str, list[Answered]] = {}
    for row in said.rows:
        by_reference.setdefault(row.reference, []).append(row)
    counts: Counter[str] = Counter()
    for reference, rows in by_reference.items():
        line = tx.find(_BY_REFERENCE, community_id=community_id, reference=reference)
        counts[
            "unknown" if line is None else _take(tx, community_id, line, rows, by=by, at=at)
        ] += 1
    for open_batch in tx.all(_OPEN, community_id=community_id):
        end_batch(tx, community_id, open_batch.batch_id, "read", by=by, why=None, at=at)
    names = ("paid", "failed", "waiting", "amount", "account", "late", "same", "unknown")
    fees = {"fee_fen": sum(fee.fen for fee in said.fees), "fees": len(said.fees)}
    return {**{name: counts[name] for name in names}, "others": said.others, **fees}


def _take(
    tx: Tx, community_id: int, line: Row, rows: Sequence[Answered], *, by: By, at: int
) -> str:
    """Take in what the bank says about one payment; how it was counted."""
    verdict = judge(Sent(line.account_no, line.amount_fen), rows)
    payout = get_payout(tx, community_id, line.payout_id)
    outcome = _outcome(line, payout, verdict)
    if outcome is None:
        return "same"
    if outcome == "failed" and _is_late_one(line, payout):
        book_paid(tx, community_id, line, payout, int(line.amount_fen), by=by, at=at)
        _book_answer(tx, community_id, payout, outcome, verdict, by=by, at=at)
    elif payout.attempt == line.attempt:
        _book_answer(tx, community_id, payout, outcome, verdict, by=by, at=at)
    tx.run(
        _ANSWER,
        community_id=community_id,
        batch_id=line.batch_id,
        line_no=line.line_no,
        outcome=outcome,
        paid_fen=verdict.paid_fen,
        reason=verdict.reason,
        at=at,
    )
    return outcome


def _is_late_one(line: Row, payout: Payout) -> bool:
    """Whether a payout stands as confirmed by this very line, which two people settled after its attempt was given up.

    It was sent and settled at one moment then; whatever was sent since bears another.
    """
    is_late = line.outcome == "late" and line.settled == "paid"
    return is_late and payout.state == "confirmed" and payout.sent_at == line.answered_at


def _outcome(line: Row, payout: Payout, verdict: Verdict) -> str | None:
    """What a payment's line becomes; None where this says nothing new."""
    if verdict.outcome == "waiting":
        return "waiting" if line.outcome is None else None
    # What differs two people have to settle first.
    is_open = line.outcome in _DIFFERS and line.settled is None
    if is_open or (line.outcome, line.paid_fen) == (verdict.outcome, verdict.paid_fen):
        return None
    if verdict.outcome == "failed":
        return None if line.outcome == "not_sent" else "failed"
    is_live = payout.attempt == line.attempt and payout.state in {*_GOING, "confirmed"}
    if line.settled == "paid" and line.paid_fen == verdict.paid_fen:
        return None
    # Two people said that it was another sum: they say it again.
    corrects = line.booked_fen is not None and line.booked_fen != verdict.paid_fen
    # Money for an attempt that was called failed or not sent: the shop may have it twice.
    if not is_live:
        return "late"
    return "amount" if corrects and verdict.outcome == "paid" else verdict.outcome


def _book_answer(
    tx: Tx,
    community_id: int,
    payout: Payout,
    outcome: str,
    verdict: Verdict,
    *,
    by: By,
    at: int,
) -> None:
    if outcome == "paid" and payout.state in _GOING:
        done = PaidOut(payout.channel_ref, verdict.paid_fen)
        end_attempt(tx, community_id, payout, done, by=by, at=at)
    elif outcome == "failed" and (payout.state in _GOING or payout.state == "confirmed"):
        no = PayoutReturned(payout.channel_ref, verdict.reason or "bank")
        end_attempt(tx, community_id, payout, no, by=by, at=at)
    elif outcome in {"amount", "account"} and payout.state in _GOING:
        doubt = Unknown(f"bank_{outcome}")
        end_attempt(tx, community_id, payout, doubt, by=by, at=at)


def _note(
    tx: Tx, community_id: int, bank: str, sha256: bytes, answer: dict[str, Any], *, by: By, at: int
) -> None:
    kept = tx.run(
        _KEEP,
        community_id=community_id,
        sha256=sha256,
        bank=bank,
        answer=json.dumps(answer, sort_keys=True),
        by_id=by.id,
        at=at,
    )
    if kept != 1:
        raise GuardMissedError("bank_answer")
    audit.record(
        tx, community_id, by, "bank.answer", f"file:{sha256.hex()}", at=at, after=dict(answer)
    )
