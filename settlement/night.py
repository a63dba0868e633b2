"""One night: seal the order, compare both sides, settle each shop, lock the day.

Each step can be cut off and run again. The input (leaf range, batches) is fixed by the second
step; from there on the same night gives the same digest, however often it is started.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from ledger import audit
from ledger.audit import SYSTEM
from ledger.book import cover
from ledger.book import day as book_day
from ledger.book.facts import cap_back_step
from ledger.book.offsets import broken_rows, moved_in_range, settled_by
from ledger.book.steps import apply
from ledger.database import Database
from ledger.earning.calendar import business_date, day_bounds, day_from_key, day_key
from ledger.errors import GuardMissedError, Refusal
from ledger.members.communities import get_community
from ledger.recovery.epochs import check_whole
from ledger.seal.sealer import seal
from ledger.sql import Row, Tx
from settlement import gate
from settlement.auditor.report import Report
from settlement.beside import close_beside, name_broken_chain
from settlement.collect import collect
from settlement.identities import Break, breaks, settled_breaks
from settlement.night_result import NightResult, read_result
from settlement.night_store import (
    BATCHES_OF,
    FIND_RUN,
    KEEP_RUN,
    LAST_RUN,
    TAKE_BATCHES,
    TOTALS_OF,
    clear_breaks,
    keep_breaks,
    set_state,
    write_outcome,
)
from settlement.reckoning import Totals, digest_of, reckon
from settlement.settle import settle_shop
from settlement.sides import Run

RULE_VERSION: Final = "2026.3"
"""Goes up with every change of how a night judges; part of a run's identity."""

_DAY_US: Final = 86_400_000_000

AfterStep = Callable[[str], None]
"""Told the name of each finished step; tests raise in it to stand for a crash."""


@dataclass(frozen=True, slots=True)
class _Night:
    db: Database
    run: Run
    run_id: str
    at: int
    after_step: AfterStep


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
        _check_day(tx, community_id, day, at=at)
        known = tx.find(FIND_RUN, community_id=community_id, business_date=day)
        zone_us = _zone_us(tx, community_id, day)
    if known is None:
        end_leaf = _seal(db, community_id, day, at=at)
        after_step("sealed")
        known = _begin(db, community_id, day, end_leaf, at=at)
        after_step("begun")
    night = _Night(db, _run_of(community_id, known, zone_us), known.run_id, at, after_step)
    try:
        _go_on(night, known.state)
    except GuardMissedError as missed:
        raise Refusal("busy_try_again") from missed
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
        state = _match(night)
        night.after_step(state)
    if state == "matched":
        begun = _has_posted(night)
        report = _audit(night)
        if not report.passed:
            return
        report = None if begun else report
    if state in {"matched", "blocked"}:
        state = _settle(night)
        night.after_step(state)
    if state == "settled":
        if report is None:
            report = _audit(night)
        elif _has_posted(night):
            after = _audit(night, since=report)
        if (after or report).passed:
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
    # Looked up when it is asked: nobody hands a night another engine.
    report = gate.second_engine(night.db, night.run.community_id, at=night.at, since=since)
    if not report.passed:
        _fail(night, report)
    night.after_step("audited")
    return report


def _fail(night: _Night, report: Report) -> None:
    """Keep the day open, and what was found beside it."""
    run = night.run

    def work(tx: Tx) -> None:
        if set_state(tx, run, "audit_failed"):
            gate.keep_result(tx, run.community_id, run.run_no, report, at=night.at)
            name_broken_chain(tx, run, report.findings[0].check, at=night.at)

    night.db.write(work)


def verify_night(db: Database, community_id: int, day: int) -> bool:
    """Recompute a finished night from its input alone: whether its digest still comes out.

    False means that the book, the claims or the carried items were changed after the night.
    """
    with db.read() as tx:
        row = tx.get(FIND_RUN, community_id=community_id, business_date=day)
        run = _run_of(community_id, row, _zone_us(tx, community_id, day))
        return digest_of(reckon(collect(tx, run), run), row.run_id) == str(row.digest)


def night_running(tx: Tx, community_id: int) -> bool:
    """Whether a night was begun and is not locked: decisions wait until it is."""
    last = tx.find(LAST_RUN, community_id=community_id)
    return last is not None and str(last.state) != "locked"


def last_run_no(tx: Tx, community_id: int) -> int:
    """The number of the last night begun, 0 before the first."""
    last = tx.find(LAST_RUN, community_id=community_id)
    return 0 if last is None else int(last.run_no)


