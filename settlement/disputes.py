"""Objecting to single lines of a statement, and how each objection ends.

The lines in dispute alone stay open; the rest of the statement is accepted, in words or by silence, and paid. Each act
is one transaction under the id of the form it came from, so whatever is cut off is done again with the same answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from ledger.audit import SYSTEM, By
from ledger.book import requests
from ledger.database import Database
from ledger.earning.working_days import last_day_to_answer
from ledger.errors import GuardMissedError, Refusal
from ledger.members.shop_ties import check_not_own_shop
from ledger.sql import Tx
from settlement.choices import Effect
from settlement.dispute_life import (
    FOR_OFFICE,
    Outcome,
    State,
    Verb,
    ruled,
    ruling_fen,
    step,
    takes_two,
    verb_of,
)
from settlement.dispute_store import (
    Did,
    Dispute,
    disputes_of_statement,
    due_disputes,
    get_dispute,
    keep_dispute,
    move_dispute,
    note_step,
    proposed_fen,
)
from settlement.disputed_line import find_line
from settlement.effects import post_effect, today_of
from settlement.month_trail import keep_months
from settlement.payout_store import take_turn
from settlement.state_names import STATE_NAMES
from settlement.statements import Statement, get_statement

ANSWER_DAYS: Final = 3
"""Working days a shop has to answer what it was asked about a line."""

APPEAL_DAYS: Final = 5
"""Working days a shop has to present a refused line again."""


class Objection(NamedTuple):
    """One line a shop does not agree with: its number, perhaps one receipt of it, and what it should say (fen)."""

    row_no: int
    ref: str
    asked_fen: int | None
    why: str


def raise_objections(
    db: Database,
    community_id: int,
    statement_id: int,
    lines: Sequence[Objection],
    *,
    by: By,
    request_id: str,
    at: int,
) -> list[Dispute]:
    """The shop objects to some lines within its days; all of them or none are taken.

    Refuses: why_missing, statement_not_found, statement_ended, objection_late, dispute_line_unknown,
    dispute_raised (this line already), dispute_none.
    """
    if not lines:
        raise Refusal("dispute_none")
    if any(not line.why.strip() for line in lines):
        raise Refusal("why_missing")

    def work(tx: Tx) -> dict[str, Any]:
        statement = get_statement(tx, community_id, statement_id)
        if statement.state != "issued":
            raise Refusal("statement_ended", state=statement.state)
        if today_of(tx, community_id, at=at) > statement.objection_until:
            raise Refusal("objection_late", until_date=statement.objection_until)
        take_turn(tx, community_id, statement.claimant_id)
        made = [_raise(tx, community_id, statement, line, by=by, at=at) for line in lines]
        keep_months(tx, community_id, statement.claimant_id, by=by, at=at)
        return {"disputes": [str(one.dispute_id) for one in made]}

    body = {
        "statement": str(statement_id),
        "by": str(by.id),
        "lines": [[line.row_no, line.ref, line.asked_fen, line.why] for line in lines],
    }
    said = requests.once(
        db, community_id, request_id, kind="dispute_raise", body=body, at=at, work=work
    )
    with db.read() as tx:
        return [get_dispute(tx, community_id, int(one)) for one in said["disputes"]]


def _raise(
    tx: Tx, community_id: int, statement: Statement, line: Objection, *, by: By, at: int
) -> Dispute:
    found = find_line(tx, community_id, statement, line.row_no, line.ref)
    for other in disputes_of_statement(tx, community_id, statement.statement_id):
        whole = "" in {other.ref, found.ref}
        if other.row_no == line.row_no and (other.ref == found.ref or whole):
            raise Refusal("dispute_raised")
    key = f"{community_id}|{statement.statement_id}|{line.row_no}|{found.ref}"
    made = Dispute(
        dispute_id=int(hashlib.sha256(key.encode()).hexdigest()[:15], 16),
        claimant_id=statement.claimant_id,
        statement_id=statement.statement_id,
        row_no=line.row_no,
        ref=found.ref,
        business_date=found.business_date,
        booked_fen=found.booked_fen,
        asked_fen=line.asked_fen,
        held_fen=found.held_fen,
        state=State.RAISED.value,
        appealed=0,
        outcome="",
        outcome_fen=0,
        ruled_by=None,
        approved_by=None,
        due_date=None,
        raised_at=at,
        changed_at=at,
    )
    if not keep_dispute(tx, community_id, made):
        raise Refusal("dispute_raised")
    gives = line.asked_fen is not None and line.asked_fen < found.booked_fen
    verb = Verb.GIVE_BACK if gives else Verb.CLAIM_MORE
    note_step(tx, community_id, made, Did(verb, by, at, found.held_fen, note=line.why))
    return made


class Act(NamedTuple):
    """Who does something with which line, in what words, under which form's number."""

    community_id: int
    dispute_id: int
    by: By
    why: str
    request_id: str
    at: int


