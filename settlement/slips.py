"""Takes a shop's stack of slip halves in and keeps what it shows: findings open, clear by themselves, or are closed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.errors import GuardMissedError, Refusal
from ledger.members import files
from ledger.members.merchants import get_merchant
from ledger.sql import Row, Sql, Tx
from settlement.slip_rows import close_slip_row, keep_slip_rows
from settlement.slip_rules import Finding, SlipFault, Stack, compare, day_of, read_stack, total_fen

_SAME: Final = Sql(
    "SELECT answer FROM slip_stack WHERE community_id = :community_id"
    " AND claimant_id = :claimant_id AND sha256 = :sha256 AND first_date = :first_date"
    " AND last_date = :last_date AND is_whole = :is_whole"
)
_LAST_NO: Final = Sql(
    "SELECT coalesce(max(stack_no), 0) AS stack_no FROM slip_stack"
    " WHERE community_id = :community_id AND claimant_id = :claimant_id"
)
_KEEP: Final = Sql(
    "INSERT INTO slip_stack (community_id, claimant_id, stack_no, first_date, last_date, is_whole, sha256, half_count,"
    " answer, counted_by, counted_at) VALUES (:community_id, :claimant_id, :stack_no, :first_date, :last_date,"
    " :is_whole, :sha256, :half_count, :answer, :by, :at)"
    " ON CONFLICT (community_id, claimant_id, stack_no) DO NOTHING"
)
_KEEP_HALF: Final = Sql(
    "INSERT INTO slip_half (community_id, claimant_id, ref, stack_no, line_no, business_date, fen)"
    " VALUES (:community_id, :claimant_id, :ref, :stack_no, :line_no, :business_date, :fen)"
    " ON CONFLICT (community_id, claimant_id, ref) DO UPDATE SET stack_no = excluded.stack_no,"
    " line_no = excluded.line_no, fen = coalesce(excluded.fen, slip_half.fen)"
)
_HALVES: Final = Sql(
    "SELECT ref, fen FROM slip_half WHERE community_id = :community_id AND claimant_id = :claimant_id"
    " AND business_date >= :first_date AND business_date <= :last_date"
)
_CLAIMS: Final = Sql(
    "SELECT c.ref, c.fen, c.business_date FROM claim c JOIN claim_batch b ON b.community_id = c.community_id"
    " AND b.batch_id = c.batch_id AND b.outcome = 'ok' WHERE c.community_id = :community_id"
    " AND c.claimant_id = :claimant_id AND b.last_date >= :first_date"
)
_BOOKED: Final = Sql(
    "SELECT fen FROM offset_booked WHERE community_id = :community_id AND claimant_id = :claimant_id AND ref = :ref"
)
_FOUND: Final = (
    "SELECT f.claimant_id, f.ref, f.code, f.business_date, f.claim_fen, f.slip_fen, f.booked_fen, f.state, f.reason,"
    " f.opened_at, f.closed_at FROM slip_finding f WHERE f.community_id = :community_id"
)
_OPEN: Final = Sql(
    f"{_FOUND} AND f.state = 'open' ORDER BY f.claimant_id, f.code, f.ref LIMIT :most"
)
_OPEN_IN: Final = Sql(
    f"{_FOUND} AND f.state = 'open' AND f.claimant_id = :claimant_id"
    " AND f.business_date >= :first_date AND f.business_date <= :last_date"
)
_ONE: Final = Sql(f"{_FOUND} AND f.claimant_id = :claimant_id AND f.ref = :ref AND f.code = :code")
_RAISE: Final = Sql(
    "INSERT INTO slip_finding (community_id, claimant_id, ref, code, business_date, claim_fen, slip_fen, booked_fen,"
    " state, reason, opened_at, closed_at, closed_by) VALUES (:community_id, :claimant_id, :ref, :code,"
    " :business_date, :claim_fen, :slip_fen, :booked_fen, 'open', '', :at, NULL, NULL)"
    " ON CONFLICT (community_id, claimant_id, ref, code) DO UPDATE SET state = 'open', claim_fen = excluded.claim_fen,"
    " slip_fen = excluded.slip_fen, opened_at = excluded.opened_at, closed_at = NULL"
    " WHERE slip_finding.state = 'cleared'"
)
_END: Final = Sql(
    "UPDATE slip_finding SET state = :state, reason = :reason, closed_by = :by, closed_at = :at"
    " WHERE community_id = :community_id AND claimant_id = :claimant_id AND ref = :ref AND code = :code"
    " AND state = 'open'"
)


class Counted(NamedTuple):
    """A stack as somebody counted it, for the days from `first_date` to `last_date` (yyyymmdd).

    `is_whole`: whether every slip of those days is in it.
    """

    name: str
    body: bytes
    first_date: int
    last_date: int
    is_whole: bool


def take_stack(
    tx: Tx,
    community_id: int,
    claimant_id: int,
    counted: Counted,
    *,
    pads: Iterable[str] = (),
    by: By,
    at: int,
) -> dict[str, Any]:
    """Take a stack in and hold it against the shop's claims; the same stack again gives its first answer.

    Answer: `outcome` (`ok`, `EMPTY`, `UNREADABLE`), `halves`, `repeated`, `total_fen`, `faults` (line, fault, text),
    and how many findings of each code are open now. With one bad line none of it counts; the file is kept either way.
    A finding that no longer holds is cleared by itself. Refuses: merchant_not_found, file_empty, file_too_large,
    stack_days (no days, or the last before the first).
    """
    get_merchant(tx, community_id, claimant_id)
    if not 0 < counted.first_date <= counted.last_date:
        raise Refusal("stack_days")
    here = {"community_id": community_id, "claimant_id": claimant_id}
    span = {"first_date": counted.first_date, "last_date": counted.last_date}
    name = {"sha256": hashlib.sha256(counted.body).hexdigest(), "is_whole": int(counted.is_whole)}
    known = tx.find(_SAME, **here, **span, **name)
    if known is not None:
        return {**json.loads(known.answer), "again": True}
    files.keep(
        tx, community_id, counted.body, name=counted.name, media_type="text/plain", source="slips", by=by, at=at
    )  # fmt: skip
    stack = read_stack(counted.body.decode("utf-8-sig", "replace"), frozenset(pads))
    number = int(tx.get(_LAST_NO, **here).stack_no) + 1
    if not stack.faults:
        place = {**here, "stack_no": number}
        tx.many(
            _KEEP_HALF,
            [
                {**place, **half._asdict(), "business_date": day_of(half.ref)}
                for half in stack.halves
            ],
        )
        _hold_against(tx, here, span, is_whole=counted.is_whole, at=at)
        keep_slip_rows(tx, community_id, claimant_id, at=at)
    answer = {**_answer(stack), "open": _open_by_code(tx, here, span), "again": False}
    kept = {**here, **span, **name, "stack_no": number, "half_count": len(stack.halves)}
    text = json.dumps(answer, ensure_ascii=False, sort_keys=True)
    if tx.run(_KEEP, **kept, answer=text, by=by.id, at=at) != 1:
        raise GuardMissedError("slip_stack")
    facts: audit.Facts = {"outcome": answer["outcome"], "halves": len(stack.halves)}
    audit.record(tx, community_id, by, "slips.take", f"merchant:{claimant_id}", at=at, after=facts)
    return answer


def open_findings(tx: Tx, community_id: int, *, most: int = 200) -> list[Row]:
    """Every open finding, by shop, code and number."""
    return tx.all(_OPEN, community_id=community_id, most=most)


def close_finding(
    tx: Tx,
    community_id: int,
    claimant_id: int,
    ref: str,
    code: str,
    reason: str,
    *,
    by: By,
    at: int,
) -> None:
    """End a finding with what came of it. Refuses: slip_finding_not_found, reason_missing."""
    here = {"community_id": community_id, "claimant_id": claimant_id, "ref": ref, "code": code}
    row = tx.find(_ONE, **here)
    if row is None or row.state != "open":
        raise Refusal("slip_finding_not_found")
    if not reason.strip():
        raise Refusal("reason_missing")
    if tx.run(_END, **here, state="closed", reason=reason.strip(), by=by.id, at=at) != 1:
        raise GuardMissedError("slip_finding")
    close_slip_row(tx, community_id, claimant_id, code, ref, reason.strip(), by=by, at=at)
    facts: audit.Facts = {"code": code, "reason": reason.strip()}
    audit.record(tx, community_id, by, "slips.close", f"slip:{ref}", at=at, after=facts)


def _hold_against(
    tx: Tx, here: dict[str, int], span: dict[str, int], *, is_whole: bool, at: int
) -> None:
    first, last = span["first_date"], span["last_date"]
    claims = {
        row.ref: int(row.fen)
        for row in tx.all(_CLAIMS, **here, first_date=first)
        if first <= (day_of(row.ref) or int(row.business_date)) <= last
    }
    slips = {row.ref: row.fen for row in tx.all(_HALVES, **here, **span)}
    found = {(one.code.value, one.ref): one for one in compare(claims, slips, is_whole=is_whole)}
    for row in tx.all(_OPEN_IN, **here, **span):
        looked = is_whole or row.code != SlipFault.NO_SLIP or row.ref in slips
        if (row.code, row.ref) not in found and looked:
            ended = {"state": "cleared", "reason": "", "by": None, "at": at}
            tx.run(_END, **here, ref=row.ref, code=row.code, **ended)
    tx.many(_RAISE, [_row(tx, here, one, first, at) for one in found.values()])


def _row(tx: Tx, here: dict[str, int], one: Finding, first: int, at: int) -> dict[str, Any]:
    booked = tx.find(_BOOKED, **here, ref=one.ref)
    return {
        **here,
        "ref": one.ref,
        "code": one.code.value,
        "business_date": day_of(one.ref) or first,
        "claim_fen": one.claim_fen,
        "slip_fen": one.slip_fen,
        "booked_fen": None if booked is None else int(booked.fen),
        "at": at,
    }


def _open_by_code(tx: Tx, here: dict[str, int], span: dict[str, int]) -> dict[str, int]:
    counts = {code.value: 0 for code in SlipFault}
    for row in tx.all(_OPEN_IN, **here, **span):
        counts[row.code] += 1
    return counts


def _answer(stack: Stack) -> dict[str, Any]:
    outcome = "UNREADABLE" if stack.faults else "ok" if stack.halves else "EMPTY"
    return {
        "outcome": outcome,
        "halves": len(stack.halves),
        "repeated": stack.repeated,
        "total_fen": total_fen(stack.halves),
        "faults": [fault._asdict() for fault in stack.faults],
    }
