"""One night: seal the order, compare both sides, settle each shop, lock the day.

Each step can be cut off and run again. The input (leaf range, batches) is fixed by the second
step; from there on the same night gives the same digest, however often it is started.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ledger import audit
from ledger.audit import SYSTEM
from ledger.book import cover
from ledger.book import day as book_day
from ledger.book.facts import cap_back_step
from ledger.book.offsets import broken_rows, moved_in_range, settled_by
from ledger.book.steps import apply
from ledger.database import Database
from ledger.earning.calendar import business_date, day_key
from ledger.errors import GuardMissedError, Refusal
from ledger.members.communities import get_community
from ledger.recovery.epochs import check_whole
from ledger.sql import Row, Tx
from settlement import gate
from settlement.auditor.report import Report
from settlement.beside import close_beside, name_broken_chain
from settlement.collect import collect
from settlement.day_life import DayState
from settlement.day_trail import Doing, day_of_run, keep_failure, keep_review, keep_stop
from settlement.identities import Break, breaks, settled_breaks
from settlement.life_trail import Subject, note_state
from settlement.night_input import (
    check_day,
    days_to_lock,
    fix_input,
    run_of,
    seal_day,
)
from settlement.night_result import NightResult, read_result
from settlement.night_store import (
    FIND_RUN,
    LAST_RUN,
    TOTALS_OF,
    clear_breaks,
    keep_breaks,
    set_state,
    write_outcome,
)
from settlement.reckoning import Totals, digest_of, reckon
from settlement.settle import settle_shop
from settlement.sides import Run

AfterStep = Callable[[str], None]
"""Told the name of each finished step; tests raise in it to stand for a crash."""


@dataclass(frozen=True, slots=True)
class _Night:
    db: Database
    run: Run
    run_id: str
    at: int
    after_step: AfterStep
    doing: Doing


def run_night(
    db: Database,
    community_id: int,
    day: int,
    *,
    at: int,
    after_step: AfterStep = lambda _step: None,
) -> NightResult:
    """Close business date `day` (yyyymmdd) at `at`, or go on where an earlier try stopped.

    A day that is locked gives its result again and changes nothing. Where a sum does not hold the
    day stays open under a C2: `stopped`, nothing was settled and the next try compares anew, or
    `blocked`, a shop could not be settled and the next try goes on there. Where the second engine does not pass the
    book as it stands the day stays open too: `audit_failed`, and the next try asks it again. Refuses: night_too_early,
    night_unfinished (an earlier one), night_out_of_order, day_bad, recovery_open, busy_try_again
    (another worker does the same night and is further on).
    """
    with db.read() as tx:
        check_whole(tx, community_id)
        check_day(tx, community_id, day, at=at)
        known = tx.find(FIND_RUN, community_id=community_id, business_date=day)
    doing = Doing(DayState.CUT_OFF)
    try:
        if known is None:
            end_leaf = seal_day(db, community_id, day, at=at)
            after_step("sealed")
            doing.go_to(DayState.INTAKE)
            known = fix_input(db, community_id, day, end_leaf, at=at)
            after_step("begun")
        with db.read() as tx:
            run = run_of(tx, community_id, known)
        _go_on(_Night(db, run, known.run_id, at, after_step, doing), known.state)
    except GuardMissedError as missed:
        raise Refusal("busy_try_again") from missed
    except Exception as error:
        keep_failure(db, community_id, day, doing, error, at=at)
        raise
    with db.read() as tx:
        return read_result(tx, community_id, day)


def _go_on(night: _Night, state: str) -> None:
    """Take the steps that are left after `state`.

    The second engine is asked twice: over the whole book before anything is settled, so that what it finds can be put
    right and the night compared anew, and again before the lock, over what was posted since. Where an earlier try
    posted already, or this one did not hear the first answer, the second look is over the whole book too.
    """
    report = after = None
    if state == "audit_failed":
        state = "settled" if _has_posted(night) else "stopped"
    if state in {"begun", "stopped"}:
        night.doing.go_to(DayState.MATCHED)
        state = _match(night)
        night.after_step(state)
    if state == "matched":
        begun = _has_posted(night)
        report = _audit(night)
        if not report.passed:
            return
        report = None if begun else report
        night.doing.go_to(DayState.REVIEWED)
        night.db.write(lambda tx: keep_review(tx, night.run, at=night.at))
        night.after_step("reviewed")
    if state in {"matched", "blocked"}:
        night.doing.go_to(DayState.BALANCED)
        state = _settle(night)
        night.after_step(state)
    if state == "settled":
        if report is None:
            report = _audit(night)
        elif _has_posted(night):
            after = _audit(night, since=report)
        if (after or report).passed:
            night.db.write(lambda tx: _keep_passed(tx, night))
            night.after_step("passed")
            night.doing.go_to(DayState.LOCKED)
            _lock(night, report, after)
            night.after_step("locked")


def _has_posted(night: _Night) -> bool:
    """Whether any shop of this night is settled: from then on its figures stand."""
    run = night.run
    with night.db.read() as tx:
        totals = tx.all(TOTALS_OF, community_id=run.community_id, run_no=run.run_no)
    return any(total.txn_id is not None for total in totals)


def _audit(night: _Night, since: Report | None = None) -> Report:
    """Ask the second engine about the book as it stands; what it does not pass keeps the day open."""
    night.doing.go_to(DayState.AUDITED)
    # Looked up when it is asked: nobody hands a night another engine.
    report = gate.second_engine(night.db, night.run.community_id, at=night.at, since=since)
    if not report.passed:
        _fail(night, report)
    night.after_step("audited")
    return report


def _keep_passed(tx: Tx, night: _Night) -> None:
    if set_state(tx, night.run, "settled"):
        note_state(tx, day_of_run(night.run), DayState.AUDITED, at=night.at)


def _fail(night: _Night, report: Report) -> None:
    """Keep the day open, and what was found beside it."""
    run = night.run

    def work(tx: Tx) -> None:
        if set_state(tx, run, "audit_failed"):
            gate.keep_result(tx, run.community_id, run.run_no, report, at=night.at)
            keep_stop(tx, run, "audit_failed", at=night.at)
            name_broken_chain(tx, run, report.findings[0].check, at=night.at)

    night.db.write(work)


def verify_night(db: Database, community_id: int, day: int) -> bool:
    """Recompute a finished night from its input alone: whether its digest still comes out.

    False means that the book, the claims or the carried items were changed after the night.
    """
    with db.read() as tx:
        row = tx.get(FIND_RUN, community_id=community_id, business_date=day)
        run = run_of(tx, community_id, row)
        return digest_of(reckon(collect(tx, run), run), row.run_id) == str(row.digest)


def night_running(tx: Tx, community_id: int) -> bool:
    """Whether a night was begun and is not locked: decisions wait until it is."""
    last = tx.find(LAST_RUN, community_id=community_id)
    return last is not None and str(last.state) != "locked"


def last_run_no(tx: Tx, community_id: int) -> int:
    """The number of the last night begun, 0 before the first."""
    last = tx.find(LAST_RUN, community_id=community_id)
    return 0 if last is None else int(last.run_no)


def _match(night: _Night) -> str:
    """Compare both sides and keep what does not agree; stop where a sum fails."""
    run = night.run
    with night.db.read() as tx:
        outcome = reckon(collect(tx, run), run)
        found = breaks(outcome, moved_in_range(tx, run.community_id, run.first_leaf, run.end_leaf))
        named = _name_breaks(tx, run, found) if found else []
    digest = digest_of(outcome, night.run_id)

    def end(tx: Tx) -> None:
        # With what was found, in one: cut off between the two, broken sums would be settled.
        if named:
            _keep_stop(tx, night, named, "stopped")
        else:
            note_state(tx, day_of_run(run), DayState.MATCHED, at=night.at)

    write_outcome(night.db, run, outcome, digest, at=night.at, end=end)
    return "stopped" if named else "matched"


def _name_breaks(tx: Tx, run: Run, found: list[Break]) -> list[tuple[Break, Row | None]]:
    """Put the altered lines beside the sums they broke; a sum without one stands alone."""
    lines = broken_rows(tx, run.community_id, run.first_leaf, run.end_leaf)
    by_shop = {broken.claimant_id: broken for broken in reversed(found)}
    named: list[tuple[Break, Row | None]] = [
        (by_shop[line.claimant_id], line) for line in lines if line.claimant_id in by_shop
    ]
    explained = {broken.claimant_id for broken, _ in named}
    return named + [(broken, None) for broken in found if broken.claimant_id not in explained]


def _stop(night: _Night, named: list[tuple[Break, Row | None]], state: str) -> str:
    night.db.write(lambda tx: _keep_stop(tx, night, named, state))
    return state


def _keep_stop(tx: Tx, night: _Night, named: list[tuple[Break, Row | None]], state: str) -> None:
    keep_breaks(tx, night.run, named, at=night.at)
    if set_state(tx, night.run, state):
        keep_stop(tx, night.run, state, at=night.at)


def _settle(night: _Night) -> str:
    run = night.run
    with night.db.read() as tx:
        totals = tx.all(TOTALS_OF, community_id=run.community_id, run_no=run.run_no)
    for total in totals:
        night.doing.row = f"shop:{total.claimant_id}"
        try:
            settle_shop(night.db, run, night.run_id, total, at=night.at)
        except GuardMissedError:
            # What was authorised is always covered, so a cover that is short was tampered with.
            return _stop(night, [(Break("cover", total.claimant_id, 1, 0), None)], "blocked")
        night.after_step(f"settled:{total.claimant_id}")

    def work(tx: Tx) -> list[Break]:
        found = _check_posted(tx, run)
        if not found:
            clear_breaks(tx, run)
            if set_state(tx, run, "settled"):
                note_state(tx, day_of_run(run), DayState.BALANCED, at=night.at)
        return found

    found = night.db.write(work)
    return _stop(night, [(broken, None) for broken in found], "blocked") if found else "settled"


def _check_posted(tx: Tx, run: Run) -> list[Break]:
    rows = tx.all(TOTALS_OF, community_id=run.community_id, run_no=run.run_no)
    wanted = {row.claimant_id: Totals(*row[2:]) for row in rows}
    posted = {
        row.claimant_id: settled_by(tx, run.community_id, row.txn_id)
        for row in rows
        if row.txn_id is not None
    }
    return settled_breaks(wanted, posted)


def _lock(night: _Night, report: Report, after: Report | None) -> None:
    """Record the audit, give unused cover back, lock every day up to this one, and finish the run, all at once."""
    run, at = night.run, night.at

    def work(tx: Tx) -> None:
        if not set_state(tx, run, "locked", ended_at=at):
            return
        gate.keep_result(tx, run.community_id, run.run_no, report, at=at, after=after)
        returned = cover.reclaim(
            tx, run.community_id, run_key=night.run_id, at=at, business_date=run.day
        )
        # A night run while shops are open takes what they reserved this morning: they may reserve it anew.
        today = day_key(business_date(at, get_community(tx, run.community_id).timezone))
        apply(
            tx,
            [
                cap_back_step(run.community_id, shop, "cover_day", today, fen)
                for shop, fen in sorted(returned.items())
            ],
        )
        for day in days_to_lock(tx, run):
            book_day.lock(tx, run.community_id, day, at=at)
            note_state(tx, Subject(run.community_id, "day", day), DayState.LOCKED, at=at)
        close_beside(tx, run, today=today, at=at)
        _record(tx, night)

    night.db.write(work)


def _record(tx: Tx, night: _Night) -> None:
    """Put the locked night into the record, and so into the seal: what it was made of and what came of it."""
    here = night.run.community_id
    row = tx.get(FIND_RUN, community_id=here, business_date=night.run.day)
    facts: audit.Facts = {
        "run_id": night.run_id,
        "digest": str(row.digest),
        "tree_size": night.run.end_leaf,
    }
    subject = f"night:{night.run.day}"
    audit.record(tx, here, SYSTEM, "night.lock", subject, at=night.at, after=facts)