def ask_evidence(db: Database, act: Act) -> Dispute:
    """Ask the shop for the receipt or for more words; it has some working days to answer on its own page.

    Refuses: why_missing, dispute_not_found, dispute_wrong_state, own_shop (as every act of the office here).
    """

    def change(tx: Tx, seen: Dispute) -> None:
        state = step(State(seen.state), Verb.INQUIRE)
        due = _working_days(tx, act.community_id, ANSWER_DAYS, at=act.at)
        _move(tx, act, seen, seen._replace(state=state.value, due_date=due), Verb.INQUIRE)

    return _once(db, act, "ask", change)


def answer_dispute(db: Database, act: Act, *, asked_fen: int | None = None) -> Dispute:
    """The shop answers what it was asked, and may name the figure it has in mind.

    Refuses: why_missing, dispute_not_found, dispute_wrong_state.
    """

    def change(tx: Tx, seen: Dispute) -> None:
        state = step(State(seen.state), Verb.ANSWER)
        named = seen.asked_fen if asked_fen is None else asked_fen
        after = seen._replace(state=state.value, due_date=None, asked_fen=named)
        _move(tx, act, seen, after, Verb.ANSWER)

    return _once(db, act, "answer", change, asked_fen=asked_fen)


def rule_dispute(
    db: Database, act: Act, outcome: Outcome, *, part_fen: int | None = None
) -> Dispute:
    """Decide on a line: the shop is right, is not, or in part; more money than the book says waits for a second person.

    A ruling is an entry of its own, dated today, that names the day it corrects; what was held back is free from then
    on. `part_fen` (signed) says how much more where it splits. Refuses: why_missing, dispute_not_found,
    dispute_wrong_state, ruling_needs_figure, ruling_bad.
    """

    def change(tx: Tx, seen: Dispute) -> None:
        if State(seen.state) not in FOR_OFFICE:
            raise Refusal("dispute_wrong_state", state=STATE_NAMES[seen.state])
        fen = ruling_fen(
            outcome,
            booked_fen=seen.booked_fen + seen.outcome_fen,
            asked_fen=seen.asked_fen,
            part_fen=part_fen,
        )
        appealed = bool(seen.appealed)
        state = ruled(State(seen.state), outcome, appealed=appealed, alone=not takes_two(fen))
        verb = verb_of(outcome, appealed=appealed)
        after = seen._replace(
            state=state.value, outcome=outcome.value, ruled_by=act.by.id, approved_by=None
        )
        if state is State.PROPOSED:
            _move(tx, act, seen, after._replace(due_date=None), verb, fen)
        else:
            _end(tx, act, seen, after, verb, fen)

    return _once(db, act, "rule", change, outcome=outcome.value, part_fen=part_fen)


def approve_ruling(db: Database, act: Act, *, fen: int) -> Dispute:
    """Agree as a second person to a ruling that pays more; `fen` repeats what is agreed to.

    Refuses: why_missing, dispute_not_found, dispute_wrong_state, decision_same_person, decision_changed, fund_empty.
    """

    def change(tx: Tx, seen: Dispute) -> None:
        _check_second(seen, act.by)
        if proposed_fen(tx, act.community_id, seen.dispute_id) != fen:
            raise Refusal("decision_changed")
        outcome, appealed = Outcome(seen.outcome), bool(seen.appealed)
        state = ruled(State.PROPOSED, outcome, appealed=appealed, alone=False)
        after = seen._replace(state=state.value, approved_by=act.by.id)
        _end(tx, act, seen, after, Verb.APPROVE, fen)

    return _once(db, act, "approve", change, fen=fen)


def turn_ruling_down(db: Database, act: Act) -> Dispute:
    """Send a proposed ruling back; the line is under review again.

    Refuses: why_missing, dispute_not_found, dispute_wrong_state, decision_same_person.
    """

    def change(tx: Tx, seen: Dispute) -> None:
        _check_second(seen, act.by)
        state = step(State(seen.state), Verb.TURN_DOWN)
        after = seen._replace(state=state.value, outcome="", ruled_by=None)
        _move(tx, act, seen, after, Verb.TURN_DOWN)

    return _once(db, act, "turn_down", change)


