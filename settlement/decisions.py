"""Deciding a discrepancy: one press, one balanced entry that names what it corrects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.book import requests
from ledger.database import Database
from ledger.earning.working_days import last_day_to_answer
from ledger.errors import GuardMissedError, Refusal
from ledger.members.shop_ties import check_not_own_purchase, check_not_own_shop
from ledger.sql import Row, Sql, Tx
from settlement.act_log import Did, note_act
from settlement.choices import Choice, Effect, effect_of, paid_as_booked
from settlement.discrepancies import facts_of, get_discrepancy
from settlement.dispute_life import Verb
from settlement.effects import end_item, post_effect, today_of
from settlement.handling import ANSWER_DAYS
from settlement.late_points import late_units, post_late_points
from settlement.night import last_run_no, night_running
from settlement.verbs import moved_units, verb_of_choice
from settlement.verdicts import Code

MayDecide = Callable[[Tx, Row], None]
"""Raises a refusal where this person may not decide on this shop or household."""


class Press(NamedTuple):
    """Who pressed which button on what, and why."""

    community_id: int
    discrepancy_no: int
    choice: Choice
    by: By
    reason: str
    request_id: str


_PROPOSE: Final = Sql(
    "UPDATE discrepancy SET state = 'proposed', decision = :decision, reason = :reason,"
    " decided_by = :by_id, decided_at = :at WHERE community_id = :community_id"
    " AND discrepancy_no = :discrepancy_no AND state IN ('pooled', 'open', 'asked')"
)
_ASK: Final = Sql(
    "UPDATE discrepancy SET state = 'asked', decision = 'ask_shop', reason = :reason,"
    " decided_by = :by_id, decided_at = :at, due_date = :due_date"
    " WHERE community_id = :community_id AND discrepancy_no = :discrepancy_no"
    " AND state IN ('pooled', 'open', 'asked')"
)
_CLOSE: Final = Sql(
    "UPDATE discrepancy SET state = 'decided', decision = :decision, reason = :reason,"
    " decided_by = :decided_by, decided_at = :at, approved_by = :approved_by,"
    " posted_txn = :txn_id, posted_fen = :posted_fen, closed_run = :run_no, closed_date = :today"
    " WHERE community_id = :community_id AND discrepancy_no = :discrepancy_no AND state = :state"
)
_BACK: Final = Sql(
    "UPDATE discrepancy SET state = 'open', decision = NULL, decided_by = NULL, decided_at = NULL"
    " WHERE community_id = :community_id AND discrepancy_no = :discrepancy_no"
    " AND state = 'proposed'"
)
_WAITING_FOR_FILE: Final = Sql(
    "SELECT ref, units, fen FROM open_item WHERE community_id = :community_id"
    " AND claimant_id = :claimant_id AND business_date = :business_date AND reason <> 'unclaimed'"
    " AND (:terminal_id = 0 OR terminal_id = :terminal_id) AND closed_run IS NULL"
    " AND flagged_run IS NULL ORDER BY ref"
)


def decide(db: Database, press: Press, *, may_decide: MayDecide, at: int) -> dict[str, Any]:
    """Press one of the three buttons.

    Answer: `state` (`decided`, `asked`, or `proposed` where a second person must approve),
    `posted_fen` (signed: what the shop is owed more), `txn_id` or None. Refuses: why_missing,
    discrepancy_not_found, discrepancy_settled, decision_not_offered, night_unfinished, fund_empty,
    request_id_reused, own_shop, own_household, own_kin, late_points_none, late_points_stopped, and whatever
    `may_decide` refuses.
    """
    if not press.reason.strip():
        raise Refusal("why_missing")

    def work(tx: Tx) -> dict[str, Any]:
        row = _open_row(tx, press.community_id, press.discrepancy_no, ("pooled", "open", "asked"))
        _check_apart(tx, press, row)
        may_decide(tx, row)
        if press.choice is Choice.ASK_SHOP:
            effect_of(facts_of(row), press.choice)
            return _ask(tx, press, row, at=at)
        effect = effect_on(tx, press.community_id, row, press.choice)
        if effect.second_person:
            return _propose(tx, press, row, effect, at=at)
        return _close(tx, row, press, effect, decided_by=press.by.id, approved_by=None, at=at)

    return _once(db, press, "decide", work, at=at)


def approve(db: Database, press: Press, *, may_decide: MayDecide, at: int) -> dict[str, Any]:
    """Post a proposed decision as a second person; `press.choice` repeats what is approved.

    Refuses: decision_same_person, decision_changed, and as `decide`.
    """

    def work(tx: Tx) -> dict[str, Any]:
        row = _open_row(tx, press.community_id, press.discrepancy_no, ("proposed",))
        _check_apart(tx, press, row)
        may_decide(tx, row)
        if row.decided_by == press.by.id:
            raise Refusal("decision_same_person")
        if row.decision != press.choice:
            raise Refusal("decision_changed")
        effect = effect_on(tx, press.community_id, row, press.choice)
        kept = press._replace(reason=row.reason)
        return _close(
            tx, row, kept, effect, decided_by=row.decided_by, approved_by=press.by.id, at=at
        )

    return _once(db, press, "approve", work, at=at)


def turn_down(db: Database, press: Press, *, may_decide: MayDecide, at: int) -> dict[str, Any]:
    """Send a proposed decision back; the discrepancy is open again. Refuses as `approve`."""

    def work(tx: Tx) -> dict[str, Any]:
        row = _open_row(tx, press.community_id, press.discrepancy_no, ("proposed",))
        _check_apart(tx, press, row)
        may_decide(tx, row)
        if row.decided_by == press.by.id:
            raise Refusal("decision_same_person")
        if tx.run(_BACK, **_key(press)) != 1:
            raise GuardMissedError("discrepancy")
        _audit(tx, press, row, {"state": "open", "reason": press.reason}, at=at)
        did = Did(Verb.TURN_DOWN, "open", press.by, at, press.choice.value, note=press.reason)
        note_act(tx, press.community_id, press.discrepancy_no, did)
        return {"state": "open", "posted_fen": 0, "txn_id": None}

    return _once(db, press, "turn_down", work, at=at)


def _once(
    db: Database, press: Press, kind: str, work: Callable[[Tx], dict[str, Any]], *, at: int
) -> dict[str, Any]:
    body = {
        "discrepancy": str(press.discrepancy_no),
        "choice": press.choice.value,
        "by": str(press.by.id),
        "reason": press.reason,
    }
    try:
        return requests.once(
            db,
            press.community_id,
            press.request_id,
            kind=f"discrepancy_{kind}",
            body=body,
            at=at,
            work=work,
        )
    except GuardMissedError as missed:
        if missed.guard != "balance":
            raise Refusal("busy_try_again") from missed
        empty = Refusal("fund_empty")
        kept = db.write(
            lambda tx: requests.refuse(
                tx,
                press.community_id,
                press.request_id,
                f"discrepancy_{kind}",
                requests.hash_of(body),
                empty,
                at=at,
            )
        )
        if kept is not None:
            return kept
        raise empty from missed


def _open_row(tx: Tx, community_id: int, discrepancy_no: int, states: tuple[str, ...]) -> Row:
    row = get_discrepancy(tx, community_id, discrepancy_no)
    if row.state not in states:
        raise Refusal("discrepancy_settled", state=row.state)
    if night_running(tx, community_id):
        raise Refusal("night_unfinished", business_date=None)
    return row


def _check_apart(tx: Tx, press: Press, row: Row) -> None:
    check_not_own_shop(tx, press.community_id, press.by, row.claimant_id)
    check_not_own_purchase(tx, press.community_id, press.by, row.booked_txn)


def _post(tx: Tx, press: Press, row: Row, effect: Effect, *, at: int) -> int | None:
    """The decision's entry: yuan and points between shop and community, or points the buyer gets afterwards."""
    request_id, staff_id = press.request_id, press.by.id
    if press.choice is Choice.CREDIT_LATE:
        return post_late_points(
            tx,
            press.community_id,
            row,
            effect.earn_units,
            request_id=request_id,
            staff_id=staff_id,
            at=at,
        )
    return post_effect(
        tx,
        press.community_id,
        row.claimant_id,
        effect,
        request_id=request_id,
        corrects_date=row.business_date,
        staff_id=staff_id,
        at=at,
    )


