"""What a night starts from: its day cut off, the order sealed, and the input fixed for ever."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any, Final

from ledger.book import day as book_day
from ledger.database import Database
from ledger.earning.calendar import day_bounds, day_from_key, day_key
from ledger.errors import GuardMissedError, Refusal
from ledger.members.communities import get_community
from ledger.members.settings import in_force
from ledger.seal.sealer import seal
from ledger.sql import Row, Tx
from settlement.day_life import DayState
from settlement.life_trail import Subject, note_state
from settlement.night_store import BATCHES_OF, FIND_RUN, KEEP_RUN, LAST_RUN, TAKE_BATCHES
from settlement.sides import Run

RULE_VERSION: Final = "2026.4"
"""Goes up with every change of how a night judges; part of a run's identity."""

_DAY_US: Final = 86_400_000_000


def check_day(tx: Tx, community_id: int, day: int, *, at: int) -> None:
    """Whether a day's night can begin, or go on, now.

    Refuses: day_bad, night_too_early, night_unfinished (an earlier one), night_out_of_order.
    """
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


def seal_day(db: Database, community_id: int, day: int, *, at: int) -> int:
    """Cut a day off and give every booking its place; the order's size from then on."""

    def work(tx: Tx) -> None:
        book_day.cut_off(tx, community_id, day, at=at)
        note_state(tx, Subject(community_id, "day", day), DayState.CUT_OFF, at=at)

    db.write(work)
    return seal(db, community_id)


def fix_input(db: Database, community_id: int, day: int, end_leaf: int, *, at: int) -> Row:
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
        note_state(tx, Subject(community_id, "day", day), DayState.INTAKE, at=at)

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


def days_to_lock(tx: Tx, run: Run) -> list[int]:
    """The run's day and those before it that no night was run for."""
    last = book_day.last_locked(tx, run.community_id)
    days = [run.day]
    while last:
        before = day_key(day_from_key(days[-1]) - timedelta(days=1))
        if before <= last:
            break
        days.append(before)
    return days


def zone_us_of(tx: Tx, community_id: int, day: int) -> int:
    """How far the community's clock is ahead of UTC on a day, in microseconds."""
    starts_at = day_bounds(day_from_key(day), get_community(tx, community_id).timezone)[0]
    return -(starts_at % _DAY_US) % _DAY_US


def run_of(tx: Tx, community_id: int, row: Row) -> Run:
    """The range of the order and the batches a night takes, by the settings in force when it began."""
    day = int(row.business_date)
    agreed = in_force(tx, community_id, at=int(row.begun_at))
    return Run(
        community_id,
        row.run_no,
        day,
        row.first_leaf,
        row.end_leaf,
        zone_us_of(tx, community_id, day),
        agreed.claim_days,
    )