def present_again(db: Database, act: Act) -> Dispute:
    """The shop presents a refused line again, once and within its days; another ruling ends it for good.

    Refuses: why_missing, dispute_not_found, dispute_wrong_state, dispute_appealed, objection_late.
    """

    def change(tx: Tx, seen: Dispute) -> None:
        state = step(State(seen.state), Verb.PRESENT_AGAIN, appealed=bool(seen.appealed))
        until = seen.due_date or 0
        if today_of(tx, act.community_id, at=act.at) > until:
            raise Refusal("objection_late", until_date=until)
        after = seen._replace(state=state.value, appealed=1, due_date=None)
        _move(tx, act, seen, after, Verb.PRESENT_AGAIN)

    return _once(db, act, "appeal", change)


def end_overdue(
    db: Database, community_id: int, *, at: int, after_step: Callable[[str], None] = lambda _: None
) -> int:
    """Let days that passed count: unanswered questions go to review, rulings nobody appealed are final.

    Run again it changes nothing. Returns how many lines moved.
    """
    with db.read() as tx:
        due = due_disputes(tx, community_id, today=today_of(tx, community_id, at=at))
    for one in due:
        verb = Verb.OVERDUE if one.state == State.EVIDENCE_DUE else Verb.LAPSE

        def work(tx: Tx, one: Dispute = one, verb: Verb = verb) -> None:
            state = step(State(one.state), verb)
            after = one._replace(state=state.value, due_date=None)
            move_dispute(tx, community_id, one, after, Did(verb, SYSTEM, at))
            keep_months(tx, community_id, one.claimant_id, at=at)

        db.write(work)
        after_step(f"{verb}:{one.dispute_id}")
    return len(due)


def _end(tx: Tx, act: Act, seen: Dispute, after: Dispute, verb: Verb, fen: int) -> None:
    """Write a ruling: its entry, and the line in its new state, with nothing held back any more."""
    is_final = after.state == State.FINAL
    after = after._replace(
        held_fen=0,
        outcome_fen=seen.outcome_fen + fen,
        due_date=None if is_final else _working_days(tx, act.community_id, APPEAL_DAYS, at=act.at),
    )
    _move(tx, act, seen, after, verb, fen, _post(tx, act, seen, fen) if fen else None)


def _post(tx: Tx, act: Act, seen: Dispute, fen: int) -> int | None:
    try:
        return post_effect(
            tx,
            act.community_id,
            seen.claimant_id,
            Effect(grant_fen=fen),
            request_id=act.request_id,
            corrects_date=seen.business_date,
            staff_id=act.by.id,
            reason_key="dispute",
            at=act.at,
        )
    except GuardMissedError as missed:
        if missed.guard == "balance":
            raise Refusal("fund_empty") from missed
        raise


def _move(
    tx: Tx,
    act: Act,
    seen: Dispute,
    after: Dispute,
    verb: Verb,
    fen: int = 0,
    txn_id: int | None = None,
) -> None:
    did = Did(verb, act.by, act.at, fen, txn_id, act.why)
    move_dispute(tx, act.community_id, seen, after, did)


def _check_second(seen: Dispute, by: By) -> None:
    if seen.state != State.PROPOSED:
        raise Refusal("dispute_wrong_state", state=STATE_NAMES[seen.state])
    if seen.ruled_by == by.id:
        raise Refusal("decision_same_person")


def _once(
    db: Database,
    act: Act,
    kind: str,
    change: Callable[[Tx, Dispute], None],
    **facts: Any,  # noqa: ANN401 - JSON values
) -> Dispute:
    """Do one act on a line once, under the id of the form it came from."""
    if not act.why.strip():
        raise Refusal("why_missing")

    def work(tx: Tx) -> dict[str, Any]:
        seen = get_dispute(tx, act.community_id, act.dispute_id)
        check_not_own_shop(tx, act.community_id, act.by, seen.claimant_id)
        take_turn(tx, act.community_id, seen.claimant_id)
        change(tx, seen)
        keep_months(tx, act.community_id, seen.claimant_id, by=act.by, at=act.at)
        return {"dispute": str(act.dispute_id)}

    requests.once(
        db,
        act.community_id,
        act.request_id,
        kind=f"dispute_{kind}",
        body={"dispute": str(act.dispute_id), "by": str(act.by.id), "why": act.why, **facts},
        at=act.at,
        work=work,
    )
    with db.read() as tx:
        return get_dispute(tx, act.community_id, act.dispute_id)


def _working_days(tx: Tx, community_id: int, days: int, *, at: int) -> int:
    return last_day_to_answer(today_of(tx, community_id, at=at), days)