def effect_on(tx: Tx, community_id: int, row: Row, choice: Choice) -> Effect:
    """What a choice would post for a discrepancy as it stands now, whoever presses it.

    Refuses: decision_not_offered.
    """
    facts = facts_of(row)
    if facts.code is Code.R2 and choice is Choice.CREDIT_LATE:
        return Effect(earn_units=late_units(tx, community_id, row))
    if facts.code is Code.C1 and choice is Choice.PAY_BOOKED:
        items = _items_behind(tx, community_id, row)
        return paid_as_booked((item.units, item.fen) for item in items)
    return effect_of(facts, choice)


def _items_behind(tx: Tx, community_id: int, row: Row) -> list[Row]:
    """The offsets that wait because a till's claims for a day never came."""
    return tx.all(
        _WAITING_FOR_FILE,
        community_id=community_id,
        claimant_id=row.claimant_id,
        terminal_id=row.terminal_id,
        business_date=row.business_date,
    )


def _propose(tx: Tx, press: Press, row: Row, effect: Effect, *, at: int) -> dict[str, Any]:
    changed = tx.run(
        _PROPOSE,
        **_key(press),
        decision=press.choice.value,
        reason=press.reason,
        by_id=press.by.id,
        at=at,
    )
    if changed != 1:
        raise GuardMissedError("discrepancy")
    _audit(tx, press, row, {"state": "proposed", "decision": press.choice.value}, at=at)
    _note(tx, press, row, effect, "proposed", at=at)
    return {"state": "proposed", "posted_fen": effect.payable_fen, "txn_id": None}


