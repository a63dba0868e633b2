"""A month's end: statements issued, accepted in words or by silence, or objected to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from ledger import audit
from ledger.audit import SYSTEM, By
from ledger.book.issued import count_issued
from ledger.book.period import BookPeriod, begin_close, close, find_period, get_period
from ledger.database import Database
from ledger.earning.calendar import day_from_key
from ledger.earning.working_days import last_day_to_answer
from ledger.errors import GuardMissedError, Refusal
from ledger.ids import derived_request_id
from ledger.members import settings
from ledger.recovery.epochs import check_whole
from ledger.seal.sealer import seal
from ledger.seal.tiles import read_root
from ledger.sql import Row, Sql, Tx
from settlement.choices import paid_as_booked
from settlement.cofund import take_shares
from settlement.dispute_store import REFS_IN_DISPUTE
from settlement.effects import end_item, post_effect, today_of
from settlement.last_statement import period_of_shop
from settlement.month_figures import shops_until
from settlement.month_life import CloseState
from settlement.month_trail import Closing, keep_months, keep_stated
from settlement.night import last_run_no, night_running
from settlement.statements import (
    Period,
    Statement,
    get_statement,
    issue,
    overdue_statements,
    set_state,
    statements_of_month,
)

_LAST_RUN: Final = Sql(
    "SELECT coalesce(max(run_no), 0) AS run_no FROM night_run WHERE community_id = :community_id"
    " AND business_date <= :last_date AND state = 'locked'"
)
_OWED: Final = Sql(
    "SELECT i.ref, i.units, i.fen FROM open_item i"
    " JOIN statement_row r ON r.community_id = i.community_id AND r.ref = i.ref"
    "  AND r.statement_id = :statement_id AND r.section = 'carried'"
    " WHERE i.community_id = :community_id AND i.claimant_id = :claimant_id"
    # Dated within the month: what was sold after its last midnight is claimed in the next one.
    f" AND i.business_date <= :last_date AND i.closed_run IS NULL AND {REFS_IN_DISPUTE}"
    " ORDER BY i.ref"
)
_CLAIMED_BY_STATEMENT: Final = Sql(
    "UPDATE discrepancy SET state = 'decided', decision = 'statement', decided_by = :by_id,"
    " decided_at = :at, posted_txn = :txn_id, posted_fen = :fen, closed_run = :run_no,"
    " closed_date = :today WHERE community_id = :community_id AND claimant_id = :claimant_id"
    " AND ref = :ref AND code = 'X2' AND state IN ('open', 'asked')"
)


@dataclass(frozen=True, slots=True)
class MonthResult:
    """A closed month: its statements, how many of them this run issued, and how the book stood at its close."""

    month: int
    statements: tuple[Statement, ...]
    issued: int
    closed: BookPeriod


AfterStep = Callable[[str], None]
"""Told the name of each finished step; tests raise in it to stand for a crash."""


def run_month(
    db: Database,
    community_id: int,
    month: int,
    *,
    at: int,
    by: By = SYSTEM,
    after_step: AfterStep = lambda _step: None,
) -> MonthResult:
    """Close a month (yyyymm): lock its days, take shops' shares, issue statements, write rollups and trial balance.

    Cut off anywhere it goes on when it is run again; a closed month answers the same and changes nothing. Refuses:
    month_bad, month_not_closed (its last night is not locked), month_earlier_open, fund_empty, statement_not_balanced,
    recovery_open.
    """
    with db.read() as tx:
        check_whole(tx, community_id)
        closed = find_period(tx, community_id, month)
        before = len(statements_of_month(tx, community_id, month))
    if closed is None or closed.state != "closed":
        closed = _close(db, community_id, month, by=by, at=at, after_step=after_step)
    with db.read() as tx:
        statements = tuple(statements_of_month(tx, community_id, month))
    return MonthResult(month, statements, len(statements) - before, closed)


def _close(
    db: Database, community_id: int, month: int, *, by: By, at: int, after_step: AfterStep
) -> BookPeriod:
    life = Closing(db, community_id, month, at=at, by=by)

    def begin(tx: Tx) -> BookPeriod:
        begun = begin_close(tx, community_id, month, at=at)
        life.keep(tx, CloseState.BEGUN)
        return begun

    begun = db.write(begin)
    after_step("begun")
    with life.doing(CloseState.SHARED):
        seal(db, community_id)
        count_issued(db, community_id)
        sharing = take_shares(db, community_id, begun, at=at)
        life.ended(CloseState.SHARED)
        after_step("shared")
    with life.doing(CloseState.STATED):
        _state(db, community_id, begun, sharing, life, at=at, after_step=after_step)
        life.ended(CloseState.STATED)
        after_step("stated")
    with life.doing(CloseState.SEALED):
        tree_size = seal(db, community_id)
        life.ended(CloseState.SEALED)
        after_step("sealed")
    with life.doing(CloseState.CLOSED):
        return db.write(
            lambda tx: _write_close(tx, community_id, month, tree_size, life, by=by, at=at)
        )


def _state(
    db: Database,
    community_id: int,
    begun: BookPeriod,
    sharing: Iterable[int],
    life: Closing,
    *,
    at: int,
    after_step: AfterStep,
) -> None:
    """Issue every shop's statement, one transaction a shop."""
    with db.read() as tx:
        period = _period(tx, community_id, begun)
        until = objection_until(tx, community_id, at=at)
        shops = shops_until(tx, community_id, period.last_date)

    def one(tx: Tx, shop: int) -> None:
        own = period_of_shop(tx, community_id, shop, period)
        made = issue(tx, community_id, shop, own, objection_until=until, at=at)
        if made is not None:
            keep_stated(tx, made, community_id, at=at)

    for shop in sorted({*shops, *sharing}):
        life.row = f"shop:{shop}"
        db.write(partial(one, shop=shop))
        after_step(f"stated:{shop}")