def _check_day(tx: Tx, community_id: int, day: int, *, at: int) -> None:
    try:
        date = day_from_key(day)
    except ValueError:
        raise Refusal("day_bad") from None
    ends_at = day_bounds(date, get_community(tx, community_id).timezone)[1]
    if at < ends_at:
        raise Refusal("night_too_early", business_date=day)
    last = tx.find(LAST_RUN, community_id=community_id)
    if last is None or day == last.business_date:
        return
    if last.state != "locked":
        raise Refusal("night_unfinished", business_date=last.business_date)
    known = tx.find(FIND_RUN, community_id=community_id, business_date=day)
    if known is None and day < last.business_date:
        raise Refusal("night_out_of_order", business_date=last.business_date)


def _seal(db: Database, community_id: int, day: int, *, at: int) -> int:
    db.write(lambda tx: book_day.cut_off(tx, community_id, day, at=at))
    return seal(db, community_id)


def _begin(db: Database, community_id: int, day: int, end_leaf: int, *, at: int) -> Row:
    """Fix the night's input: from here on it is this range and these batches for ever."""

    def work(tx: Tx) -> None:
        if tx.find(FIND_RUN, community_id=community_id, business_date=day) is not None:
            return
        last = tx.find(LAST_RUN, community_id=community_id)
        run_no = 1 if last is None else last.run_no + 1
        tx.run(TAKE_BATCHES, community_id=community_id, run_no=run_no, business_date=day)
        text = _input_text(tx, community_id, day, run_no, last, end_leaf)
        kept = tx.run(
            KEEP_RUN,
            community_id=community_id,
            run_no=run_no,
            business_date=day,
            run_id=hashlib.sha256(text.encode()).hexdigest(),
            input=text,
            first_leaf=0 if last is None else last.end_leaf,
            end_leaf=end_leaf,
            at=at,
        )
        if kept != 1:
            raise GuardMissedError("night_run")

    db.write(work)
    with db.read() as tx:
        return tx.get(FIND_RUN, community_id=community_id, business_date=day)


def _input_text(
    tx: Tx, community_id: int, day: int, run_no: int, last: Row | None, end_leaf: int
) -> str:
    document: dict[str, Any] = {
        "community": str(community_id),
        "day": day,
        "leaves": [0 if last is None else last.end_leaf, end_leaf],
        "batches": [
            [str(row.batch_id), bytes(row.sha256).hex(), row.outcome]
            for row in tx.all(BATCHES_OF, community_id=community_id, run_no=run_no)
        ],
        "rules": RULE_VERSION,
        "previous": "" if last is None else last.run_id,
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def _match(night: _Night) -> str:
    """Compare both sides and keep what does not agree; stop where a sum fails."""
    run = night.run
    with night.db.read() as tx:
        outcome = reckon(collect(tx, run), run)
        found = breaks(outcome, moved_in_range(tx, run.community_id, run.first_leaf, run.end_leaf))
        named = _name_breaks(tx, run, found) if found else []
    digest = digest_of(outcome, night.run_id)
    write_outcome(night.db, run, outcome, digest, at=night.at)
    if named:
        return _stop(night, named, "stopped")
    return "matched"


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
    def work(tx: Tx) -> None:
        keep_breaks(tx, night.run, named, at=night.at)
        set_state(tx, night.run, state)

    night.db.write(work)
    return state


def _settle(night: _Night) -> str:
    run = night.run
    with night.db.read() as tx:
        totals = tx.all(TOTALS_OF, community_id=run.community_id, run_no=run.run_no)
    for total in totals:
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
            set_state(tx, run, "settled")
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
        for day in _days_to_lock(tx, run):
            book_day.lock(tx, run.community_id, day, at=at)
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


def _days_to_lock(tx: Tx, run: Run) -> list[int]:
    """The run's day and those before it that no night was run for."""
    last = book_day.last_locked(tx, run.community_id)
    days = [run.day]
    while last:
        before = day_key(day_from_key(days[-1]) - timedelta(days=1))
        if before <= last:
            break
        days.append(before)
    return days


def _zone_us(tx: Tx, community_id: int, day: int) -> int:
    starts_at = day_bounds(day_from_key(day), get_community(tx, community_id).timezone)[0]
    return -(starts_at % _DAY_US) % _DAY_US


def _run_of(community_id: int, row: Row, zone_us: int) -> Run:
    return Run(community_id, row.run_no, row.business_date, row.first_leaf, row.end_leaf, zone_us)