def _ask(tx: Tx, press: Press, row: Row, *, at: int) -> dict[str, Any]:
    due = last_day_to_answer(today_of(tx, press.community_id, at=at), ANSWER_DAYS)
    changed = tx.run(
        _ASK, **_key(press), reason=press.reason, by_id=press.by.id, at=at, due_date=due
    )
    if changed != 1:
        raise GuardMissedError("discrepancy")
    _audit(tx, press, row, {"state": "asked", "due_date": due}, at=at)
    did = Did(
        Verb.INQUIRE, "asked", press.by, at, press.choice.value, due_date=due, note=press.reason
    )
    note_act(tx, press.community_id, press.discrepancy_no, did)
    return {"state": "asked", "posted_fen": 0, "txn_id": None, "due_date": due}


def _close(
    tx: Tx,
    row: Row,
    press: Press,
    effect: Effect,
    *,
    decided_by: int,
    approved_by: int | None,
    at: int,
) -> dict[str, Any]:
    community_id = press.community_id
    today, run_no = today_of(tx, community_id, at=at), last_run_no(tx, community_id)
    txn_id = _post(tx, press, row, effect, at=at)
    changed = tx.run(
        _CLOSE,
        **_key(press),
        decision=press.choice.value,
        reason=press.reason,
        decided_by=decided_by,
        approved_by=approved_by,
        txn_id=txn_id,
        posted_fen=effect.payable_fen,
        run_no=run_no,
        today=today,
        state=row.state,
        at=at,
    )
    if changed != 1:
        raise GuardMissedError("discrepancy")
    refs = [row.ref] if row.code == Code.X2 else []
    if row.code == Code.C1:
        refs = [item.ref for item in _items_behind(tx, community_id, row)]
    for ref in refs:
        end_item(
            tx,
            community_id,
            row.claimant_id,
            ref,
            run_no=run_no,
            closed_by="decided",
            today=today,
        )
    after = {"state": "decided", "decision": press.choice.value, "fen": effect.payable_fen}
    _audit(tx, press, row, after, at=at)
    verb = Verb.APPROVE if approved_by is not None else None
    _note(tx, press, row, effect, "decided", txn_id=txn_id, verb=verb, at=at)
    return {
        "state": "decided",
        "posted_fen": effect.payable_fen,
        "txn_id": None if txn_id is None else str(txn_id),
    }


def _note(
    tx: Tx,
    press: Press,
    row: Row,
    effect: Effect,
    state: str,
    *,
    at: int,
    txn_id: int | None = None,
    verb: Verb | None = None,
) -> None:
    chosen = verb_of_choice(press.choice, effect, minus_fen=row.minus_fen)
    did = Did(
        verb or chosen,
        state,
        press.by,
        at,
        press.choice.value,
        effect.payable_fen,
        moved_units(effect),
        txn_id,
        note=press.reason,
    )
    note_act(tx, press.community_id, press.discrepancy_no, did)


def _key(press: Press) -> dict[str, int]:
    return {"community_id": press.community_id, "discrepancy_no": press.discrepancy_no}


def _audit(tx: Tx, press: Press, row: Row, after: audit.Facts, *, at: int) -> None:
    audit.record(
        tx,
        press.community_id,
        press.by,
        "discrepancy.decide",
        f"discrepancy:{press.discrepancy_no}",
        at=at,
        before={"state": row.state},
        after=after,
    )