def _write_close(
    tx: Tx, community_id: int, month: int, tree_size: int, life: Closing, *, by: By, at: int
) -> BookPeriod:
    root = read_root(tx, community_id, tree_size).hex()
    closes_now = close(tx, community_id, month, tree_size, root=root, at=at)
    closed = get_period(tx, community_id, month)
    if closes_now:
        facts: audit.Facts = {
            "tree_size": closed.tree_size,
            "root": closed.root,
            "trial_balance": closed.trial_balance_hash,
        }
        audit.record(tx, community_id, by, "month.close", f"month:{month}", at=at, after=facts)
        for shop in {one.claimant_id for one in statements_of_month(tx, community_id, month)}:
            keep_months(tx, community_id, shop, at=at)
        life.keep(tx, CloseState.CLOSED)
    return closed


def accept_statement(
    db: Database, community_id: int, statement_id: int, *, by: By, at: int
) -> Statement:
    """The shop agrees: what it never claimed and the book owes is claimed by it and settled.

    Refuses: statement_not_found, statement_ended, night_unfinished.
    """
    return db.write(
        lambda tx: _accept(tx, community_id, statement_id, state="accepted", by=by, at=at)
    )


def accept_silent(db: Database, community_id: int, *, at: int) -> list[Statement]:
    """Accept every statement whose objection day has passed without a word.

    One whose shop says a word just then is left to the office.
    """
    with db.read() as tx:
        overdue = overdue_statements(tx, community_id, today=today_of(tx, community_id, at=at))
    accepted = []
    for one in overdue:
        try:
            accepted.append(
                db.write(
                    lambda tx, one=one: _accept(  # type: ignore[misc]
                        tx, community_id, one.statement_id, state="deemed", by=SYSTEM, at=at
                    )
                )
            )
        except Refusal as refusal:
            if refusal.code != "statement_ended":
                raise
    return accepted


def object_to(
    db: Database, community_id: int, statement_id: int, *, by: By, why: str, at: int
) -> Statement:
    """The shop does not agree; nothing of the statement is paid before the office has answered.

    Refuses: why_missing, statement_not_found, statement_ended.
    """
    if not why.strip():
        raise Refusal("why_missing")

    def work(tx: Tx) -> Statement:
        _move(tx, community_id, statement_id, ("issued",), "objected", at=at)
        facts: audit.Facts = {"state": "objected", "why": why}
        _record(tx, community_id, statement_id, by, facts, at=at)
        statement = get_statement(tx, community_id, statement_id)
        keep_months(tx, community_id, statement.claimant_id, by=by, at=at)
        return statement

    return db.write(work)


def _period(tx: Tx, community_id: int, begun: BookPeriod) -> Period:
    row = tx.get(_LAST_RUN, community_id=community_id, last_date=begun.last_date)
    return Period(begun.period_key, begun.first_date, begun.last_date, int(row.run_no))


def objection_until(tx: Tx, community_id: int, *, at: int) -> int:
    """The last day (yyyymmdd) to object to a statement issued at `at`."""
    days = settings.current(tx, community_id).accept_days
    return last_day_to_answer(today_of(tx, community_id, at=at), days)


def _accept(
    tx: Tx, community_id: int, statement_id: int, *, state: str, by: By, at: int
) -> Statement:
    if night_running(tx, community_id):
        raise Refusal("night_unfinished", business_date=None)
    # Silence accepts where nobody spoke; in words a shop may take its objection back.
    before = ("issued",) if state == "deemed" else ("issued", "objected")
    _move(tx, community_id, statement_id, before, state, at=at)
    statement = get_statement(tx, community_id, statement_id)
    owed = tx.all(
        _OWED,
        community_id=community_id,
        statement_id=statement_id,
        claimant_id=statement.claimant_id,
        last_date=statement.last_date,
    )
    if owed:
        _claim(tx, community_id, statement, owed, by=by, at=at)
    facts: audit.Facts = {"state": state, "claimed_fen": sum(row.fen for row in owed)}
    _record(tx, community_id, statement_id, by, facts, at=at)
    keep_months(tx, community_id, statement.claimant_id, by=by, at=at)
    return statement


def _claim(
    tx: Tx, community_id: int, statement: Statement, owed: list[Row], *, by: By, at: int
) -> None:
    """Settle what the statement showed as owed and not claimed, in one entry."""
    shop, today = statement.claimant_id, today_of(tx, community_id, at=at)
    run_no = last_run_no(tx, community_id)
    txn_id = post_effect(
        tx,
        community_id,
        shop,
        paid_as_booked((row.units, row.fen) for row in owed),
        request_id=derived_request_id("statement", community_id, statement.statement_id),
        corrects_date=statement.last_date,
        # A shop's own consent is no act of the staff.
        staff_id=by.id if by.kind == "staff" else None,
        at=at,
    )
    here = {"community_id": community_id, "claimant_id": shop, "run_no": run_no, "today": today}
    for row in owed:
        end_item(tx, community_id, shop, row.ref, run_no=run_no, closed_by="statement", today=today)
    tx.many(
        _CLAIMED_BY_STATEMENT,
        [
            {**here, "ref": row.ref, "fen": row.fen, "txn_id": txn_id, "by_id": by.id, "at": at}
            for row in owed
        ],
    )


def _move(
    tx: Tx, community_id: int, statement_id: int, before: tuple[str, ...], state: str, *, at: int
) -> None:
    statement = get_statement(tx, community_id, statement_id)
    if statement.state not in before:
        raise Refusal("statement_ended", state=statement.state)
    moved = set_state(tx, community_id, statement_id, before=statement.state, state=state, at=at)
    if not moved:
        raise GuardMissedError("statement")


def _record(
    tx: Tx, community_id: int, statement_id: int, by: By, facts: audit.Facts, *, at: int
) -> None:
    subject = f"statement:{statement_id}"
    audit.record(tx, community_id, by, "statement.state", subject, at=at, after=facts)


def previous_month(day: int) -> int:
    """The month (yyyymm) before the one a business date lies in."""
    first = day_from_key(day).replace(day=1)
    before = first - timedelta(days=1)
    return before.year * 100 + before.month
